//! Helpers that send a body to the relay as a page or as a server and return the intake.

use capi_bridge::relay::{BackEnd, BridgeKeys, Config, Connection, Intake, Place, Sender, take};
use serde_json::{Value, json};

pub const NOW_MILLIS: u64 = 1_790_000_000_000;
pub const ENTROPY: Option<[u8; 16]> = Some([7; 16]);
pub const ORIGIN: &str = "https://shop.example";

pub const KEY: &str = "0123456789abcdef0123456789abcdef";

pub fn config(changes: &Value) -> Config {
    let mut config = json!({ "datasets": ["1234567890"], "allowedOrigins": [ORIGIN] });
    config.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    Config::read(&config.to_string()).unwrap()
}

/// Returns the intake of a body with these headers, or `None` if it needs entropy and has none.
pub fn sent(
    config: &Config,
    headers: &[(&str, &str)],
    body: &[u8],
    entropy: Option<[u8; 16]>,
) -> Option<Intake> {
    let header = |name: &str| {
        headers.iter().find(|(header, _)| *header == name).map(|(_, value)| (*value).to_owned())
    };
    let place = Place { country: Some("US".to_owned()), region: Some("CO".to_owned()) };
    let connection = Connection::read(config, &header, Some("8.8.4.4"), place, NOW_MILLIS);
    let sender = Sender::of(config, &connection, &BridgeKeys::read(KEY).unwrap()).unwrap();
    let mut intake = take(config, &connection, &sender, body, NOW_MILLIS, &mut || entropy).ok()?;
    intake.parcel = intake.to_parcel(config, &connection, BackEnd::None);
    Some(intake)
}

/// Returns the intake of a page's body, which may be any bytes.
pub fn of_page_bytes(body: &[u8], entropy: Option<[u8; 16]>) -> Option<Intake> {
    sent(&config(&json!({})), &[("origin", ORIGIN)], body, entropy)
}

/// Returns the intake of a page's body.
pub fn of_page_body(body: &Value) -> Intake {
    of_page_bytes(body.to_string().as_bytes(), ENTROPY).unwrap()
}

/// Returns the intake of a server's body. The connection has a browser's cookie, too.
pub fn of_server_body(body: &Value) -> Intake {
    let headers = [
        ("authorization", &*format!("Bearer {KEY}")),
        ("user-agent", "curl/8"),
        ("cookie", "_fbp=fb.1.1596403881668.1116446470"),
    ];
    sent(&config(&json!({})), &headers, body.to_string().as_bytes(), ENTROPY).unwrap()
}

/// Returns the intake of one event of a server.
pub fn of_server(event: &Value) -> Intake {
    of_server_body(&json!({ "data": [event] }))
}

/// Returns an order as a page sends it.
pub fn purchase() -> Value {
    json!({
        "event_name": "Purchase",
        "event_time": 1_789_999_990,
        "event_source_url": "https://shop.example/thanks",
        "custom_data": { "value": "59.90", "currency": "EUR", "order_id": 1001 },
    })
}

/// Returns the codes of the problems, except the missing user agent, which most events here lack.
pub fn problem_codes(intake: &Intake) -> Vec<&str> {
    let problems = intake.answer.body["problems"].as_array().unwrap();
    problems
        .iter()
        .filter(|problem| problem["code"] != "missing_client_user_agent")
        .map(|problem| problem["code"].as_str().unwrap())
        .collect()
}
