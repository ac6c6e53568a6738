//! One copy of an event, in the shape in which the two are compared.

use serde_json::{Map, Value};

use crate::sandbox::copies::{BrowserCopy, ServerCopy};

/// One copy. Fields that it does not have are `None`.
#[derive(Debug)]
pub(super) struct Half<'a> {
    pub dataset_id: Option<&'a str>,
    pub event_name: Option<&'a str>,
    pub event_id: Option<&'a str>,
    pub action_source: Option<&'a str>,
    pub fbp: Option<&'a str>,
    pub fbc: Option<&'a str>,
    pub url: Option<&'a str>,
    pub client_ip_address: Option<&'a str>,
    pub client_user_agent: Option<&'a str>,
    pub user_data: Option<&'a Map<String, Value>>,
    pub custom_data: Option<&'a Map<String, Value>>,
    pub data_processing_options: Option<&'a Value>,
    /// The time at which the event happened, in Unix milliseconds.
    pub happened_millis: Option<u64>,
    pub received_millis: Option<u64>,
}

impl<'a> Half<'a> {
    pub(super) fn of_browser_copy(event_name: &'a str, copy: &'a BrowserCopy) -> Self {
        Self {
            dataset_id: None,
            event_name: Some(event_name),
            event_id: copy.event_id.as_deref(),
            action_source: None,
            fbp: copy.fbp.as_deref(),
            fbc: copy.fbc.as_deref(),
            url: copy.url.as_deref(),
            client_ip_address: copy.client_ip_address.as_deref(),
            client_user_agent: copy.client_user_agent.as_deref(),
            user_data: Some(&copy.user_data),
            custom_data: Some(&copy.custom_data),
            data_processing_options: copy.data_processing_options.as_ref(),
            happened_millis: copy.event_time_millis,
            received_millis: Some(copy.received_at_millis),
        }
    }

    pub(super) fn of_server_copy(event_name: &'a str, copy: &'a ServerCopy) -> Self {
        Self {
            dataset_id: None,
            event_name: Some(event_name),
            event_id: copy.event_id.as_deref(),
            action_source: copy.action_source.as_deref(),
            fbp: copy.fbp.as_deref(),
            fbc: copy.fbc.as_deref(),
            url: copy.url.as_deref(),
            client_ip_address: copy.client_ip_address.as_deref(),
            client_user_agent: copy.client_user_agent.as_deref(),
            user_data: Some(&copy.user_data),
            custom_data: Some(&copy.custom_data),
            data_processing_options: copy.data_processing_options.as_ref(),
            happened_millis: millis(copy.event_time),
            received_millis: Some(copy.received_at_millis),
        }
    }

    /// Reads a hit of `/tr`, with the names of `/api/events` or those of the pixel.
    pub(super) fn of_hit(hit: &'a Map<String, Value>) -> Self {
        let text = |names: [&str; 2]| names.into_iter().find_map(|name| text(hit, name));
        let happened = hit.get("event_time_millis").or_else(|| hit.get("ts"));
        Self {
            dataset_id: text(["dataset_id", "id"]),
            event_name: text(["event_name", "ev"]),
            event_id: text(["event_id", "eid"]),
            action_source: None,
            fbp: text(["fbp", "fbp"]),
            fbc: text(["fbc", "fbc"]),
            url: text(["url", "dl"]),
            client_ip_address: text(["client_ip_address", "client_ip_address"]),
            client_user_agent: text(["client_user_agent", "client_user_agent"]),
            user_data: object(hit, "user_data"),
            custom_data: object(hit, "custom_data"),
            data_processing_options: hit
                .get("data_processing_options")
                .filter(|all| !all.is_null()),
            happened_millis: happened.and_then(|at| match at {
                Value::String(digits) => digits.parse().ok(),
                at => at.as_u64(),
            }),
            received_millis: hit.get("received_at_millis").and_then(Value::as_u64),
        }
    }

    /// Reads an event of the Conversions API.
    pub(super) fn of_server_event(event: &'a Map<String, Value>) -> Self {
        let user_data = object(event, "user_data");
        let known = |key| user_data.and_then(|user_data| text(user_data, key));
        Self {
            dataset_id: text(event, "dataset_id"),
            event_name: text(event, "event_name"),
            event_id: text(event, "event_id"),
            action_source: text(event, "action_source"),
            fbp: known("fbp"),
            fbc: known("fbc"),
            url: text(event, "event_source_url"),
            client_ip_address: known("client_ip_address"),
            client_user_agent: known("client_user_agent"),
            user_data,
            custom_data: object(event, "custom_data"),
            data_processing_options: event
                .get("data_processing_options")
                .filter(|all| !all.is_null()),
            happened_millis: event.get("event_time").and_then(Value::as_i64).and_then(millis),
            received_millis: event.get("received_at_millis").and_then(Value::as_u64),
        }
    }

    /// Returns a value of the custom data that is not empty.
    pub(super) fn custom(&self, key: &str) -> Option<&'a Value> {
        self.custom_data?.get(key).filter(|value| !is_empty(value))
    }

    /// Returns the texts of a field of customer information. A field may be one text or a list.
    pub(super) fn customer(&self, key: &str) -> Vec<&'a str> {
        match self.user_data.and_then(|user_data| user_data.get(key)) {
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) if !text.is_empty() => vec![text],
            _ => Vec::new(),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn object<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Map<String, Value>> {
    object.get(key).and_then(Value::as_object)
}

/// Returns Unix seconds as milliseconds.
fn millis(seconds: i64) -> Option<u64> {
    u64::try_from(seconds).ok().map(|seconds| seconds.saturating_mul(1000))
}
