//! Meta's checks on one server event, as raw JSON. Source: `events.md` sections 1 and 2.

use serde_json::{Map, Value};

use super::graph_error::{Invalid, Subcode};
use super::{custom_data, customer_information};

const DAY_SECONDS: i64 = 24 * 60 * 60;
/// "Not older than 7 days; otherwise the whole request is rejected."
const MAX_AGE_SECONDS: i64 = 7 * DAY_SECONDS;
/// "`physical_store`: up to 62 days."
const MAX_AGE_IN_STORE_SECONDS: i64 = 62 * DAY_SECONDS;
/// "Custom names at most 50 characters." No standard name is longer.
const MAX_NAME_CHARACTERS: usize = 50;

const ACTION_SOURCES: [&str; 9] = [
    "website",
    "app",
    "physical_store",
    "phone_call",
    "chat",
    "email",
    "system_generated",
    "business_messaging",
    "other",
];

/// What refuses the event, if anything; what Meta would only warn of goes to `messages`.
pub(super) fn check(
    event: &Map<String, Value>,
    path: &str,
    now_millis: u64,
    messages: &mut Vec<String>,
) -> Result<(), Invalid> {
    let name = name(event, path)?;
    let action_source = action_source(event, path)?;
    time(event, path, action_source, now_millis)?;
    id(event, path, messages)?;
    source_url(event, path, action_source)?;
    let customer = customer_information::check(event.get("user_data"), path, messages)?;
    if action_source == "website" && !customer.contains_key("client_user_agent") {
        messages.push(format!("{path}.user_data.client_user_agent: website events should carry the visitor's user agent."));
    }
    custom_data::check(event.get("custom_data"), name, path, messages)
}

fn name<'a>(event: &'a Map<String, Value>, path: &str) -> Result<&'a str, Invalid> {
    let wrong =
        |sentence| Invalid::new(Subcode::InvalidParameter, format!("{path}.event_name"), sentence);
    let name =
        event.get("event_name").and_then(Value::as_str).filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| wrong("Expected the event's name, such as \"Purchase\"."))?;
    if name.chars().count() > MAX_NAME_CHARACTERS {
        return Err(wrong(
            "A name has at most 50 characters; shorten it, in the browser's call too.",
        ));
    }
    Ok(name)
}

fn action_source<'a>(event: &'a Map<String, Value>, path: &str) -> Result<&'a str, Invalid> {
    let given = event
        .get("action_source")
        .and_then(Value::as_str)
        .filter(|given| ACTION_SOURCES.contains(given));
    given.ok_or_else(|| {
        let sentence = format!("Expected one of {}.", ACTION_SOURCES.join(", "));
        Invalid::new(Subcode::InvalidParameter, format!("{path}.action_source"), sentence)
    })
}

fn time(
    event: &Map<String, Value>,
    path: &str,
    action_source: &str,
    now_millis: u64,
) -> Result<(), Invalid> {
    let wrong =
        |subcode, sentence| Err(Invalid::new(subcode, format!("{path}.event_time"), sentence));
    let seconds = match event.get("event_time") {
        // Above i64 is as far in the future as its end.
        Some(Value::Number(number)) if !number.is_f64() => number.as_i64().unwrap_or(i64::MAX),
        _ => return wrong(Subcode::InvalidParameter, "Expected Unix time in seconds, an integer."),
    };
    let now = i64::try_from(now_millis / 1000).unwrap_or(i64::MAX);
    let age = now.saturating_sub(seconds);
    let in_store = action_source == "physical_store";
    match age {
        _ if age < 0 && seconds / 1000 <= now => wrong(
            Subcode::InTheFuture,
            "The time lies in the future. It looks like milliseconds; send seconds.",
        ),
        _ if age < 0 => wrong(
            Subcode::InTheFuture,
            "The time lies in the future; send when the event happened.",
        ),
        _ if in_store && age > MAX_AGE_IN_STORE_SECONDS => {
            wrong(Subcode::TooOld, "The event is older than 62 days; leave it out.")
        }
        _ if !in_store && age > MAX_AGE_SECONDS => {
            wrong(Subcode::TooOld, "The event is older than 7 days; leave it out.")
        }
        _ => Ok(()),
    }
}

fn id(event: &Map<String, Value>, path: &str, messages: &mut Vec<String>) -> Result<(), Invalid> {
    match event.get("event_id") {
        Some(Value::String(id)) if !id.is_empty() => Ok(()),
        None | Some(Value::Null | Value::String(_)) => {
            messages.push(format!(
                "{path}.event_id: without it Meta can only guess which browser event this is."
            ));
            Ok(())
        }
        Some(_) => Err(Invalid::new(
            Subcode::InvalidParameter,
            format!("{path}.event_id"),
            "Expected a string, the same as the browser's eventID.",
        )),
    }
}

fn source_url(event: &Map<String, Value>, path: &str, action_source: &str) -> Result<(), Invalid> {
    let given = event.get("event_source_url").filter(|url| !url.is_null());
    let valid = match given {
        None => action_source != "website",
        Some(url) => url.as_str().is_some_and(is_web_address),
    };
    if valid {
        return Ok(());
    }
    let sentence = "Expected the http or https address of the page; website events require it.";
    Err(Invalid::new(Subcode::InvalidParameter, format!("{path}.event_source_url"), sentence))
}

/// The scheme is http or https, and there is a host.
fn is_web_address(url: &str) -> bool {
    url.split_once("://").is_some_and(|(scheme, rest)| {
        let host = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
        (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"))
            && !host.is_empty()
            && !host.contains(char::is_whitespace)
    })
}
