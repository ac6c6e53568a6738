//! Meta's checks on one server event, as raw JSON. Types and time are checked here. [`Facts`] has
//! the rules that the worker uses as well. Source: `events.md` sections 1 and 2.

use serde_json::{Map, Value};

use super::graph_error::{Invalid, subcode};
use super::{custom_data, customer_information, documented};
use crate::event::{ActionSource, Facts};

/// Checks an event. Returns the first reason to refuse it; warnings go to `messages`.
pub(super) fn check(
    event: &Map<String, Value>,
    path: &str,
    now_millis: u64,
    messages: &mut Vec<String>,
) -> Result<(), Invalid> {
    let event_name = text(event, "event_name", path)?.unwrap_or_default();
    let action_source = action_source(event, path)?;
    time(event, path, action_source, now_millis)?;
    id(event, path, messages)?;
    let event_source_url = text(event, "event_source_url", path)?;
    let customer = customer_information::check(event.get("user_data"), path, messages)?;
    let nothing = Map::new();
    let custom_data = object(event, "custom_data", path)?.unwrap_or(&nothing);
    custom_data::warn(custom_data, path, messages);
    let facts = Facts {
        event_name,
        action_source,
        event_source_url,
        custom_data,
        app_data: object(event, "app_data", path)?.unwrap_or(&nothing),
        messaging_channel: text(event, "messaging_channel", path)?,
        place: place(event),
        lead_id: customer.get("lead_id").and_then(|values| values.first()).copied(),
        customer: customer.keys().copied().collect(),
    };
    for problem in facts.problems(path) {
        if !problem.event_kept {
            return Err(Invalid::of(problem));
        }
        messages.push(format!("{}: {}.", problem.path, problem.message));
    }
    documented::warn(event, action_source, path, messages);
    Ok(())
}

/// Returns a text, or `None` if the field is absent or null.
fn text<'a>(
    event: &'a Map<String, Value>,
    key: &str,
    path: &str,
) -> Result<Option<&'a str>, Invalid> {
    match event.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => {
            Err(Invalid::new(subcode::INVALID_PARAMETER, format!("{path}.{key}"), "Expected text."))
        }
    }
}

/// Returns an object, or `None` if the field is absent or null.
fn object<'a>(
    event: &'a Map<String, Value>,
    key: &str,
    path: &str,
) -> Result<Option<&'a Map<String, Value>>, Invalid> {
    match event.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => {
            let at = format!("{path}.{key}");
            Err(Invalid::new(subcode::INVALID_PARAMETER, at, "Expected an object."))
        }
    }
}

/// Returns the country and state of limited data use. A value that is not an integer becomes -1.
fn place(event: &Map<String, Value>) -> Option<(i64, i64)> {
    event.get("data_processing_options").filter(|options| !options.is_null())?;
    let code = |key| match event.get(key) {
        None | Some(Value::Null) => 0,
        Some(code) => code.as_i64().unwrap_or(-1),
    };
    Some((code("data_processing_options_country"), code("data_processing_options_state")))
}

fn action_source(event: &Map<String, Value>, path: &str) -> Result<ActionSource, Invalid> {
    let given = event.get("action_source").and_then(Value::as_str);
    given.and_then(ActionSource::from_name).ok_or_else(|| {
        let names = ActionSource::ALL.map(ActionSource::name).join(", ");
        let sentence = format!("Expected one of {names}.");
        Invalid::new(subcode::INVALID_PARAMETER, format!("{path}.action_source"), sentence)
    })
}

fn time(
    event: &Map<String, Value>,
    path: &str,
    action_source: ActionSource,
    now_millis: u64,
) -> Result<(), Invalid> {
    let wrong = |subcode, sentence: &str| {
        Err(Invalid::new(subcode, format!("{path}.event_time"), sentence))
    };
    let seconds = match event.get("event_time") {
        // A number above i64 is in the future, like the largest i64.
        Some(Value::Number(number)) if !number.is_f64() => number.as_i64().unwrap_or(i64::MAX),
        _ => {
            return wrong(subcode::INVALID_PARAMETER, "Expected Unix time in seconds, an integer.");
        }
    };
    let now = i64::try_from(now_millis / 1000).unwrap_or(i64::MAX);
    let age = now.saturating_sub(seconds);
    let days = action_source.max_age_seconds() / (24 * 60 * 60);
    match age {
        _ if age < 0 && seconds / 1000 <= now => wrong(
            subcode::IN_THE_FUTURE,
            "The time lies in the future. It looks like milliseconds; send seconds.",
        ),
        _ if age < 0 => wrong(
            subcode::IN_THE_FUTURE,
            "The time lies in the future; send when the event happened.",
        ),
        _ if age > action_source.max_age_seconds() => {
            let sentence = format!("The event is older than {days} days; leave it out.");
            wrong(subcode::TOO_OLD, &sentence)
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
            subcode::INVALID_PARAMETER,
            format!("{path}.event_id"),
            "Expected a string, the same as the browser's eventID.",
        )),
    }
}
