//! A sandbox with a clock, and the events that tests send to it.

use capi_bridge::sandbox::{Request, Response, Sandbox};
use serde_json::{Value, json};

/// 2026-09-21, a little after the events of these tests.
pub const NOW_MILLIS: u64 = 1_790_000_010_000;
pub const EVENT_TIME: i64 = 1_790_000_000;
pub const HOUR_MILLIS: u64 = 60 * 60 * 1000;
pub const DAY_SECONDS: i64 = 24 * 60 * 60;
pub const FBP: &str = "fb.1.1789990000000.1073741823";
pub const HASH_OF_JANE: &str = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d";

/// A sandbox with a clock.
pub struct Meta {
    sandbox: Sandbox,
    pub now_millis: u64,
}

impl Meta {
    pub fn new() -> Self {
        Self { sandbox: Sandbox::new(), now_millis: NOW_MILLIS }
    }

    pub fn call(&mut self, request: Request<'_>) -> Response {
        self.sandbox.answer(self.now_millis, &request)
    }

    pub fn post(&mut self, body: &Value) -> (u16, Value) {
        self.post_to("/v26.0/1234567890/events", body)
    }

    pub fn post_to(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.call(Request {
            method: "POST",
            path,
            authorization: Some("Bearer token"),
            content_type: Some("application/json"),
            body: body.to_string().as_bytes(),
            ..Request::default()
        });
        (answer.status, json_of(&answer))
    }

    pub fn server(&mut self, event: Value) {
        let (status, answer) = self.post(&json!({ "data": [event] }));
        assert_eq!(status, 200, "{answer}");
    }

    pub fn browser(&mut self, query: &str) {
        let answer = self.call(Request { method: "GET", path: "/tr", query, ..Request::default() });
        assert_eq!(answer.status, 200);
    }

    pub fn later(&mut self, millis: u64) {
        self.now_millis += millis;
    }

    pub fn show(&mut self, query: &str) -> Value {
        json_of(&self.call(Request {
            method: "GET",
            path: "/api/events",
            query,
            ..Request::default()
        }))
    }

    pub fn counts(&mut self) -> Value {
        self.show("")["counts"].clone()
    }

    /// Every reason, newest event first.
    pub fn reasons(&mut self) -> Vec<String> {
        let shown = self.show("");
        let events = shown["events"].as_array().unwrap();
        events
            .iter()
            .map(|event| event["why_not"].as_str().unwrap_or("merged").to_owned())
            .collect()
    }

    pub fn merged_by(&mut self) -> Vec<Value> {
        let shown = self.show("");
        shown["events"].as_array().unwrap().iter().map(|event| event["merged_by"].clone()).collect()
    }

    pub fn fault(&mut self, body: &str) -> Response {
        self.call(Request {
            method: "PUT",
            path: "/api/fault",
            body: body.as_bytes(),
            ..Request::default()
        })
    }
}

pub fn json_of(answer: &Response) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

pub fn header<'a>(answer: &'a Response, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(each, _)| *each == name).map(|(_, value)| value.as_ref())
}

/// A valid Purchase, as Meta's documents write one.
pub fn purchase() -> Value {
    json!({
        "event_name": "Purchase",
        "event_time": EVENT_TIME,
        "event_id": "ord-1001",
        "action_source": "website",
        "event_source_url": "https://shop.example.com/thanks?o=1001",
        "user_data": {
            "em": [HASH_OF_JANE],
            "client_ip_address": "2001:db8::5",
            "client_user_agent": "Mozilla/5.0 ...",
            "fbp": FBP,
            "fbc": "fb.1.1789990000000.IwAR2AbC_dEf-123"
        },
        "custom_data": {
            "currency": "EUR", "value": 123.45, "order_id": "1001", "content_type": "product",
            "contents": [{"id": "SKU-1", "quantity": 2, "item_price": 50.0}]
        }
    })
}

/// A valid event with this much and no more.
pub fn lead(more: Value) -> Value {
    let mut event = json!({
        "event_name": "Lead", "event_time": EVENT_TIME, "action_source": "website",
        "event_source_url": "https://shop.example.com/",
        "user_data": { "fbp": FBP }
    });
    for (key, value) in more.as_object().unwrap() {
        event[key] = value.clone();
    }
    event
}

/// A Purchase with one thing changed; JSON null takes it away.
pub fn purchase_with(pointer: &str, value: Value) -> Value {
    let mut event = purchase();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = event.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(key);
    } else {
        parent.insert(key.to_owned(), value);
    }
    event
}

#[track_caller]
pub fn assert_refused(event: Value, subcode: u32, path: &str) {
    let (status, answer) = Meta::new().post(&json!({ "data": [event] }));
    let error = &answer["error"];
    assert_eq!(
        (
            status,
            error["code"].as_u64(),
            error["error_subcode"].as_u64(),
            error["is_transient"].as_bool()
        ),
        (400, Some(100), Some(subcode.into()), Some(false)),
        "{answer}"
    );
    assert_eq!(error["type"], "OAuthException");
    assert_eq!(error["message"], "Invalid parameter");
    let told = error["error_user_msg"].as_str().unwrap();
    assert!(told.starts_with(&format!("{path}: ")), "{told}");
    assert!(!error["error_user_title"].as_str().unwrap().is_empty());
    assert!(!error["fbtrace_id"].as_str().unwrap().is_empty());
}

#[track_caller]
pub fn assert_accepted(event: Value) -> Vec<String> {
    let (status, answer) = Meta::new().post(&json!({ "data": [event] }));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["events_received"], 1);
    answer["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| message.as_str().unwrap().to_owned())
        .collect()
}
