//! Finds a "no" to advertising in an event. Such an event is not forwarded, from any sender.
//!
//! The signals are read from the event as its source wrote it, before a mapping changes it.
//! Reference: `orders.md` section 8. A signal that is absent or empty is neither a yes nor a no.

use serde_json::{Map, Value};

use super::Problem;

/// The categories that consent platforms use for advertising, without punctuation and capitals:
/// Segment's and Google's words, and OneTrust's groups for targeting and for social media.
const ADVERTISING: [&str; 14] = [
    "ads",
    "advertisement",
    "advertisements",
    "advertising",
    "adpersonalization",
    "adstorage",
    "aduserdata",
    "c0004",
    "c0005",
    "marketing",
    "marketingallowed",
    "saleofdata",
    "saleofdataallowed",
    "targeting",
];
/// The categories that consent platforms use for everything except advertising.
const NOT_ADVERTISING: [&str; 17] = [
    "analytics",
    "analyticsstorage",
    "c0001",
    "c0002",
    "c0003",
    "essential",
    "functional",
    "functionality",
    "measurement",
    "necessary",
    "performance",
    "personalization",
    "preferences",
    "security",
    "statistics",
    "strictlynecessary",
    "support",
];
/// The paths of the objects that hold categories.
const PREFERENCES: [&[&str]; 8] = [
    &["context", "consent", "categoryPreferences"],
    &["consent", "categoryPreferences"],
    &["consent_state"],
    &["consentState"],
    &["consent"],
    &["customerPrivacy"],
    &["context", "customerPrivacy"],
    &["init", "customerPrivacy"],
];
/// The fields whose value is itself a yes or a no to advertising.
const WORDS: [&str; 6] = [
    "consent",
    "marketing_consent",
    "marketingConsent",
    "ad_storage",
    "ad_user_data",
    "ad_personalization",
];
/// The fields with Google's consent state, in its own hits and in those of a server container. The
/// state is `G1xy`, with `x` for ads.
const GOOGLE_STATES: [&str; 2] = ["x-ga-gcs", "gcs"];
/// The fields with Google's consent letters, one letter for each signal.
const GOOGLE_LETTERS: [&str; 3] = ["x-ga-gcd", "gcd", "sst.gcd"];
/// The lists of named values in which shops store the consent of an order.
const ORDER_NOTES: [&str; 2] = ["meta_data", "note_attributes"];

/// Returns the problem for which an event is not forwarded, if it says "no" to advertising.
///
/// `path` is the position of the event, such as `data[3]`.
#[must_use]
pub(crate) fn denied(event: &Value, path: &str) -> Option<Problem> {
    place_of_no(event.as_object()?).map(|place| problem(path, &place))
}

/// Returns the place of a "no" to advertising in an event, or in the fields that a request has for
/// all of its events.
#[must_use]
pub(crate) fn place_of_no(event: &Map<String, Value>) -> Option<String> {
    in_preferences(event)
        .or_else(|| in_words(event))
        .or_else(|| in_googles_signals(event))
        .or_else(|| in_order_notes(event))
}

/// Returns the problem of an event that says "no" at this place.
#[must_use]
pub(crate) fn problem(path: &str, place: &str) -> Problem {
    let at = format!("{path}.{place}").trim_start_matches('.').to_owned();
    let message = "the person said no to advertising: the event was not forwarded";
    Problem::refused(CONSENT_DENIED, at, message)
}

/// The code of the problem. The sender made no mistake.
pub(crate) const CONSENT_DENIED: &str = "consent_denied";

fn in_preferences(event: &Map<String, Value>) -> Option<String> {
    PREFERENCES.into_iter().find_map(|place| {
        let (first, rest) = place.split_first()?;
        let object = rest.iter().try_fold(event.get(*first)?, |value, key| value.get(key))?;
        let has_names_of_its_own = place.last() == Some(&"categoryPreferences");
        is_denied(object.as_object()?, has_names_of_its_own).then(|| place.join("."))
    })
}

