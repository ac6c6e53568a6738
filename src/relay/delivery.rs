//! One request to Meta, ready to be posted.

use serde::Serialize;

use super::Config;
use crate::event::MAX_AGE_SECONDS;

/// How many events one request may carry (Meta, "Using the API").
pub const MAX_EVENTS_PER_REQUEST: usize = 1_000;
/// An event that would turn 7 days old on its way is not risked with a whole batch: one minute.
const AGE_MARGIN_SECONDS: i64 = 60;
/// Who sends, as Meta wants platforms to say.
const PARTNER_AGENT: &str = concat!("capi-bridge-", env!("CARGO_PKG_VERSION"));

/// A request to the Graph API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Where it goes, without the token: addresses end up in logs.
    pub url: String,
    /// `Authorization`.
    pub authorization: String,
    /// The JSON body.
    pub body: String,
    /// How long Meta may take.
    pub timeout_millis: u32,
}

/// Puts events, each JSON as the outbox keeps it, into one request.
#[must_use]
pub fn delivery(config: &Config, dataset_id: &str, token: &str, events: &[String]) -> Delivery {
    let mut body =
        String::with_capacity(events.iter().map(|event| event.len() + 1).sum::<usize>() + 128);
    body.push_str("{\"data\":[");
    for (index, event) in events.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(event);
    }
    body.push_str("],\"partner_agent\":\"");
    body.push_str(PARTNER_AGENT);
    body.push('"');
    if let Some(code) = &config.test_event_code {
        body.push_str(",\"test_event_code\":");
        body.push_str(&serde_json::Value::from(code.as_str()).to_string());
    }
    body.push('}');
    Delivery {
        url: format!("{}/{}/{dataset_id}/events", config.graph_url, config.graph_version),
        authorization: format!("Bearer {token}"),
        body,
        timeout_millis: config.timeout_millis,
    }
}

impl Delivery {
    /// The event time, in Unix seconds, before which an event can no longer be sent.
    #[must_use]
    pub fn oldest_event_time(now_millis: u64) -> i64 {
        i64::try_from(now_millis / 1000).unwrap_or(i64::MAX) - MAX_AGE_SECONDS + AGE_MARGIN_SECONDS
    }
}
