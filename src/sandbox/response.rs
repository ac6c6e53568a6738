//! The HTTP answers of the sandbox.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::json;

use super::route::Route;

const JSON: &str = "application/json; charset=utf-8";

/// A transparent image of one pixel, the shortest that every browser draws.
const GIF: &[u8] =
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// One HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The `Content-Type` header; empty if there is no body.
    pub content_type: &'static str,
    /// Every other header, names in lower case.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body's bytes.
    pub body: Vec<u8>,
    /// The way in which the host sends the answer. Faults change it.
    pub delivery: Delivery,
}

/// The way in which a host sends an answer. The default is at once and whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivery {
    /// The time to wait before the head is sent, in milliseconds.
    pub delay_millis: u32,
    /// The time over which the body is sent, in milliseconds. 0 sends it at once.
    pub body_millis: u32,
    /// Close the connection without an answer.
    pub resets: bool,
}

impl Response {
    pub(super) fn json(status: u16, value: &impl Serialize) -> Self {
        // JSON can hold all keys that are used here, so the default is never used.
        let body = serde_json::to_vec(value).unwrap_or_default();
        let headers = vec![("cache-control", "no-store".into())];
        Self { status, content_type: JSON, headers, body, delivery: Delivery::default() }
    }

    pub(super) fn gif() -> Self {
        let headers = vec![
            ("cache-control", "no-store, no-cache, must-revalidate".into()),
            ("pragma", "no-cache".into()),
        ];
        let delivery = Delivery::default();
        Self { status: 200, content_type: "image/gif", headers, body: GIF.to_vec(), delivery }
    }

    pub(super) fn text(status: u16, body: &str) -> Self {
        // If a fault's body is JSON, it is sent as JSON. Otherwise it imitates the HTML page of a
        // proxy.
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(body).is_ok();
        let content_type = if is_json { JSON } else { "text/html; charset=utf-8" };
        Self {
            status,
            content_type,
            headers: vec![("cache-control", "no-store".into())],
            body: body.as_bytes().to_vec(),
            delivery: Delivery::default(),
        }
    }

    /// Returns an error of the sandbox itself, not one of Meta's.
    pub(super) fn problem(status: u16, sentence: &str) -> Self {
        Self::json(status, &json!({ "error": { "message": sentence } }))
    }

    /// Allows any origin to read the answer, because the shop and its tests use another port.
    pub(super) fn open(mut self) -> Self {
        self.headers.push(("access-control-allow-origin", "*".into()));
        self
    }
}

pub(super) fn preflight(allowed: &'static str) -> Response {
    let headers = vec![
        ("access-control-allow-methods", allowed.into()),
        ("access-control-allow-headers", "content-type".into()),
    ];
    let (body, delivery) = (Vec::new(), Delivery::default());
    Response { status: 204, content_type: "", headers, body, delivery }.open()
}

pub(super) fn method_not_allowed(method: &str, allowed: &'static str, is_api: bool) -> Response {
    let sentence = format!("{} is not answered here; use {allowed}.", shortened(method));
    let mut answer = Response::problem(405, &sentence);
    answer.headers.push(("allow", allowed.into()));
    if is_api { answer.open() } else { answer }
}

pub(super) fn not_found(path: &str) -> Response {
    let message = format!("The sandbox has nothing at {}.", shortened(path));
    Response::json(404, &json!({ "error": { "message": message }, "routes": Route::LIST })).open()
}

/// Returns the start of a text, for an error message.
pub(super) fn shortened(text: &str) -> &str {
    text.char_indices().nth(80).map_or(text, |(end, _)| &text[..end])
}
