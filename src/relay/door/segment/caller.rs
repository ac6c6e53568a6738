//! Authenticates the caller of Segment's API: a server or a page by its write key, or the webhook
//! by its signature.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::calls::SegmentCall;
use super::secrets::SegmentSecrets;
use crate::event::Problem;
use crate::relay::config::Config;
use crate::relay::door::connection::Connection;
use crate::relay::door::sender::{AllowedOrigin, Rejection};
use crate::sources::segment::Trust;

/// An authenticated caller. `dataset` is that of its key, and `origin` is set for a page.
#[derive(Debug, Clone)]
pub(in crate::relay::door) struct Caller {
    pub trust: Trust,
    pub dataset: Option<String>,
    pub origin: Option<AllowedOrigin>,
}

impl Caller {
    /// Returns the caller whose write key is the user name of HTTP Basic. Returns `None` if the
    /// user name is not a write key. A site behind HTTP Basic has its own user name there, and the
    /// write key is then in the body.
    pub(in crate::relay::door) fn of_header(
        config: &Config,
        connection: &Connection,
        secrets: &SegmentSecrets,
    ) -> Option<Result<Self, Rejection>> {
        let user = connection.authorization.as_deref().and_then(basic_user)?;
        Self::of_key(config, connection, secrets, &user)
    }

    /// Returns the caller whose write key is in the body. Returns 401 if the worker does not have
    /// that key. The key is `None` if the readable part of the body has none.
    pub(in crate::relay::door) fn of_write_key(
        config: &Config,
        connection: &Connection,
        secrets: &SegmentSecrets,
        write_key: Option<&str>,
    ) -> Result<Self, Rejection> {
        write_key.and_then(|key| Self::of_key(config, connection, secrets, key)).unwrap_or_else(|| {
            let message = "expected a write key that the worker has: the secret SEGMENT_WRITE_KEY, or \"segment.pages\" of its configuration";
            Err((401, Problem::refused("invalid_write_key", "writeKey", message)))
        })
    }

    /// Returns the webhook as caller if its signature over the bytes of the body is valid.
    pub(in crate::relay::door) fn of_signature(
        secrets: &SegmentSecrets,
        signature: Option<&str>,
        body: &[u8],
    ) -> Result<Self, Rejection> {
        secrets.signed(signature, body).map(Self::server).ok_or_else(|| {
            let message = "expected the HMAC-SHA1 of the body in hexadecimal, under the webhook's shared secret: set it as SEGMENT_WEBHOOK_SECRET";
            (401, Problem::refused("wrong_signature", "X-Signature", message))
        })
    }

    fn of_key(
        config: &Config,
        connection: &Connection,
        secrets: &SegmentSecrets,
        key: &str,
    ) -> Option<Result<Self, Rejection>> {
        if let Some((dataset, _)) = secrets.write_keys.iter().find(|(_, keys)| keys.has(key)) {
            return Some(Ok(Self::server(dataset.as_deref())));
        }
        let page = config.segment.pages.iter().find(|page| page.write_key == key)?;
        Some(AllowedOrigin::of(config, connection).map(|origin| Self {
            trust: Trust::Page,
            dataset: page.dataset.clone(),
            origin: Some(origin),
        }))
    }

    fn server(dataset: Option<&str>) -> Self {
        Self { trust: Trust::Server, dataset: dataset.map(str::to_owned), origin: None }
    }
}

impl SegmentCall {
    /// Returns the signature of a webhook's request. The inner value is `None` if the request came
    /// without one.
    pub(in crate::relay::door) fn signature(&self) -> Option<Option<&str>> {
        match self {
            Self::Webhook(signature) => Some(signature.as_deref()),
            Self::One(_) | Self::Batch => None,
        }
    }
}

/// Returns the user name of HTTP Basic, or the whole text if it has no colon.
fn basic_user(header: &str) -> Option<String> {
    let (scheme, value) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    Some(text.split_once(':').map_or(text.as_str(), |(user, _)| user).to_owned())
}
