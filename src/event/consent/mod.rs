//! Finds a "no" to advertising in an event. Such an event is not forwarded, from any sender.
//!
//! The signals are read from the event as its source wrote it, before a mapping changes it.
//! Reference: `orders.md` section 8. A signal that is absent or empty is neither a yes nor a no.

mod categories;
mod choice;

use serde_json::{Map, Value, json};

use self::categories::is_denied;
use self::choice::{Choice, plain, unquoted};
use super::Problem;

/// The paths of the objects that hold categories.
const PREFERENCES: [&[&str]; 9] = [
    &["context", "consent", "categoryPreferences"],
    &["consent", "categoryPreferences"],
    &["consent_state"],
    &["consentState"],
    &["consent"],
    &["context", "consent"],
    &["customerPrivacy"],
    &["context", "customerPrivacy"],
    &["init", "customerPrivacy"],
];
/// The field whose value may be a yes or a no, or something else such as a version or a TCF text.
/// Only a clear no counts.
const ANY_CONSENT: &str = "consent";
/// The fields that mean consent to advertising alone. Any value that can be read and is not a yes
/// is a no.
const CONSENT_TO_ADVERTISING: [&str; 5] =
    ["marketing_consent", "marketingConsent", "ad_storage", "ad_user_data", "ad_personalization"];
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

/// Returns the value that replaces a signal that cannot be read: a no. `place` is its position below
/// the event, such as `consent.ad_storage`. Returns `None` if there is no signal at that place.
pub(crate) fn unreadable(place: &str) -> Option<Value> {
    const NO: &str = "marketing";
    if GOOGLE_STATES.contains(&place) {
        return Some("G100".into());
    }
    if GOOGLE_LETTERS.contains(&place) {
        return Some("m".into());
    }
    if place == "context.consent" {
        return Some(json!({ "categoryPreferences": { NO: false } }));
    }
    // "" for one of the objects itself.
    let mut inside = PREFERENCES.iter().filter_map(|keys| {
        let (first, rest) = keys.split_first()?;
        rest.iter().try_fold(place.strip_prefix(first)?, |place, key| {
            place.strip_prefix('.')?.strip_prefix(key)
        })
    });
    if inside.clone().any(str::is_empty) {
        return Some(json!({ NO: false }));
    }
    let is_signal = CONSENT_TO_ADVERTISING.contains(&place)
        || place == ANY_CONSENT
        || inside.any(|inside| inside.starts_with(['.', '[']))
        || ORDER_NOTES.iter().any(|notes| is_below(place, notes) && place.ends_with("].value"));
    is_signal.then_some(Value::Bool(false))
}

