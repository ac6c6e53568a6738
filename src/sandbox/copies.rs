//! The two copies of an event: the browser's and the server's.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The copy that `/tr` received.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct BrowserCopy {
    pub received_at_millis: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_time_millis: Option<u64>,
    pub event_id: Option<String>,
    pub fbp: Option<String>,
    pub fbc: Option<String>,
    pub url: Option<String>,
    pub referrer: Option<String>,
    pub client_ip_address: Option<String>,
    pub client_user_agent: Option<String>,
    pub data_processing_options: Option<Value>,
    pub user_data: Map<String, Value>,
    pub custom_data: Map<String, Value>,
    /// The number of times it was received. The first one is stored.
    pub copies: u64,
}

/// The copy that the Graph edge received.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ServerCopy {
    pub received_at_millis: u64,
    pub event_time: i64,
    pub event_id: Option<String>,
    pub fbp: Option<String>,
    pub fbc: Option<String>,
    pub url: Option<String>,
    pub referrer: Option<String>,
    pub action_source: Option<String>,
    pub client_ip_address: Option<String>,
    pub client_user_agent: Option<String>,
    pub data_processing_options: Option<Value>,
    pub user_data: Map<String, Value>,
    pub custom_data: Map<String, Value>,
    /// The customer information that only later copies of a server had. Meta documents nothing for
    /// two copies of servers, so it is shown apart.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub later_user_data: Map<String, Value>,
    /// The number of times it was received. The first one is stored.
    pub copies: u64,
    fbtrace_id: String,
}

/// The copies with which Meta can deduplicate a server's copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joins {
    Browser,
    /// Other offline copies only.
    Offline,
    Nothing,
}

impl ServerCopy {
    /// Returns the copies with which Meta can deduplicate this one. It depends on the action source.
    pub(super) fn joins(&self) -> Joins {
        match self.action_source.as_deref() {
            Some("business_messaging") => Joins::Nothing,
            Some("physical_store") => Joins::Offline,
            _ => Joins::Browser,
        }
    }

    /// Returns the name and the copy from an event that passed the checks.
    pub(super) fn read(event: Value, now_millis: u64, trace: &str) -> Option<(String, Self)> {
        let Value::Object(mut event) = event else { return None };
        let mut object = |key: &str| match event.remove(key) {
            Some(Value::Object(object)) => object,
            _ => Map::new(),
        };
        let (user_data, custom_data) = (object("user_data"), object("custom_data"));
        let event_time = event.get("event_time").and_then(Value::as_i64)?;
        let options = event.remove("data_processing_options");
        let mut text = |key: &str| match event.remove(key) {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            _ => None,
        };
        let of_customer = |key: &str| user_data.get(key).and_then(Value::as_str).map(str::to_owned);
        let copy = Self {
            received_at_millis: now_millis,
            event_time,
            event_id: text("event_id"),
            fbp: of_customer("fbp"),
            fbc: of_customer("fbc"),
            url: text("event_source_url"),
            referrer: text("referrer_url"),
            action_source: text("action_source"),
            client_ip_address: of_customer("client_ip_address"),
            client_user_agent: of_customer("client_user_agent"),
            data_processing_options: options,
            user_data,
            custom_data,
            later_user_data: Map::new(),
            copies: 1,
            fbtrace_id: trace.to_owned(),
        };
        Some((text("event_name")?, copy))
    }
}

/// An identifier of the person, as far as deduplication uses it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Person {
    ExternalId(String),
    Fbp(String),
}

impl Person {
    pub(super) fn parameter(&self) -> &'static str {
        match self {
            Self::ExternalId(_) => "external_id",
            Self::Fbp(_) => "fbp",
        }
    }

    /// Returns the identifiers of a person, external ids first: "when both are present, `external_id` is favoured".
    pub(super) fn all(user_data: &Map<String, Value>, fbp: Option<&str>) -> Vec<Self> {
        let given = user_data.get("external_id");
        let ids: &[Value] = match given {
            Some(Value::Array(ids)) => ids,
            Some(id) => std::slice::from_ref(id),
            None => &[],
        };
        let id = |value: &Value| match value {
            Value::String(text) if !text.is_empty() => Some(Self::ExternalId(text.clone())),
            Value::Number(number) => Some(Self::ExternalId(number.to_string())),
            _ => None,
        };
        let fbp = fbp.filter(|fbp| !fbp.is_empty()).map(|fbp| Self::Fbp(fbp.to_owned()));
        ids.iter().filter_map(id).chain(fbp).collect()
    }
}

impl BrowserCopy {
    pub(super) fn persons(&self) -> Vec<Person> {
        Person::all(&self.user_data, self.fbp.as_deref())
    }

    /// Returns about how many bytes of memory it takes.
    pub(super) fn weight(&self) -> usize {
        let texts = [
            &self.event_id,
            &self.fbp,
            &self.fbc,
            &self.url,
            &self.referrer,
            &self.client_ip_address,
            &self.client_user_agent,
        ];
        let objects = [&self.user_data, &self.custom_data];
        of_copy(&texts, objects, self.data_processing_options.as_ref())
    }
}

impl ServerCopy {
    /// Counts a later copy, and keeps the customer information that the ones before lacked.
    pub(super) fn receive_again(&mut self, later: Self) {
        self.copies = self.copies.saturating_add(1);
        for (key, value) in later.user_data {
            if !self.user_data.contains_key(&key) {
                self.later_user_data.entry(key).or_insert(value);
            }
        }
    }

    pub(super) fn persons(&self) -> Vec<Person> {
        Person::all(&self.user_data, self.fbp.as_deref())
    }

    /// Returns about how many bytes of memory it takes.
    pub(super) fn weight(&self) -> usize {
        let texts = [
            &self.event_id,
            &self.fbp,
            &self.fbc,
            &self.url,
            &self.referrer,
            &self.client_ip_address,
            &self.client_user_agent,
        ];
        let objects = [&self.user_data, &self.custom_data];
        of_copy(&texts, objects, self.data_processing_options.as_ref())
            + of_map(&self.later_user_data)
    }
}

/// Returns about how many bytes of memory a copy with these texts and values takes.
fn of_copy(
    texts: &[&Option<String>],
    objects: [&Map<String, Value>; 2],
    options: Option<&Value>,
) -> usize {
    const EACH: usize = 512;
    EACH + texts.iter().filter_map(|text| text.as_ref()).map(String::len).sum::<usize>()
        + objects.into_iter().map(of_map).sum::<usize>()
        + options.map_or(0, weight)
}

/// Returns about how many bytes of memory a JSON value takes.
pub(super) fn weight(value: &Value) -> usize {
    const EACH: usize = 32;
    EACH + match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(weight).sum(),
        Value::Object(object) => of_map(object),
    }
}

fn of_map(object: &Map<String, Value>) -> usize {
    object.iter().map(|(key, value)| 64 + key.len() + weight(value)).sum()
}
