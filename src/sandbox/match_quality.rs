//! Estimates how well Meta can match an event to a person.
//!
//! Meta's own score is not public. The weights are ours; their order is Meta's ("Best Practices":
//! the click id, e-mail and phone first).

use serde::Serialize;
use serde_json::{Map, Value};

use super::copies::{BrowserCopy, ServerCopy};

/// The weight of each identifier, in tenths of a point.
const WEIGHTS: [(&str, u32); 18] = [
    ("em", 30),
    ("fbc", 20),
    ("ph", 20),
    ("external_id", 10),
    ("fbp", 10),
    ("lead_id", 30),
    ("fb_login_id", 30),
    ("ctwa_clid", 30),
    ("client_ip_address", 5),
    ("client_user_agent", 5),
    ("fn", 5),
    ("ln", 5),
    ("db", 5),
    ("zp", 4),
    ("ct", 3),
    ("st", 2),
    ("country", 2),
    ("ge", 1),
];
const MAX_TENTHS: u32 = 100;

/// An estimate for one event.
#[derive(Debug, Serialize)]
pub(super) struct MatchQuality {
    /// 0 to 10, with one decimal.
    score: f64,
    identifiers: Vec<Identifier>,
    label: &'static str,
}

#[derive(Debug, Serialize)]
struct Identifier {
    key: &'static str,
    by: Path,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Path {
    Browser,
    Server,
    Both,
}

/// Returns the estimate for the copies of an event.
pub(super) fn estimate(browser: Option<&BrowserCopy>, server: Option<&ServerCopy>) -> MatchQuality {
    let mut tenths = 0;
    let mut identifiers = Vec::new();
    for (key, weight) in WEIGHTS {
        let in_browser = browser.is_some_and(|copy| {
            has(&copy.user_data, key)
                || match key {
                    "fbp" => copy.fbp.is_some(),
                    "fbc" => copy.fbc.is_some(),
                    "client_ip_address" => copy.client_ip_address.is_some(),
                    "client_user_agent" => copy.client_user_agent.is_some(),
                    _ => false,
                }
        });
        let by = match (in_browser, server.is_some_and(|copy| has(&copy.user_data, key))) {
            (true, true) => Path::Both,
            (true, false) => Path::Browser,
            (false, true) => Path::Server,
            (false, false) => continue,
        };
        tenths += weight;
        identifiers.push(Identifier { key, by });
    }
    MatchQuality {
        score: f64::from(tenths.min(MAX_TENTHS)) / 10.0,
        identifiers,
        label: "ours, Meta's own score is not public",
    }
}

fn has(user_data: &Map<String, Value>, key: &str) -> bool {
    match user_data.get(key) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(values)) => !values.is_empty(),
        Some(_) => true,
    }
}
