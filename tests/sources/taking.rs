//! Helpers that send Segment's calls and servers' bodies to a relay that has their keys.

use capi_bridge::event::Trust;
use capi_bridge::relay::{
    Admission, BridgeKeys, Config, Connection, Door, DoorSecrets, Head, Intake, Moment, Place,
    SegmentCall, Sender, take,
};
use capi_bridge::sources::segment::Call;
use serde_json::{Value, json};

pub const NOW_MILLIS: u64 = 1_790_000_000_000;
pub const BRIDGE_KEY: &str = "0123456789abcdef0123456789abcdef";
pub const WRITE_KEY: &str = "segment-write-key-0123456789abcdef";
pub const PAGE_KEY: &str = "key-of-a-page";

pub fn config(changes: &Value) -> Config {
    let mut config = json!({
        "datasets": ["1234567890", "42"],
        "allowedOrigins": ["https://shop.example"],
    });
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    Config::read(&config.to_string()).unwrap()
}

pub fn connection(config: &Config, headers: &[(&str, &str)]) -> Connection {
    let header = |name: &str| {
        headers.iter().find(|(header, _)| *header == name).map(|(_, value)| (*value).to_owned())
    };
    Connection::read(config, &header, Some("8.8.8.8"), Place::default(), NOW_MILLIS)
}

/// Returns the path of a call, and its signature if it has one.
fn path(call: &SegmentCall) -> (&'static str, Option<String>) {
    match call {
        SegmentCall::Batch => ("/v1/batch", None),
        SegmentCall::Webhook(signature) => ("/bridge/segment/webhook", signature.clone()),
        SegmentCall::One(Call::Track) => ("/v1/track", None),
        SegmentCall::One(Call::Page) => ("/v1/page", None),
        SegmentCall::One(Call::Screen) => ("/v1/screen", None),
        SegmentCall::One(Call::Identify) => ("/v1/identify", None),
        SegmentCall::One(Call::Group) => ("/v1/group", None),
        SegmentCall::One(Call::Alias) => ("/v1/alias", None),
    }
}

/// Returns the intake of a call, with these changes of the configuration and these headers.
pub fn called(call: &SegmentCall, body: &str, changes: &Value, headers: &[(&str, &str)]) -> Intake {
    let config = config(changes);
    let names = [
        ("SEGMENT_WRITE_KEY", WRITE_KEY),
        ("SEGMENT_WRITE_KEY_42", "key-of-dataset-42-0123456789abcdef"),
        ("SEGMENT_WEBHOOK_SECRET", "shared-secret-0123456789abcdef-01"),
    ];
    let (path, signature) = path(call);
    let header = |name: &str| {
        let said = headers.iter().find(|(is, _)| *is == name).map(|(_, is)| (*is).to_owned());
        said.or_else(|| signature.clone().filter(|_| name == "x-signature"))
    };
    let url = format!("https://shop.example{path}");
    let (peer, place) = (Some("8.8.8.8"), Place::default());
    let head = Head { method: "POST", url: &url, header: &header, peer, place };
    let mut moment = Moment {
        config: &config,
        secrets: &DoorSecrets::read(&config, names).unwrap(),
        now_millis: NOW_MILLIS,
        entropy: &mut || Some([7; 16]),
    };
    let mut door = Door::default();
    match door.admit(&mut moment, &head).unwrap() {
        Admission::Admitted(admitted) => {
            door.take(&mut moment, *admitted, body.as_bytes()).unwrap()
        }
        Admission::Answer(answer) => Intake {
            answer,
            dataset_id: None,
            trust: Trust::Page,
            events: Vec::new(),
            withdrawn: Vec::new(),
            people: Vec::new(),
            parcel: None,
        },
        Admission::NotOurs => unreachable!("expected a path of Segment's"),
    }
}

pub fn batch(messages: &Value, changes: &Value) -> Intake {
    let body = json!({ "batch": messages, "writeKey": WRITE_KEY }).to_string();
    called(&SegmentCall::Batch, &body, changes, &[])
}

pub fn events(intake: &Intake) -> Vec<Value> {
    intake.events.iter().map(|one| serde_json::from_str(&one.event).unwrap()).collect()
}

/// Returns an order in the shape of Segment's specification.
pub fn order() -> Value {
    json!({
        "type": "track", "event": "Order Completed", "messageId": "m-1", "userId": "user_42",
        "context": { "page": { "url": "https://shop.example/thanks" }, "userAgent": "Mozilla/5.0" },
        "properties": { "order_id": "1001", "revenue": 25, "currency": "EUR" },
    })
}

pub fn of_server(body: &Value) -> Intake {
    of_server_with(body, &json!({}))
}

pub fn of_server_with(body: &Value, changes: &Value) -> Intake {
    let config = config(changes);
    let authorization = format!("Bearer {BRIDGE_KEY}");
    let connection = connection(&config, &[("authorization", &authorization)]);
    let keys = BridgeKeys::read(BRIDGE_KEY).unwrap();
    let sender = Sender::of(&config, &connection, &keys).unwrap();
    let body = body.to_string();
    take(&config, &connection, &sender, body.as_bytes(), NOW_MILLIS, &mut || Some([7; 16])).unwrap()
}
