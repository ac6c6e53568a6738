//! Reads a yes or a no from a value.

use std::borrow::Cow;

use serde_json::Value;

/// The words for a yes, without punctuation and capitals.
const YES: [&str; 26] = [
    "accept",
    "accepted",
    "active",
    "agree",
    "agreed",
    "allow",
    "allowed",
    "approved",
    "confirmed",
    "consented",
    "enabled",
    "given",
    "grant",
    "granted",
    "ja",
    "on",
    "optedin",
    "optin",
    "oui",
    "si",
    "sim",
    "subscribed",
    "sí",
    "true",
    "y",
    "yes",
];
/// The words for a no, without punctuation and capitals.
const NO: [&str; 33] = [
    "blocked",
    "decline",
    "declined",
    "denied",
    "deny",
    "disabled",
    "disagree",
    "disagreed",
    "disallow",
    "disallowed",
    "false",
    "forbidden",
    "n",
    "nee",
    "nein",
    "no",
    "non",
    "none",
    "notallowed",
    "notgiven",
    "notgranted",
    "off",
    "optedout",
    "optout",
    "refuse",
    "refused",
    "reject",
    "rejected",
    "revoke",
    "revoked",
    "unsubscribed",
    "withdraw",
    "withdrawn",
];

/// The choice that a value expresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Yes,
    No,
    /// A word or a number that is neither a yes nor a no.
    Neither,
    /// A list or an object that has no clear no.
    Unreadable,
}

impl Choice {
    /// Returns the choice, or `None` if the value says nothing.
    pub fn of(value: &Value) -> Option<Self> {
        let of_number = |number: f64| match number {
            1.0 => Self::Yes,
            0.0 => Self::No,
            _ => Self::Neither,
        };
        match unquoted(value).as_ref() {
            Value::Null => None,
            Value::Bool(true) => Some(Self::Yes),
            Value::Bool(false) => Some(Self::No),
            Value::Number(number) => number.as_f64().map(of_number),
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => Some(match text.trim().parse() {
                Ok(number) => of_number(number),
                Err(_) => Self::of_word(&plain(text)),
            }),
            Value::Array(values) => Some(Self::of_members(values)),
            Value::Object(fields) => Some(Self::of_members(fields.values())),
        }
    }

    fn of_word(word: &str) -> Self {
        match word {
            word if YES.contains(&word) => Self::Yes,
            word if NO.contains(&word) => Self::No,
            _ => Self::Neither,
        }
    }

    /// Returns the choice of an object such as `{"state": "denied"}`. A number in it may be a time
    /// or a version, so it is not read.
    fn of_members<'a>(values: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut choices = values.into_iter().filter(|value| !value.is_number()).map(Self::of);
        if choices.any(|choice| choice == Some(Self::No)) { Self::No } else { Self::Unreadable }
    }
}

/// Returns the object that is written as JSON text, or else the value itself.
pub(super) fn unquoted(value: &Value) -> Cow<'_, Value> {
    let text = value.as_str().filter(|text| text.trim_start().starts_with('{'));
    text.and_then(|text| serde_json::from_str(text).ok()).map_or(Cow::Borrowed(value), Cow::Owned)
}

/// Returns the letters and digits of a text in lower case.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