/// Returns true if a place is inside the value at another place.
pub(crate) fn is_below(place: &str, other: &str) -> bool {
    place.strip_prefix(other).is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// The code of the problem. The sender made no mistake.
pub(crate) const CONSENT_DENIED: &str = "consent_denied";

fn in_preferences(event: &Map<String, Value>) -> Option<String> {
    PREFERENCES.into_iter().find_map(|place| {
        let has_names_of_its_own = place.last() == Some(&"categoryPreferences");
        is_denied_at(event, place, has_names_of_its_own).then(|| place.join("."))
    })
}

/// Returns true if the object at a path denies advertising. An object may also be JSON text.
fn is_denied_at(object: &Map<String, Value>, path: &[&str], has_names_of_its_own: bool) -> bool {
    let Some((key, rest)) = path.split_first() else {
        return is_denied(object, has_names_of_its_own);
    };
    let Some(value) = object.get(*key) else { return false };
    unquoted(value)
        .as_object()
        .is_some_and(|object| is_denied_at(object, rest, has_names_of_its_own))
}

/// Returns true if a field of this name says no.
fn says_no(name: &str, value: &Value) -> bool {
    let choice = Choice::of(value);
    if name == ANY_CONSENT {
        choice == Some(Choice::No)
            && !matches!(*unquoted(value), Value::Object(_) | Value::Array(_))
    } else {
        matches!(choice, Some(Choice::No | Choice::Neither))
    }
}

fn in_words(event: &Map<String, Value>) -> Option<String> {
    let mut names = CONSENT_TO_ADVERTISING.into_iter().chain([ANY_CONSENT]);
    let is_no = |name: &&str| event.get(*name).is_some_and(|value| says_no(name, value));
    names.find(is_no).map(str::to_owned)
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
            let name = ["key", "name"].iter().find_map(|key| note.get(key)?.as_str());
            let name = plain(name.unwrap_or_default());
            let mut names = CONSENT_TO_ADVERTISING.into_iter().chain([ANY_CONSENT]);
            let field = names.find(|field| plain(field) == name);
            field.zip(note.get("value")).is_some_and(|(field, value)| says_no(field, value))
        };
        let at = notes.iter().position(is_no)?;
        Some(format!("{place}[{at}].value"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn of_preferences(preferences: &Value) -> Option<String> {
        place(json!({ "context": { "consent": { "categoryPreferences": preferences } } }))
    }

    #[test]
    fn a_category_is_of_advertising_by_a_word_of_its_name() {
        for name in [
            "Targeted Advertising",
            "Marketing & Ads",
            "Werbung",
            "Onlinewerbung",
            "Publicité",
            "Publicite\u{301}",
            "ΔΙΑΦΗ\u{301}ΜΙΣΗ",
            "Advertising (we do not sell data)",
            "Publicidad dirigida",
            "Pubblicità",
            "Reklama",
            "Реклама",
            "広告",
            "personalizedAds",
            "AD_PERSONALIZATION",
            "ad-user-data",
            "Facebook",
            "Meta Pixel",
            "Remarketing",
            "Performance & Targeting",
            &format!("{} advertising", "long ".repeat(40)),
        ] {
            let no = json!({ name: false, "Analytics": true, "Something": true });
            assert!(of_preferences(&no).is_some(), "{name}");
            assert_eq!(of_preferences(&json!({ name: true, "Analytics": false })), None, "{name}");
        }
        for name in
            ["Downloads", "Radio", "public_items", "domainOnly", "Uploads and threads", "Metadata"]
        {
            let other = json!({ name: false, "Advertising": true });
            assert_eq!(of_preferences(&other), None, "{name}");
        }
    }

    #[test]
    fn a_yes_to_something_else_does_not_outweigh_a_no() {
        for preferences in [
            json!({ "Kategorie 3": false, "Analytics": true }),
            json!({ "Kategorie 3": false, "Functional Cookies": true, "Statistik": true }),
            json!({ "Kategorie 3": "no", "C0001": true, "C0002": true }),
        ] {
            assert!(of_preferences(&preferences).is_some(), "{preferences}");
        }
        for preferences in [
            json!({ "Kategorie 3": true, "Kategorie 4": false, "Analytics": false }),
            json!({ "Kategorie 3": false, "Advertising": true }),
            json!({ "Analytics": false }),
            json!({ "Strictly necessary cookies": true, "Analytics and statistics": false }),
            json!({ "Advertising": 1.0 }),
            json!({ "Advertising": "accepted" }),
        ] {
            assert_eq!(of_preferences(&preferences), None, "{preferences}");
        }
    }

    #[test]
    fn consent_to_advertising_alone_is_a_no_unless_it_is_a_yes() {
        for field in ["marketing_consent", "marketingConsent", "ad_storage", "ad_user_data"] {
            for no in [
                json!("rejected"),
                json!("opt_out"),
                json!("opted_out"),
                json!("Opted-Out"),
                json!("withdrawn"),
                json!("refused"),
                json!("n"),
                json!("off"),
                json!("declined"),
                json!("not granted"),
                json!("pending"),
                json!("nein"),
                json!("\"denied\""),
                json!(false),
                json!(0),
                json!(0.0),
                json!(-1),
                json!({ "state": "denied" }),
                json!(["denied"]),
            ] {
                assert_eq!(place(json!({ field: no })), Some(format!("data[0].{field}")), "{no}");
            }
            for yes in [
                json!("granted"),
                json!("Y"),
                json!("on"),
                json!("opt_in"),
                json!("opted-in"),
                json!("accepted"),
                json!(true),
                json!(1),
                json!(1.0),
                json!("1.0"),
                json!(null),
                json!(" "),
                json!({}),
                json!([]),
                json!({ "state": "granted" }),
            ] {
                assert_eq!(place(json!({ field: yes })), None, "{field}: {yes}");
            }
        }
        let note = json!({ "key": null, "name": "Marketing Consent", "value": "opted_out" });
        let order = json!({ "note_attributes": [note] });
        assert_eq!(place(order).as_deref(), Some("data[0].note_attributes[0].value"));
        // `consent` may be about something else: only a clear no counts.
        for no in ["rejected", "opt_out", "withdrawn", "refused", "n", "off", "DENIED", "none"] {
            assert_eq!(place(json!({ "consent": no })).as_deref(), Some("data[0].consent"), "{no}");
        }
        for other in ["2", "v1.3", "unknown", "CPzHq4APzHq4AAHABBENAuCsAP"] {
            assert_eq!(place(json!({ "consent": other })), None, "{other}");
        }
    }

    #[test]
    fn consent_as_json_text_is_read() {
        let no = "{\"Advertising\":false}";
        let whole = json!({ "categoryPreferences": { "Advertising": false } }).to_string();
        for (event, at) in [
            (json!({ "consent": no }), "consent"),
            (json!({ "consent": "{\"ad_storage\":\"denied\"}" }), "consent"),
            (json!({ "consent_state": " {\"ad_storage\":0.0}" }), "consent_state"),
            (json!({ "consent": { "categoryPreferences": no } }), "consent.categoryPreferences"),
            (
                json!({ "context": { "consent": { "categoryPreferences": no } } }),
                "context.consent.categoryPreferences",
            ),
            (json!({ "context": { "consent": whole } }), "context.consent.categoryPreferences"),
            (json!({ "context": { "consent": no } }), "context.consent"),
            (json!({ "customerPrivacy": "{\"marketingAllowed\":false}" }), "customerPrivacy"),
        ] {
            assert_eq!(place(event.clone()), Some(format!("data[0].{at}")), "{event}");
        }
        for event in [
            json!({ "consent": "{\"Advertising\":true,\"Analytics\":false}" }),
            json!({ "consent": "{\"Advertising\":" }),
            json!({ "consent": "{}" }),
        ] {
            assert_eq!(place(event.clone()), None, "{event}");
        }
    }

    #[test]
    fn a_detail_of_a_consent_is_no_category() {
        for consent in [
            json!({ "version": "2", "marketing_text": "We show ads.", "ads_updated_at": 17 }),
            json!({ "marketing_opt_out": false }),
            json!({ "meta": { "is_test": false }, "public_items": false }),
            json!({ "Kategorie 3": false }),
        ] {
            assert_eq!(place(json!({ "consent": consent })), None, "{consent}");
        }
        for consent in [
            json!({ "Targeted Ads": "rejected" }),
            json!({ "werbung": false }),
            json!({ "marketing_opt_out": true }),
        ] {
            assert!(place(json!({ "consent": consent })).is_some(), "{consent}");
        }
    }
}
