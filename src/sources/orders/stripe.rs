//! Reads an event of Stripe: the payment of a checkout session, of a payment intent or of an invoice.
//! (Reference: `orders.md`, section 4)

use serde_json::{Map, Value, json};

use super::{Sale, THIN_EVENT, account, id, names, no_sale, not_an_order, refunded, text, unpaid};
use crate::event::{OrderMention, Problem, consent};

/// The currencies whose amounts have no minor units at Stripe. Stripe's list also has `UGX`, but
/// Stripe writes its amounts with two zeros, as it does for `ISK`. (Stripe, "Supported currencies")
const WITHOUT_MINOR_UNITS: [&str; 15] = [
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
    "XOF", "XPF",
];
/// The currencies with a thousand minor units.
const WITH_THOUSANDTHS: [&str; 5] = ["BHD", "JOD", "KWD", "OMR", "TND"];

/// The members of metadata that belong to one visit and not to a subscription's later payments.
const OF_ONE_VISIT: [&str; 5] =
    ["client_ip_address", "client_user_agent", "event_id", "order_id", "page"];

/// Reads an event that is a sale. Adds `sale`: the name of its row in the table, the amount with its
/// currency, the order's id, the parts of the name, and the metadata.
pub(super) fn sale(mut event: Map<String, Value>) -> Result<Sale, Problem> {
    match text(&event, "object") {
        Some("event") => {}
        Some("v2.core.event") => {
            let message = "expected an event with its object: choose \"Snapshot\" as the payload style of this destination in Stripe";
            return Err(no_sale(THIN_EVENT, "object", message));
        }
        _ => return Err(not_an_order()),
    }
    let kind = text(&event, "type").unwrap_or_default().to_owned();
    let object = event.get("data").and_then(|data| data.get("object")).and_then(Value::as_object);
    let Some(object) = object else { return Err(not_an_order()) };
    let Paid { row, amount, is_renewal } = paid(&kind, object)?;
    let currency = text(object, "currency").unwrap_or_default().to_ascii_uppercase();
    let metadata = metadata(object, is_renewal);
    let denied = consent::place_of_no(&metadata)
        .map(|place| consent::problem("data.object.metadata", &place));
    let reference = text(object, "client_reference_id").map(str::to_owned);
    let order_id = reference.or_else(|| id(&metadata, "order_id"));
    // The same for the session and for the payment intent of one payment.
    let payment = linked(object, "payment_intent").filter(|_| kind.starts_with("checkout."));
    let own = id(object, "id");
    let (first_name, last_name) = name(object).unzip();
    let sale = json!({
        "name": row,
        "value": object.get(amount).and_then(|amount| in_major_units(amount, &currency)),
        "currency": currency,
        "order_id": order_id.clone().or_else(|| payment.clone()).or_else(|| own.clone()),
        "first_name": first_name,
        "last_name": last_name,
        "metadata": &metadata,
    });
    let subscription = linked(object, "subscription")
        .or_else(|| id(subscription_details(object)?, "subscription"));
    let order = OrderMention {
        names: names([order_id]),
        // Success pages have the session's id or the intent's id in their address.
        secrets: names([own, payment]),
        accounts: [
            account("subscription", subscription),
            account("customer", linked(object, "customer")),
        ]
        .into_iter()
        .flatten()
        .collect(),
        is_renewal,
        is_id_derived: false,
    };
    let is_test = event.get("livemode").and_then(Value::as_bool) != Some(true);
    event.insert("sale".to_owned(), sale);
    Ok(Sale { body: Value::Object(event), order, is_test, denied })
}

/// The facts of a paid object that decide how it is read.
struct Paid {
    /// The name of its row in the table.
    row: String,
    /// The member with the amount.
    amount: &'static str,
    is_renewal: bool,
}

/// Returns the facts of an object that is paid. Several events can be about one payment, and only
/// one of them is the sale.
fn paid(kind: &str, object: &Map<String, Value>) -> Result<Paid, Problem> {
    let row = kind.to_owned();
    match kind {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            if text(object, "mode") == Some("setup") {
                return Err(not_an_order());
            }
            match text(object, "payment_status") {
                Some("paid") => above_zero(object, "amount_total")?,
                Some("no_payment_required") => return Err(without_payment("payment_status")),
                _ => return Err(unpaid("data.object.payment_status")),
            }
            Ok(Paid { row, amount: "amount_total", is_renewal: false })
        }
        "payment_intent.succeeded" => {
            if object.get("invoice").is_some_and(|invoice| !invoice.is_null()) {
                return Err(told_by("data.object.invoice", "invoice.paid"));
            }
            above_zero(object, "amount_received")?;
            Ok(Paid { row, amount: "amount_received", is_renewal: false })
        }
        "invoice.paid" => {
            above_zero(object, "amount_paid")?;
            let reason = text(object, "billing_reason").unwrap_or_default();
            if reason == "subscription_create" {
                let at = "data.object.billing_reason";
                return Err(told_by(at, "checkout.session.completed"));
            }
            // The table has a row for renewals. An operator may add rows for the other reasons.
            let row = format!("{kind} {reason}");
            Ok(Paid { row, amount: "amount_paid", is_renewal: reason == "subscription_cycle" })
        }
        "charge.refunded" | "refund.created" => Err(refunded("type")),
        "checkout.session.async_payment_failed" | "payment_intent.payment_failed" => {
            Err(unpaid("type"))
        }
        _ => Err(not_an_order()),
    }
}

