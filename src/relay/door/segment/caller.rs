//! Whose call it is: a server's or a page's, by its write key, or Segment's own, by the webhook's signature.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::calls::SegmentCall;
use super::secrets::SegmentSecrets;
use crate::event::Problem;
use crate::relay::config::Config;
use crate::relay::door::connection::Connection;
use crate::relay::door::sender::AllowedOrigin;
use crate::sources::segment::Trust;

/// Whose call it is.
pub(super) struct Caller {
    pub trust: Trust,
    pub dataset: Option<String>,
    pub origin: Option<AllowedOrigin>,
}

/// Whose call it is: the write key is in the body, or the name of a user without a password.
pub(super) fn caller(
    config: &Config,
    connection: &Connection,
    secrets: &SegmentSecrets,
    call: &SegmentCall,
    message: &mut Map<String, Value>,
    body: &[u8],
) -> Result<Caller, (u16, Problem)> {
    let server = |dataset: Option<&str>| Caller {
        trust: Trust::Server,
        dataset: dataset.map(str::to_owned),
        origin: None,
    };
    if let SegmentCall::Webhook(signature) = call {
        return secrets.signed(signature.as_deref(), body).map(server).ok_or_else(|| {
            let message = "expected the HMAC-SHA1 of the body in hexadecimal, under the webhook's shared secret: set it as SEGMENT_WEBHOOK_SECRET";
            (401, Problem::refused("wrong_signature", "X-Signature", message))
        });
    }
    let in_body = message.remove("writeKey");
    let basic = connection.authorization.as_deref().and_then(basic_user);
    let shown = [basic.as_deref(), in_body.as_ref().and_then(Value::as_str)];
    for key in shown.into_iter().flatten() {
        if let Some((dataset, _)) = secrets.write_keys.iter().find(|(_, keys)| keys.has(key)) {
            return Ok(server(dataset.as_deref()));
        }
        if let Some(page) = config.segment.pages.iter().find(|page| page.write_key == key) {
            let origin = AllowedOrigin::of(config, connection)?;
            let dataset = page.dataset.clone();
            return Ok(Caller { trust: Trust::Page, dataset, origin: Some(origin) });
        }
    }
    let message = "expected a write key that the worker has: the secret SEGMENT_WRITE_KEY, or \"segment.pages\" of its configuration";
    Err((401, Problem::refused("invalid_write_key", "writeKey", message)))
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
