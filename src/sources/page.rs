//! What a page sends: events in the Conversions API's own shape, with the fields a page may know.
//!
//! A page is trusted little. It cannot say a client IP address, a user agent, a token or an action
//! source: there is no field for them here to read, and what it sends under such names is passed over.

use serde::Deserialize;
use serde_json::{Map, Number, Value};

use crate::customer::{self, Field};
use crate::event::{
    ActionSource, CustomerInformation, DataProcessing, EventTime, Problem, ServerEvent, event_time,
};
use crate::identifiers::{EventId, Fbc, Fbp};

/// The body of a request from a page.
#[derive(Debug, Deserialize)]
pub struct Body {
    /// Which dataset the events are for; the first that is allowed when there is none.
    #[serde(default)]
    pub dataset_id: Option<String>,
    /// The events, each read by itself so that one bad one does not spoil the others.
    pub data: Vec<Value>,
}

impl Body {
    /// Reads a body.
    ///
    /// # Errors
    /// A problem that names the place where the JSON is not what it should be.
    pub fn read(bytes: &[u8]) -> Result<Self, Problem> {
        read(&mut serde_json::Deserializer::from_slice(bytes), "", "invalid_body")
    }
}

/// An event of a page, as it came. What Meta wants hashed may come raw or hashed.
#[derive(Debug, Deserialize)]
struct PageEvent {
    event_name: String,
    #[serde(default)]
    event_time: Option<f64>,
    #[serde(default)]
    event_id: Option<String>,
    #[serde(default)]
    event_source_url: Option<String>,
    #[serde(default)]
    referrer_url: Option<String>,
    #[serde(default)]
    opt_out: Option<bool>,
    #[serde(default)]
    data_processing_options: Option<Vec<String>>,
    #[serde(default)]
    data_processing_options_country: Option<u16>,
    #[serde(default)]
    data_processing_options_state: Option<u16>,
    #[serde(default)]
    user_data: Map<String, Value>,
    #[serde(default)]
    custom_data: Map<String, Value>,
}

/// Turns one element of `data` into an event, and says what was wrong with it.
///
/// `path` is where it stands, such as `data[3]`; `entropy` makes an event id where the page sent
/// none. `None` when the event cannot be kept; the problems then say why.
#[must_use]
pub fn event(
    value: &Value,
    path: &str,
    now_millis: u64,
    entropy: [u8; 16],
) -> (Option<ServerEvent>, Vec<Problem>) {
    let page: PageEvent = match read(value, path, "invalid_event") {
        Ok(page) => page,
        Err(problem) => return (None, vec![problem]),
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a float beyond i64 becomes its nearest bound"
    )]
    let given_time = page.event_time.map(|time| time as i64);
    let EventTime::At(time) = event_time(given_time, ActionSource::Website, now_millis) else {
        let message =
            "expected a time of the last 7 days, in Unix seconds: Meta refuses older events";
        let problem = Problem::refused("event_too_old", format!("{path}.event_time"), message)
            .with_subcode(2_804_003);
        return (None, vec![problem]);
    };

    let mut problems = Vec::new();
    let event_id = match page.event_id.as_deref().map(EventId::given) {
        Some(Ok(id)) => id,
        Some(Err(reason)) => {
            let problem = Problem::refused(
                "invalid_event_id",
                format!("{path}.event_id"),
                reason.to_string(),
            );
            return (None, vec![problem]);
        }
        None => born_here(&page, entropy),
    };
    let user_data = customer_information(&page.user_data, path, now_millis, &mut problems);
    let data_processing = page.data_processing_options.map(|options| DataProcessing {
        options,
        country: page.data_processing_options_country.unwrap_or(0),
        state: page.data_processing_options_state.unwrap_or(0),
    });

    let mut custom_data = page.custom_data;
    custom_data.retain(|_, value| !value.is_null());
    if let Some(number) = custom_data.get("value").and_then(number_in_text) {
        custom_data.insert("value".to_owned(), Value::Number(number));
    }

    let event = ServerEvent {
        event_name: page.event_name,
        event_time: time,
        event_id,
        action_source: ActionSource::Website,
        event_source_url: page.event_source_url,
        referrer_url: page.referrer_url.filter(|url| !url.is_empty()),
        opt_out: page.opt_out,
        data_processing,
        user_data,
        custom_data,
    };
    (Some(event), problems)
}

/// An id for an event that came without one: of its order where it has one, so that it is the same
/// when the event comes again; else random.
fn born_here(page: &PageEvent, entropy: [u8; 16]) -> EventId {
    let order = match page.custom_data.get("order_id") {
        Some(Value::String(id)) if !id.is_empty() => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    order.map_or_else(
        || EventId::random(entropy),
        |order| EventId::derived(&page.event_name, &order),
    )
}

/// The pixel takes a price as text; Meta's server events want a number.
fn number_in_text(value: &Value) -> Option<Number> {
    Number::from_f64(value.as_str()?.trim().parse().ok()?)
}

fn customer_information(
    fields: &Map<String, Value>,
    path: &str,
    now_millis: u64,
    problems: &mut Vec<Problem>,
) -> CustomerInformation {
    let mut customer = CustomerInformation::default();
    for (key, value) in fields {
        let at = || format!("{path}.user_data.{key}");
        match key.as_str() {
            "fbp" => match value.as_str().map(Fbp::parse) {
                Some(Ok(fbp)) => customer.fbp = Some(fbp),
                Some(Err(reason)) => {
                    problems.push(Problem::left_out("invalid_fbp", at(), reason.to_string()))
                }
                None => {}
            },
            "fbc" => match value.as_str().map(Fbc::parse) {
                Some(Ok(fbc)) if fbc.is_fresh(now_millis) => customer.fbc = Some(fbc),
                Some(Ok(_)) => {
                    let message = "expected a click of the last 90 days, its time in milliseconds";
                    problems.push(Problem::left_out("stale_fbc", at(), message));
                }
                Some(Err(reason)) => {
                    problems.push(Problem::left_out("invalid_fbc", at(), reason.to_string()))
                }
                None => {}
            },
            _ => {
                let Some(field) = Field::from_key(key) else { continue };
                for text in texts(value) {
                    match customer::hash(field, &text, &customer::Options::default()) {
                        Ok(hashes) => hashes.into_iter().for_each(|hash| customer.add(field, hash)),
                        Err(reason) => {
                            problems.push(Problem::left_out(
                                "unusable_customer_information",
                                at(),
                                reason.to_string(),
                            ));
                        }
                    }
                }
            }
        }
    }
    customer
}

/// A field of customer information is a value or a list of values.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(number) => vec![number.to_string()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// Reads typed JSON; a failure names the place below `path` and what was expected there.
fn read<'de, D, T>(deserializer: D, path: &str, code: &'static str) -> Result<T, Problem>
where
    D: serde::Deserializer<'de>,
    D::Error: std::fmt::Display,
    T: serde::Deserialize<'de>,
{
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let below = error.path().to_string();
        let at = match (path, below.as_str()) {
            (path, ".") => path.to_owned(),
            ("", below) => below.to_owned(),
            (path, below) => format!("{path}.{below}"),
        };
        Problem::refused(code, at, error.inner().to_string())
    })
}
