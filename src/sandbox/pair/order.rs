//! Checks and compares custom data: value, currency, contents, order. Source: `events.md` section 5.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Findings;
use super::half::Half;
use crate::event::is_currency;

const VALUE: &str = "custom_data.value";
const CURRENCY: &str = "custom_data.currency";

pub(super) fn check(browser: Option<&Half<'_>>, server: Option<&Half<'_>>, found: &mut Findings) {
    // The checks on the server's copy have refused these mistakes already.
    if let Some(browser) = browser {
        alone(browser, found);
    }
    let (Some(browser), Some(server)) = (browser, server) else { return };
    match (browser.custom("value"), server.custom("value")) {
        (Some(one), Some(other)) if number(one) != number(other) => found.error(
            VALUE,
            "The values of the copies differ.",
            "Compute the value once, and send it in both copies.",
        ),
        (Some(_), None) => one_side(VALUE, "browser", "value", found),
        (None, Some(_)) => one_side(VALUE, "server", "value", found),
        _ => {}
    }
    match (currency(browser), currency(server)) {
        (Some(one), Some(other)) if one != other => found.error(
            CURRENCY,
            "The currencies of the copies differ.",
            "Send the currency of the order in both copies.",
        ),
        (Some(_), None) => one_side(CURRENCY, "browser", "currency", found),
        (None, Some(_)) => one_side(CURRENCY, "server", "currency", found),
        _ => {}
    }
    let (one, other) = (products(browser), products(server));
    if !one.is_empty() && !other.is_empty() && one != other {
        found.warning(
            "custom_data.contents",
            "The copies name different products.",
            "Send the ids of the catalogue in both copies.",
        );
    }
    let (one, other) = (browser.custom("order_id"), server.custom("order_id"));
    if let (Some(one), Some(other)) = (one, other)
        && text(one) != text(other)
    {
        found.warning(
            "custom_data.order_id",
            "The order ids of the copies differ.",
            "Send the shop's order id in both copies.",
        );
    }
}

fn one_side(field: &str, whose: &str, what: &str, found: &mut Findings) {
    found.warning(
        field,
        format!("Only the {whose}'s copy carries a {what}."),
        format!("Send the {what} in both copies: Meta may keep either of them."),
    );
}

/// Checks a browser's copy. The pixel sends it, whatever it holds.
fn alone(browser: &Half<'_>, found: &mut Findings) {
    let (value, code) = (browser.custom("value"), browser.custom("currency"));
    let is_purchase = browser.event_name == Some("Purchase");
    let fix = "Send value as a number and currency as a code of ISO 4217: {value: 59.9, currency: \"EUR\"}.";
    match value {
        None if is_purchase => found.error(VALUE, "The browser's Purchase carries no value.", fix),
        Some(value) if number(value).is_none() => {
            found.error(VALUE, "The browser's value is not a number.", fix);
        }
        _ => {}
    }
    match code {
        None if is_purchase => {
            found.error(CURRENCY, "The browser's Purchase carries no currency.", fix);
        }
        None if value.is_some() => {
            found.error(CURRENCY, "The browser's copy carries a value without a currency.", fix);
        }
        Some(code)
            if !code.as_str().is_some_and(|code| is_currency(&code.to_ascii_uppercase())) =>
        {
            found.error(CURRENCY, "The browser's currency is no code of ISO 4217.", fix);
        }
        _ => {}
    }
}

fn currency(half: &Half<'_>) -> Option<String> {
    half.custom("currency").and_then(Value::as_str).map(str::to_ascii_uppercase)
}

/// Returns a number, also from text: the pixel sends all values as text.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        value => value.as_f64(),
    }
}

/// Returns the ids of `contents` and `content_ids`.
fn products(half: &Half<'_>) -> BTreeSet<String> {
    let list = |key| half.custom(key).and_then(Value::as_array).into_iter().flatten();
    let contents = list("contents").filter_map(|content| content.get("id"));
    contents.chain(list("content_ids")).filter_map(text).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
