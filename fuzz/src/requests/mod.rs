//! Whole requests against the relay: whatever comes, there is an answer in the shape that its sender
//! reads, and what is kept is what Meta takes.

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

use capi_bridge::relay::{BridgeKeys, Config, Connection, Place, Sender};

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
/// What may be in a request and never in an answer.
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

/// A connection from a public address.
fn connection(header: &dyn Fn(&str) -> Option<String>) -> Connection {
    Connection::read(&CONFIG, header, Some("8.8.4.4"), Place::default(), NOW_MILLIS)
}

/// A connection with these headers, and a key.
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

/// One input in four, the same ones each time.
fn is_sampled(input: &[u8]) -> bool {
    input.len().is_multiple_of(4)
}

/// The same bits each time.
fn entropy() -> Option<[u8; 16]> {
    Some([7; 16])
}
