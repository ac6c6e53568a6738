//! The rules for which Meta rejects an event. The worker checks them before it accepts an event,
//! and the sandbox checks them as Meta does. So the worker accepts nothing that the sandbox
//! rejects.

use serde_json::{Map, Value};

use super::customer_information::is_too_broad;
use super::{
    ActionSource, Problem, ServerEvent, expected_currency, is_currency, is_sound_place,
    is_web_address,
};

/// The code of an event whose customer information cannot find a person.
pub const CUSTOMER_INFORMATION_TOO_BROAD: &str = "customer_information_too_broad";

/// The minimum time left when an event is sent, before Meta finds it too old, in seconds. If one
/// event becomes too old on its way, Meta rejects the whole request.
const SEND_MARGIN_SECONDS: i64 = 60;
/// The minimum time left when the worker accepts an event, in seconds. With less, the event would
/// be accepted and then perhaps not sent.
const INTAKE_MARGIN_SECONDS: i64 = SEND_MARGIN_SECONDS + 60;
/// The maximum length of a custom event name, in characters (Meta, "Server Event Parameters").
const MAX_NAME_CHARACTERS: usize = 50;
/// The maximum number of products that one answer names. More would not help the reader.
pub(crate) const MOST_NAMED: usize = 10;
/// The minimum number that is read as Unix milliseconds. As seconds it would be in the year 5138.
const MILLIS_FROM: i64 = 100_000_000_000;
/// The kinds of customer (Meta, "Server Event Parameters", `customer_segmentation`).
const SEGMENTS: [&str; 9] = [
    "new_customer_to_business",
    "new_customer_to_business_line",
    "new_customer_to_product_area",
    "new_customer_to_medium",
    "existing_customer_to_business",
    "existing_customer_to_business_line",
    "existing_customer_to_product_area",
    "existing_customer_to_medium",
    "customer_in_loyalty_program",
];

/// The result of reading a sender's event time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventTime {
    /// The event time in Unix seconds, not in the future.
    At(i64),
    /// A time that is older than Meta allows, or so nearly that the event cannot be sent in time.
    /// Meta rejects a whole request for one such event.
    TooOld,
}

/// Reads an event time in seconds or milliseconds. A time in the future becomes the current time,
/// because clocks differ. So does a missing time. The maximum age depends on the action source.
#[must_use]
pub fn event_time(given: Option<i64>, source: ActionSource, now_millis: u64) -> EventTime {
    let now = i64::try_from(now_millis / 1000).unwrap_or(i64::MAX);
    let seconds = match given {
        None => now,
        Some(millis) if millis >= MILLIS_FROM => millis / 1000,
        Some(seconds) => seconds,
    };
    if seconds < now.saturating_sub(source.max_age_seconds() - INTAKE_MARGIN_SECONDS) {
        EventTime::TooOld
    } else {
        EventTime::At(seconds.min(now))
    }
}

/// Returns the time until which an event can be sent, in Unix seconds.
pub(super) fn send_before(event: &ServerEvent) -> i64 {
    event.event_time.saturating_add(event.action_source.max_age_seconds() - SEND_MARGIN_SECONDS)
}

/// The fields of an event that the rules check, from a [`ServerEvent`] or from JSON.
pub(crate) struct Facts<'a> {
    pub event_name: &'a str,
    pub action_source: ActionSource,
    pub event_source_url: Option<&'a str>,
    pub custom_data: &'a Map<String, Value>,
    pub app_data: &'a Map<String, Value>,
    pub messaging_channel: Option<&'a str>,
    /// The country and state of limited data use, if present.
    pub place: Option<(i64, i64)>,
    /// Meta's keys of the customer information that is not empty.
    pub customer: Vec<&'a str>,
    pub lead_id: Option<&'a Value>,
}

impl<'a> Facts<'a> {
    /// Returns the facts of a [`ServerEvent`].
    pub fn of(event: &'a ServerEvent) -> Self {
        let options = event.data_processing.as_ref();
        Self {
            event_name: &event.event_name,
            action_source: event.action_source,
            event_source_url: event.event_source_url.as_deref(),
            custom_data: &event.custom_data,
            app_data: &event.app_data,
            messaging_channel: event.messaging_channel.as_deref(),
            place: options.map(|options| (options.country.into(), options.state.into())),
            customer: event.user_data.keys().collect(),
            lead_id: event.user_data.unhashed.get("lead_id"),
        }
    }

    /// Returns true if a field of customer information is present.
    pub(super) fn knows(&self, key: &str) -> bool {
        self.customer.contains(&key)
    }

    /// Returns the problems for which Meta rejects the event, with paths below `path` (such as
    /// `data[3]`). Also returns the problems with fields that Meta documents as required but does
    /// not enforce (`event_kept`).
    pub fn problems(&self, path: &str) -> Vec<Problem> {
        let mut found = Vec::new();
        self.name(path, &mut found);
        self.address(path, &mut found);
        self.money(path, &mut found);
        self.contents(path, &mut found);
        if self.place.is_some_and(|(country, state)| !is_sound_place(country, state)) {
            let message = "expected country 1 (United States) with one of Meta's state codes or 0, or country 0 with state 0";
            let at = format!("{path}.data_processing_options_country");
            found.push(Problem::refused("invalid_data_processing", at, message));
        }
        super::channel::problems(self, path, &mut found);
        if is_too_broad(self.customer.iter().copied()) {
            let message = "expected something to find a person by: an e-mail address, a phone number, an external id, fbp, fbc or the client's IP address";
            found.push(
                Problem::refused(
                    CUSTOMER_INFORMATION_TOO_BROAD,
                    format!("{path}.user_data"),
                    message,
                )
                .with_subcode(2_804_050),
            );
        }
        found
    }