/// Returns true if a category of advertising is denied. A workspace of Segment names its own
/// categories. There, an unknown category also counts as denied if no category is allowed.
fn is_denied(preferences: &Map<String, Value>, has_names_of_its_own: bool) -> bool {
    let mut has_yes = false;
    let mut has_unknown = false;
    for (name, value) in preferences {
        let Some(yes) = is_yes(value) else { continue };
        let name = plain(name);
        if ADVERTISING.contains(&name.as_str()) && !yes {
            return true;
        }
        has_yes |= yes;
        has_unknown |= !NOT_ADVERTISING.contains(&name.as_str());
    }
    has_names_of_its_own && has_unknown && !has_yes
}

/// Returns the letters and digits of a category's name in lower case.
fn plain(category: &str) -> String {
    let letters = category.chars().filter(|letter| letter.is_alphanumeric());
    letters.flat_map(char::to_lowercase).take(64).collect()
}

/// Returns true if a value is a yes, and `None` if it says nothing. A value that cannot be read is
/// not a yes.
fn is_yes(value: &Value) -> Option<bool> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(*yes),
        Value::Number(number) => Some(number.as_i64() == Some(1)),
        Value::String(text) => {
            let word = text.trim().to_ascii_lowercase();
            let yes = ["true", "yes", "granted", "grant", "allow", "allowed", "1"];
            (!word.is_empty()).then(|| yes.contains(&word.as_str()))
        }
        Value::Array(_) | Value::Object(_) => Some(false),
    }
}

/// Returns true if a field clearly says no. Other values do not count, because the field may mean
/// something else.
fn says_no(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => !yes,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => {
            let word = text.trim().to_ascii_lowercase();
            let no = ["false", "no", "denied", "deny", "declined", "revoked", "revoke", "0"];
            no.contains(&word.as_str())
        }
        _ => false,
    }
}

fn in_words(event: &Map<String, Value>) -> Option<String> {
    WORDS.into_iter().find(|word| event.get(*word).is_some_and(says_no)).map(str::to_owned)
}

fn in_googles_signals(event: &Map<String, Value>) -> Option<String> {
    let says = |names: &[&'static str], is_no: fn(&str) -> bool| {
        let text = |name: &str| event.get(name).and_then(Value::as_str);
        names.iter().copied().find(|name| text(name).is_some_and(is_no))
    };
    says(&GOOGLE_STATES, is_denied_state)
        .or_else(|| says(&GOOGLE_LETTERS, has_denied_letter))
        .map(str::to_owned)
}

fn is_denied_state(state: &str) -> bool {
    let mut characters = state.trim().chars();
    characters.next().is_some_and(|first| first.eq_ignore_ascii_case(&'G'))
        && characters.nth(1) == Some('0')
}

/// Returns true if one of Google's letters denies advertising. In `13l3l3l3l1l1` the letters stand
/// for ad storage, analytics storage, ad user data and ad personalisation. The letters `m`, `p`,
/// `q` and `u` are a no. Analytics storage is ignored.
fn has_denied_letter(letters: &str) -> bool {
    let signals = letters.chars().filter(char::is_ascii_alphabetic).take(4).enumerate();
    signals
        .filter(|(place, _)| *place != 1)
        .any(|(_, letter)| matches!(letter.to_ascii_lowercase(), 'm' | 'p' | 'q' | 'u'))
}