fn above_zero(object: &Map<String, Value>, amount: &str) -> Result<(), Problem> {
    // An amount that is absent or below zero is a mistake, which the rules name.
    if object.get(amount).and_then(Value::as_i64) == Some(0) {
        return Err(without_payment(amount));
    }
    Ok(())
}

fn without_payment(at: &str) -> Problem {
    let message = "expected a payment: nothing was paid, as in a trial";
    no_sale("nothing_paid", &format!("data.object.{at}"), message)
}

fn told_by(at: &str, event: &str) -> Problem {
    let message = format!("expected another event: \"{event}\" tells of this payment");
    no_sale("told_by_another_event", at, &message)
}

/// Returns the metadata. An invoice also has that of its subscription, without the members that
/// belong to the visit in which the subscription began.
fn metadata(object: &Map<String, Value>, is_renewal: bool) -> Map<String, Value> {
    let of = |object: &Map<String, Value>| {
        object.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default()
    };
    let mut all = subscription_details(object).map(of).unwrap_or_default();
    OF_ONE_VISIT.iter().for_each(|key| drop(all.remove(*key)));
    let mut own = of(object);
    if is_renewal {
        for of_a_browser in ["client_ip_address", "client_user_agent", "page"] {
            own.remove(of_a_browser);
        }
    }
    all.extend(own);
    all
}

/// Returns the details of an invoice's subscription. Since 2025-03-31 they are below `parent`.
fn subscription_details(object: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let parent = object.get("parent").and_then(|parent| parent.get("subscription_details"));
    object.get("subscription_details").filter(|details| details.is_object()).or(parent)?.as_object()
}

/// Returns the id of a linked object. Stripe writes the id, or the object if it is expanded.
fn linked(object: &Map<String, Value>, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::Object(linked) => id(linked, "id"),
        _ => id(object, key),
    }
}

/// Splits the customer's name if it has exactly two words. A longer name could be split at any
/// place.
fn name(object: &Map<String, Value>) -> Option<(String, String)> {
    let details = object.get("customer_details").and_then(Value::as_object);
    let shipping = object.get("shipping").and_then(Value::as_object);
    let name = details
        .and_then(|details| text(details, "name"))
        .or_else(|| text(object, "customer_name"))
        .or_else(|| text(shipping?, "name"))?;
    let mut words = name.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(first), Some(last), None) => Some((first.to_owned(), last.to_owned())),
        _ => None,
    }
}

/// Returns an amount in minor units as decimal text in the currency's own unit. The point is set in
/// the digits, so that no double rounds the amount.
fn in_major_units(amount: &Value, currency: &str) -> Option<String> {
    let amount = amount.as_i64()?;
    let decimals = match currency {
        _ if WITHOUT_MINOR_UNITS.contains(&currency) => return Some(amount.to_string()),
        _ if WITH_THOUSANDTHS.contains(&currency) => 3,
        _ => 2,
    };
    let sign = if amount < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", amount.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at_checked(digits.len() - decimals)?;
    Some(format!("{sign}{whole}.{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values are those of `orders.md`, section 4.4.
    #[test]
    fn an_amount_has_the_minor_units_that_stripe_gives_its_currency() {
        for (amount, currency, expected) in [
            (4250, "EUR", "42.50"),
            (1200, "JPY", "1200"),
            (1200, "ISK", "12.00"),
            (500, "UGX", "5.00"),
            (1200, "KWD", "1.200"),
            (5, "EUR", "0.05"),
            (5, "KWD", "0.005"),
            (0, "EUR", "0.00"),
            (-1999, "EUR", "-19.99"),
            (1999, "HUF", "19.99"),
            (i64::MIN, "EUR", "-92233720368547758.08"),
        ] {
            let found = in_major_units(&json!(amount), currency);
            assert_eq!(found.as_deref(), Some(expected), "{amount} {currency}");
        }
        assert_eq!(in_major_units(&json!(1.5), "EUR"), None);
        assert_eq!(in_major_units(&json!("100"), "EUR"), None);
    }

    #[test]
    fn a_name_is_split_if_it_has_two_words() {
        let of = |name: &str| {
            let object = json!({ "customer_name": name });
            super::name(object.as_object().unwrap())
        };
        assert_eq!(of(" Lea  Brandt "), Some(("Lea".to_owned(), "Brandt".to_owned())));
        for other in ["Yuki", "Ana de Silva", ""] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
