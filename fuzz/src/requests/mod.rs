//! Checks whole requests against the relay: each gets an answer in the shape that its sender reads,
//! and Meta takes every accepted event.

mod chance;
mod json;
mod kept;
mod message;

pub mod configuration;
pub mod documents;
pub mod graph;
pub mod metas_answer;
pub mod page;
pub mod segment;
pub mod server;
pub mod status;

pub use chance::Chance;

use std::sync::LazyLock;

use capi_bridge::event::Trust;
use capi_bridge::relay::{
    Admission, BridgeKeys, Config, Connection, Door, DoorSecrets, Head, Intake, Moment, Place,
    Sender,
};

const NOW_MILLIS: u64 = 1_790_000_000_000;
const NOW_SECONDS: i64 = 1_790_000_000;
const ORIGIN: &str = "https://shop.example";
const KEY: &str = "bridge-key-0123456789abcdef0123456789";
const WRITE_KEY: &str = "write-key-0123456789abcdef0123456789";
const PAGE_KEY: &str = "key-of-a-page";
const WEBHOOK_SECRET: &str = "shared-secret-0123456789abcdef-0123456789";
const TOKEN: &str = "EAAB-token-0123456789";
const SECRETS: [&str; 4] = [KEY, WRITE_KEY, WEBHOOK_SECRET, TOKEN];
const DATASETS: [&str; 2] = ["1234567890", "42"];
/// Personal information that may be in a request and never in an answer.
const PERSONAL: [&str; 4] =
    ["jane.doe@example.com", "+1 650 555 1212", "Rumpelstiltskin", "203.0.113.77"];

static CONFIG: LazyLock<Config> = LazyLock::new(|| {
    let json = r#"{
        "datasets": ["1234567890", "42"],
        "allowedOrigins": ["https://shop.example"],
        "globalPrivacyControl": "limit",
        "mappings": { "segment": { "unmapped": "custom" } },
        "segment": { "pages": [{ "writeKey": "key-of-a-page", "dataset": "42" }] }
    }"#;
    Config::read(json).unwrap_or_else(|error| panic!("{error}"))
});
static KEYS: LazyLock<BridgeKeys> =
    LazyLock::new(|| BridgeKeys::read(KEY).unwrap_or_else(|error| panic!("{error}")));

static DOOR_SECRETS: LazyLock<DoorSecrets> = LazyLock::new(|| {
    let named = [
        ("BRIDGE_KEY", KEY),
        ("SEGMENT_WRITE_KEY", WRITE_KEY),
        ("SEGMENT_WEBHOOK_SECRET", WEBHOOK_SECRET),
    ];
    DoorSecrets::read(&CONFIG, named).unwrap_or_else(|error| panic!("{error}"))
});

/// Passes a request through the door. Returns the intake, and true if the door read the body.
fn at_the_door(path: &str, header: &dyn Fn(&str) -> Option<String>, body: &[u8]) -> (Intake, bool) {
    let url = format!("https://shop.example{path}");
    let (peer, place) = (Some("8.8.4.4"), Place::default());
    let head = Head { method: "POST", url: &url, header, peer, place };
    let (config, secrets) = (&*CONFIG, &*DOOR_SECRETS);
    let mut moment = Moment { config, secrets, now_millis: NOW_MILLIS, entropy: &mut entropy };
    let mut door = Door::default();
    let nothing = |answer| Intake {
        answer,
        dataset_id: None,
        trust: Trust::Page,
        events: vec![],
        withdrawn: vec![],
        people: vec![],
        parcel: None,
    };
    match door.admit(&mut moment, &head) {
        Ok(Admission::Admitted(mut admitted)) => {
            // The worker reads one byte more than the limit, and no further.
            let most = admitted.max_body_bytes() as usize + 1;
            let body = body.get(..most).unwrap_or(body);
            assert!(admitted.hold(config, u32::try_from(body.len()).unwrap_or(u32::MAX)));
            match door.take(&mut moment, *admitted, body) {
                Ok(intake) => (intake, true),
                Err(_) => panic!("there is entropy"),
            }
        }
        Ok(Admission::Answer(answer)) => (nothing(answer), false),
        Ok(Admission::NotOurs) => panic!("expected a path of the door: {path}"),
        Err(_) => panic!("there is entropy"),
    }
}

/// Returns a connection from a public address.
fn connection(header: &dyn Fn(&str) -> Option<String>) -> Connection {
    Connection::read(&CONFIG, header, Some("8.8.4.4"), Place::default(), NOW_MILLIS)
}

/// Returns a connection with these headers and a key, and its sender.
fn server(header: &dyn Fn(&str) -> Option<String>) -> (Connection, Sender) {
    let connection = connection(&|name| match name {
        "authorization" => Some(format!("Bearer {KEY}")),
        name => header(name),
    });
    match Sender::of(&CONFIG, &connection, &KEYS) {
        Ok(sender) => (connection, sender),
        Err((status, problem)) => panic!("{status} {problem:?}"),
    }
}

/// Returns true for one input in four, always the same ones.
fn is_sampled(input: &[u8]) -> bool {
    input.len().is_multiple_of(4)
}

/// Returns the same bits each time.
fn entropy() -> Option<[u8; 16]> {
    Some([7; 16])
}
