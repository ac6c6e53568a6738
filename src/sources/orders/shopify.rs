//! Reads an order of Shopify in the shape of its REST API, which its webhooks send.
//! (Reference: `orders.md`, section 3)

use serde_json::{Map, Value, json};

use super::notes::by_name;
use super::{Sale, account, cancelled, id, names, no_sale, not_an_order, refunded, text, unpaid};
use crate::event::{OrderMention, Problem};
use crate::sources::mapping::Table;

/// The topics of new sales. The others repeat an order that changed, also days after the sale.
const TOPICS: [&str; 2] = ["orders/create", "orders/paid"];
/// The channel of sales in person.
const POINT_OF_SALE: &str = "pos";
/// The channel of a subscription's renewals.
const RENEWALS: &str = "subscription_contract";

/// Reads an order that is paid. Adds `notes`, the note attributes by their name, and `sale` with the
/// amount and the currency that the buyer saw and with the action source. Each line gets
/// `buyer_price`, its price in that currency.
pub(super) fn sale(
    mut order: Map<String, Value>,
    topic: Option<&str>,
    table: &Table,
) -> Result<Sale, Problem> {
    if order.contains_key("refund_line_items") {
        return Err(refunded("refund_line_items"));
    }
    let status = text(&order, "financial_status").unwrap_or_default().to_ascii_lowercase();
    if id(&order, "id").is_none() || status.is_empty() {
        return Err(not_an_order());
    }
    if topic.is_some_and(|topic| !TOPICS.contains(&topic.trim())) {
        let message = "expected the topic \"orders/paid\" or \"orders/create\": other topics repeat orders that changed";
        return Err(no_sale("topic_not_used", "", message));
    }
    if order.get("cancelled_at").is_some_and(|at| !at.is_null()) {
        return Err(cancelled("cancelled_at"));
    }
    if !table.has_row(&status) {
        return Err(match status.as_str() {
            "refunded" | "partially_refunded" => refunded("financial_status"),
            "voided" => cancelled("financial_status"),
            _ => unpaid("financial_status"),
        });
    }
    let is_test = order.get("test").and_then(Value::as_bool) == Some(true);
    let channel = text(&order, "source_name").unwrap_or_default();
    let is_renewal = channel == RENEWALS;
    let action_source =
        if channel == POINT_OF_SALE { "physical_store" } else { "system_generated" };
    let (value, currency) = amount(&order);
    let sale = json!({ "value": value, "currency": currency, "action_source": action_source });
    let notes = by_name(order.get("note_attributes"), "name");
    prices(&mut order, currency.as_str().unwrap_or_default());
    order.insert("sale".to_owned(), sale);
    order.insert("notes".to_owned(), Value::Object(notes));
    if is_renewal || action_source == "physical_store" {
        for of_a_browser in ["browser_ip", "client_details"] {
            order.remove(of_a_browser);
        }
    }
    let customer = order.get("customer").and_then(Value::as_object);
    let mention = OrderMention {
        names: names(["id", "name", "order_number"].map(|key| id(&order, key))),
        secrets: names(["checkout_token", "cart_token", "token"].map(|key| id(&order, key))),
        accounts: customer
            .and_then(|customer| account("customer", id(customer, "id")))
            .into_iter()
            .collect(),
        is_renewal,
        is_id_derived: false,
    };
    Ok(Sale { body: Value::Object(order), order: mention, is_test, denied: None })
}

/// Returns the amount and the currency of the order, both of the buyer, or both of the shop. A
/// buyer's amount without its currency is not used.
fn amount(order: &Map<String, Value>) -> (Value, Value) {
    if let Some((amount, currency)) = buyers(order.get("total_price_set")) {
        return (amount.clone(), currency.clone());
    }
    let of_shop = |key: &str| order.get(key).cloned().unwrap_or_default();
    (of_shop("total_price"), of_shop("currency"))
}

/// Returns what the buyer saw: `{"presentment_money": {"amount", "currency_code"}}`.
fn buyers(set: Option<&Value>) -> Option<(&Value, &Value)> {
    let money = set?.get("presentment_money")?;
    let filled = |key: &str| money.get(key).filter(|value| !value.is_null());
    Some((filled("amount")?, filled("currency_code")?))
}

/// Adds the price of each line in this currency. Without such a price a line gets none, because a
/// product must have the currency of the event's value.
fn prices(order: &mut Map<String, Value>, currency: &str) {
    let is_of_shop = text(order, "currency") == Some(currency);
    let lines = order.get_mut("line_items").and_then(Value::as_array_mut);
    for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
        let price = match buyers(line.get("price_set")) {
            Some((amount, code)) if code.as_str() == Some(currency) => Some(amount),
            _ if is_of_shop => line.get("price"),
            _ => None,
        };
        if let Some(price) = price.cloned() {
            line.insert("buyer_price".to_owned(), price);
        }
    }
}
