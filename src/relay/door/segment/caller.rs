//! Who makes a call of Segment's: a server or a page by its write key, or the webhook by its signature.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::calls::SegmentCall;
use super::secrets::SegmentSecrets;
use crate::event::Problem;
use crate::relay::config::Config;
use crate::relay::door::connection::Connection;
use crate::relay::door::sender::{AllowedOrigin, Rejection};
use crate::sources::segment::Trust;

/// Who makes a call.
#[derive(Debug, Clone)]
pub(in crate::relay::door) struct Caller {
    pub trust: Trust,
    pub dataset: Option<String>,
    pub origin: Option<AllowedOrigin>,
}

impl Caller {
    /// The caller whose write key is the user of HTTP Basic; `None` where that is no write key. A site
    /// behind a password has its own user there, and the write key is in the body then.
    pub(in crate::relay::door) fn of_header(
        config: &Config,
        connection: &Connection,
        secrets: &SegmentSecrets,
    ) -> Option<Result<Self, Rejection>> {
        let user = connection.authorization.as_deref().and_then(basic_user)?;
        Self::of_key(config, connection, secrets, &user)
    }

    /// The caller whose write key is in the body, as far as the body was read.
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

    /// The webhook, by its signature over the bytes of the body.
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
    /// The signature that a webhook's request came with.
    pub(in crate::relay::door) fn signature(&self) -> Option<Option<&str>> {
        match self {
            Self::Webhook(signature) => Some(signature.as_deref()),
            Self::One(_) | Self::Batch => None,
        }
    }
}

/// The user of HTTP Basic: the whole of it where there is no colon.
fn basic_user(header: &str) -> Option<String> {
    let (scheme, value) = header.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    Some(text.split_once(':').map_or(text.as_str(), |(user, _)| user).to_owned())
}
