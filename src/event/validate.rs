//! What Meta would refuse, caught before it can spoil a batch.

use serde_json::Value;

use super::{ActionSource, Problem, ServerEvent};

/// An event that would turn too old on its way is not risked with a whole request: one minute.
const AGE_MARGIN_SECONDS: i64 = 60;
/// Custom event names are at most this long (Meta, "Server Event Parameters").
const MAX_NAME_CHARACTERS: usize = 50;
/// Products without an id that are named: who reads of ten needs no eleventh.
pub(crate) const MOST_NAMED: usize = 10;
/// Above this, a number is Unix milliseconds: as seconds it would be the year 5138.
const MILLIS_FROM: i64 = 100_000_000_000;

/// What a sender's time means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventTime {
    /// Unix seconds, now or before.
    At(i64),
    /// Longer ago than Meta takes it: it would be refused, and all that travels with it.
    TooOld,
}

/// Reads a time in seconds or milliseconds. A time that is still to come is now (clocks differ);
/// none at all is now. How old it may be depends on where the event took place.
#[must_use]
pub fn event_time(given: Option<i64>, source: ActionSource, now_millis: u64) -> EventTime {
    let now = i64::try_from(now_millis / 1000).unwrap_or(i64::MAX);
    let seconds = match given {
        None => now,
        Some(millis) if millis >= MILLIS_FROM => millis / 1000,
        Some(seconds) => seconds,
    };
    if seconds < now.saturating_sub(source.max_age_seconds()) {
        EventTime::TooOld
    } else {
        EventTime::At(seconds.min(now))
    }
}

/// Until when an event can be sent, Unix seconds.
pub(super) fn send_before(event: &ServerEvent) -> i64 {
    event.event_time.saturating_add(event.action_source.max_age_seconds() - AGE_MARGIN_SECONDS)
}

pub(super) fn problems(event: &ServerEvent, path: &str) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut refuse = |code, field: &str, message: &str| {
        found.push(Problem::refused(code, format!("{path}.{field}"), message));
    };

    if event.event_name.trim().is_empty() {
        refuse("missing_event_name", "event_name", "expected a name such as \"Purchase\"");
    } else if event.event_name.chars().count() > MAX_NAME_CHARACTERS {
        refuse("event_name_too_long", "event_name", "expected at most 50 characters");
    }
    if event.action_source == ActionSource::Website
        && !event.event_source_url.as_deref().is_some_and(is_web_address)
    {
        refuse(
            "missing_event_source_url",
            "event_source_url",
            "expected the http or https address of the page, which an event of a website needs",
        );
    }

    let value = event.custom_data.get("value").filter(|value| !value.is_null());
    let currency = event.custom_data.get("currency").filter(|currency| !currency.is_null());
    let purchase = event.event_name == "Purchase";
    let mut refuse = |code, field: &str, message: &str, subcode| {
        found.push(
            Problem::refused(code, format!("{path}.custom_data.{field}"), message)
                .with_subcode(subcode),
        );
    };
    match value {
        None if purchase => refuse(
            "missing_value",
            "value",
            "expected a number: a Purchase needs its value",
            2_804_009,
        ),
        Some(value) if !is_number(value) => {
            refuse("invalid_value", "value", "expected a number such as 59.9", 2_804_019)
        }
        _ => {}
    }
    match currency {
        None if purchase => {
            refuse(
                "missing_currency",
                "currency",
                "expected a code such as \"EUR\": a Purchase needs it",
                2_804_010,
            );
        }
        None if value.is_some() => {
            refuse(
                "missing_currency",
                "currency",
                "expected a code such as \"EUR\": a value needs it",
                2_804_023,
            );
        }
        Some(code) if !is_currency(code) => {
            refuse(
                "invalid_currency",
                "currency",
                "expected three letters of ISO 4217, such as \"EUR\"",
                2_804_019,
            );
        }
        _ => {}
    }
    if event.custom_data.get("contents").is_some_and(|contents| !contents.is_array()) {
        let message = "expected a list of products: [{\"id\": \"SKU-1\", \"quantity\": 1}]";
        refuse("invalid_contents", "contents", message, 2_804_019);
    }
    if let Some(contents) = event.custom_data.get("contents").and_then(Value::as_array) {
        let has_id = |content: &Value| content.get("id").is_some_and(is_id);
        let nameless = contents.iter().enumerate().filter(|(_, content)| !has_id(content));
        for (index, _) in nameless.take(MOST_NAMED) {
            let path = format!("contents[{index}].id");
            refuse("missing_content_id", &path, "expected the product's id", 2_804_008);
        }
    }
    if event.data_processing.as_ref().is_some_and(|options| !options.is_sound()) {
        let message = "expected country 1 (United States) with one of Meta's state codes or 0, or country 0 with state 0";
        let at = format!("{path}.data_processing_options_country");
        found.push(Problem::refused("invalid_data_processing", at, message));
    }
    found.extend(super::channel::problems(event, path));
    if event.user_data.is_too_broad() {
        let message = "expected something to find a person by: an e-mail address, a phone number, an external id, fbp, fbc or the client's IP address";
        found.push(
            Problem::refused(
                "customer_information_too_broad",
                format!("{path}.user_data"),
                message,
            )
            .with_subcode(2_804_050),
        );
    }
    found
}

/// A JSON number, or a string that is one: the pixel takes both.
fn is_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    }
}

fn is_currency(code: &Value) -> bool {
    code.as_str().is_some_and(|code| {
        code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_alphabetic())
    })
}

fn is_id(id: &Value) -> bool {
    match id {
        Value::String(text) => !text.is_empty(),
        Value::Number(_) => true,
        _ => false,
    }
}

fn is_web_address(address: &str) -> bool {
    ["https://", "http://"].iter().any(|scheme| {
        address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && address.len() > scheme.len()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000_000;

    fn at(given: Option<i64>) -> EventTime {
        event_time(given, ActionSource::Website, NOW)
    }

    #[test]
    fn seconds_and_milliseconds_are_the_same_moment() {
        assert_eq!(at(Some(1_789_999_000)), EventTime::At(1_789_999_000));
        assert_eq!(at(Some(1_789_999_000_000)), EventTime::At(1_789_999_000));
    }

    #[test]
    fn a_time_still_to_come_is_now_and_so_is_none() {
        assert_eq!(at(Some(1_790_000_060)), EventTime::At(1_790_000_000));
        assert_eq!(at(Some(i64::MAX)), EventTime::At(1_790_000_000));
        assert_eq!(at(None), EventTime::At(1_790_000_000));
    }

    #[test]
    fn seven_days_and_a_second_are_too_old() {
        assert_eq!(at(Some(1_790_000_000 - 604_800)), EventTime::At(1_789_395_200));
        assert_eq!(at(Some(1_790_000_000 - 604_801)), EventTime::TooOld);
        assert_eq!(at(Some(i64::MIN)), EventTime::TooOld);
        assert_eq!(at(Some(0)), EventTime::TooOld);
    }

    #[test]
    fn a_store_may_report_up_to_62_days_later() {
        let in_store =
            |age: i64| event_time(Some(1_790_000_000 - age), ActionSource::PhysicalStore, NOW);
        assert_eq!(in_store(62 * 86_400), EventTime::At(1_784_643_200));
        assert_eq!(in_store(62 * 86_400 + 1), EventTime::TooOld);
    }
}