    fn name(&self, path: &str, found: &mut Vec<Problem>) {
        let mut refuse = |code, message: &str| {
            found.push(Problem::refused(code, format!("{path}.event_name"), message));
        };
        if self.event_name.trim().is_empty() {
            refuse("missing_event_name", "expected a name such as \"Purchase\"");
        } else if self.event_name.chars().count() > MAX_NAME_CHARACTERS {
            refuse("event_name_too_long", "expected at most 50 characters");
        }
    }

    fn address(&self, path: &str, found: &mut Vec<Problem>) {
        let is_missing = match self.event_source_url {
            Some(address) => !is_web_address(address),
            None => self.action_source == ActionSource::Website,
        };
        if is_missing {
            let message =
                "expected the http or https address of the page, which an event of a website needs";
            let at = format!("{path}.event_source_url");
            found.push(Problem::refused("missing_event_source_url", at, message));
        }
    }

    fn money(&self, path: &str, found: &mut Vec<Problem>) {
        let get = |key| self.custom_data.get(key).filter(|value: &&Value| !value.is_null());
        let (value, currency) = (get("value"), get("currency"));
        let is_purchase = self.event_name == "Purchase";
        let mut refuse = |code, field: &str, message: &str, subcode| {
            found.push(
                Problem::refused(code, format!("{path}.custom_data.{field}"), message)
                    .with_subcode(subcode),
            );
        };
        match value {
            None if is_purchase => {
                let message = "expected a number: a Purchase needs its value";
                refuse("missing_value", "value", message, 2_804_009);
            }
            Some(value) if !is_number(value) => {
                let subcode = if is_purchase { 2_804_009 } else { 2_804_019 };
                refuse("invalid_value", "value", "expected a number such as 59.9", subcode);
            }
            _ => {}
        }
        match currency {
            None if is_purchase => {
                let message = "expected a code such as \"EUR\": a Purchase needs it";
                refuse("missing_currency", "currency", message, 2_804_010);
            }
            None if value.is_some() => {
                let message = "expected a code such as \"EUR\": a value needs it";
                refuse("missing_currency", "currency", message, 2_804_023);
            }
            Some(code) => {
                let text = code.as_str().unwrap_or_default();
                // Meta was observed to take small letters.
                if !is_currency(&text.to_ascii_uppercase()) {
                    refuse("invalid_currency", "currency", &expected_currency(text), 2_804_019);
                }
            }
            None => {}
        }
    }

    fn contents(&self, path: &str, found: &mut Vec<Problem>) {
        let Some(contents) = self.custom_data.get("contents").filter(|value| !value.is_null())
        else {
            return;
        };
        let mut refuse = |code, field: &str, message: &str, subcode| {
            let at = format!("{path}.custom_data.{field}");
            found.push(Problem::refused(code, at, message).with_subcode(subcode));
        };
        let Some(contents) = contents.as_array() else {
            let message = "expected a list of products: [{\"id\": \"SKU-1\", \"quantity\": 1}]";
            return refuse("invalid_contents", "contents", message, 2_804_019);
        };
        let has_id = |content: &Value| content.get("id").is_some_and(is_id);
        let nameless = contents.iter().enumerate().filter(|(_, content)| !has_id(content));
        for (index, _) in nameless.take(MOST_NAMED) {
            let field = format!("contents[{index}].id");
            refuse("missing_content_id", &field, "expected the product's id", 2_804_008);
        }
    }
}

/// Returns true for a JSON number, or a text of one as programs write it.
fn is_number(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => text.trim().parse::<f64>().is_ok_and(f64::is_finite),
        _ => false,
    }
}

fn is_id(id: &Value) -> bool {
    match id {
        Value::String(text) => !text.trim().is_empty(),
        Value::Number(_) => true,
        _ => false,
    }
}

/// Returns true if Meta knows a kind of customer by this name.
#[must_use]
pub(crate) fn is_known_segment(name: &str) -> bool {
    SEGMENTS.contains(&name)
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
    fn what_cannot_be_sent_within_a_minute_is_too_old() {
        let week = 604_800;
        assert_eq!(at(Some(1_790_000_000 - week + 120)), EventTime::At(1_789_395_320));
        for late in [119, 60, 59, 1, 0, -1] {
            assert_eq!(at(Some(1_790_000_000 - week + late)), EventTime::TooOld, "{late}");
        }
        assert_eq!(at(Some(i64::MIN)), EventTime::TooOld);
        assert_eq!(at(Some(0)), EventTime::TooOld);
    }

    #[test]
    fn a_store_may_report_up_to_62_days_later() {
        let in_store =
            |age: i64| event_time(Some(1_790_000_000 - age), ActionSource::PhysicalStore, NOW);
        assert_eq!(in_store(62 * 86_400 - 120), EventTime::At(1_784_643_320));
        assert_eq!(in_store(62 * 86_400 - 119), EventTime::TooOld);
    }

    #[test]
    fn what_is_accepted_has_a_minute_to_be_sent() {
        let user_data = super::super::CustomerInformation::default();
        let id = crate::identifiers::EventId::random([7; 16]);
        let oldest = 1_790_000_000 - 604_800 + 120;
        assert_eq!(at(Some(oldest)), EventTime::At(oldest));
        let event =
            ServerEvent::new("Lead".to_owned(), oldest, id, ActionSource::Website, user_data);
        assert_eq!(event.send_before(), 1_790_000_000 + 60);
    }
}