/// Finds a no in the notes of an order: `[{"key": "marketing_consent", "value": "no"}]` in
/// WooCommerce, with `name` in place of `key` in Shopify.
fn in_order_notes(event: &Map<String, Value>) -> Option<String> {
    ORDER_NOTES.into_iter().find_map(|place| {
        let notes = event.get(place)?.as_array()?;
        let is_no = |note: &Value| {
            let name = note.get("key").or_else(|| note.get("name")).and_then(Value::as_str);
            name.is_some_and(|name| WORDS.contains(&name.trim_start_matches('_')))
                && note.get("value").is_some_and(says_no)
        };
        let at = notes.iter().position(is_no)?;
        Some(format!("{place}[{at}].value"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn place(event: Value) -> Option<String> {
        denied(&event, "data[0]").map(|problem| problem.path)
    }

    #[test]
    fn a_category_of_advertising_that_is_denied_stops_the_event() {
        for preferences in [
            json!({ "Advertising": false, "Analytics": true }),
            json!({ "advertising": "false" }),
            json!({ "Marketing": "no", "Functional": true }),
            json!({ "C0004": false, "C0001": true }),
            json!({ "Targeting": 0 }),
            json!({ "ad_user_data": "denied", "ad_storage": "granted" }),
            // It cannot be read, so it is not a yes.
            json!({ "Advertising": "maybe" }),
            // Every category is denied, and the workspace uses its own names.
            json!({ "Werbung": false, "Statistik": false }),
        ] {
            let event = json!({ "context": { "consent": { "categoryPreferences": preferences } } });
            let expected = "data[0].context.consent.categoryPreferences";
            assert_eq!(place(event).as_deref(), Some(expected), "{preferences}");
        }
    }

    #[test]
    fn a_yes_and_nothing_said_are_no_no() {
        for preferences in [
            json!({}),
            json!(null),
            json!("no"),
            json!({ "Advertising": true, "Analytics": false }),
            json!({ "Analytics": false, "Functional": true }),
            json!({ "Analytics": false, "C0003": false }),
            json!({ "Werbung": true, "Statistik": false }),
            json!({ "Advertising": null, "Analytics": true }),
            json!({ "Advertising": "" }),
        ] {
            let event = json!({ "context": { "consent": { "categoryPreferences": preferences } } });
            assert_eq!(place(event), None, "{preferences}");
        }
        assert_eq!(denied(&json!("no"), ""), None);
    }

    #[test]
    fn googles_signals_stop_an_event() {
        for (event, at) in [
            (json!({ "x-ga-gcs": "G101" }), Some("x-ga-gcs")),
            (json!({ "gcs": "G100" }), Some("gcs")),
            (json!({ "x-ga-gcs": "G111", "x-ga-gcd": "13r3r3q3r1" }), Some("x-ga-gcd")),
            (json!({ "gcd": "13m3l3l3l1" }), Some("gcd")),
            (json!({ "consent_state": { "ad_storage": false } }), Some("consent_state")),
            (json!({ "x-ga-gcs": "G110", "gcd": "13r3q3r3r1" }), None),
            (json!({ "x-ga-gcs": "G1--", "gcd": "13l3l3l3l1" }), None),
            (json!({ "x-ga-gcs": "", "gcd": 7 }), None),
        ] {
            let expected = at.map(|at| format!("data[0].{at}"));
            assert_eq!(place(event.clone()), expected, "{event}");
        }
    }

    #[test]
    fn shops_and_back_ends_say_no_in_their_own_words() {
        for (event, at) in [
            (json!({ "consent": "denied" }), "consent"),
            (json!({ "consent": { "ad_storage": "denied" } }), "consent"),
            (json!({ "customerPrivacy": { "marketingAllowed": false } }), "customerPrivacy"),
            (
                json!({ "init": { "customerPrivacy": { "saleOfDataAllowed": false, "marketingAllowed": true } } }),
                "init.customerPrivacy",
            ),
            (
                json!({ "meta_data": [{ "key": "a", "value": "no" }, { "key": "_marketing_consent", "value": "no" }] }),
                "meta_data[1].value",
            ),
            (
                json!({ "note_attributes": [{ "name": "consent", "value": "denied" }] }),
                "note_attributes[0].value",
            ),
        ] {
            assert_eq!(place(event.clone()), Some(format!("data[0].{at}")), "{event}");
        }
        for event in [
            json!({ "consent": "granted" }),
            json!({ "consent": "" }),
            json!({ "consent": { "version": "2" } }),
            json!({ "customerPrivacy": { "marketingAllowed": true, "analyticsProcessingAllowed": false } }),
            json!({ "note_attributes": [{ "name": "marketing_consent", "value": "yes" }] }),
        ] {
            assert_eq!(place(event.clone()), None, "{event}");
        }
    }
}
