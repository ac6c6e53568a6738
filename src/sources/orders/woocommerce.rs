//! Reads an order of WooCommerce, as its REST API has it and its webhooks send it.
//!
//! A webhook shows the order at the moment of delivery. The status decides, because a signature does
//! not cover the topic. (Reference: `orders.md`, section 2)

use serde_json::{Map, Value};

use super::notes::by_name;
use super::{Sale, account, cancelled, id, names, not_an_order, refunded, text, unpaid};
use crate::event::{OrderMention, Problem};
use crate::sources::mapping::Table;

/// The states of an order that is not paid yet, or never will be.
const UNPAID: [&str; 8] =
    ["auto-draft", "checkout-draft", "draft", "failed", "new", "on-hold", "pending", "trash"];
/// The members that an order has and that a product, a coupon and a customer do not have.
const OF_ORDERS: [&str; 3] = ["line_items", "order_key", "total"];
/// The members that only a subscription has. It is a contract and not a sale.
const OF_SUBSCRIPTIONS: [&str; 2] = ["billing_interval", "billing_period"];
/// The status under which the table finds a paid order whose own status no row names.
const PAID: &str = "processing";
/// The notes with the id of the subscription that an order belongs to (WooCommerce Subscriptions).
const SUBSCRIPTIONS: [&str; 3] =
    ["_subscription_renewal", "_subscription_resubscribe", "_subscription_switch"];

/// Reads an order that is paid.
pub(super) fn sale(mut order: Map<String, Value>, table: &Table) -> Result<Sale, Problem> {
    let status = text(&order, "status").unwrap_or_default().to_ascii_lowercase();
    let status = status.strip_prefix("wc-").unwrap_or(&status);
    let has = |keys: &[&str]| keys.iter().any(|key| order.contains_key(*key));
    if id(&order, "id").is_none() || status.is_empty() || has(&OF_SUBSCRIPTIONS) {
        return Err(not_an_order());
    }
    let status = if table.has_row(status) {
        status
    } else {
        match status {
            "refunded" => return Err(refunded("status")),
            "cancelled" => return Err(cancelled("status")),
            _ if UNPAID.contains(&status) => return Err(unpaid("status")),
            _ if !has(&OF_ORDERS) => return Err(not_an_order()),
            // Plugins add states, such as "shipped". The date of payment then says that it is paid.
            _ if text(&order, "date_paid_gmt").is_some() => PAID,
            _ => return Err(unpaid("date_paid_gmt")),
        }
    }
    .to_owned();
    order.insert("status".to_owned(), status.into());
    prepare(&mut order);
    let meta = order.get("meta").and_then(Value::as_object).cloned().unwrap_or_default();
    let is_renewal = id(&meta, "_subscription_renewal").is_some()
        || text(&order, "created_via") == Some("subscription");
    if is_renewal {
        // Nobody is in a browser. The facts would be those of the first order, or of a server.
        for of_the_visitor in ["customer_ip_address", "customer_user_agent"] {
            order.remove(of_the_visitor);
        }
    }
    let subscriptions = SUBSCRIPTIONS.map(|note| account("subscription", id(&meta, note)));
    let customer = account("customer", id(&order, "customer_id"));
    let mention = OrderMention {
        names: names([id(&order, "id"), id(&order, "number")]),
        secrets: names([text(&order, "order_key").map(str::to_owned)]),
        accounts: subscriptions.into_iter().chain([customer]).flatten().collect(),
        is_renewal,
        is_id_derived: false,
    };
    Ok(Sale { body: Value::Object(order), order: mention, is_test: false, denied: None })
}

/// Adds `meta`, the notes of the order by their name, and leaves out the variation of products that
/// have none, which WooCommerce writes as 0.
pub(super) fn prepare(order: &mut Map<String, Value>) {
    let meta = by_name(order.get("meta_data"), "key");
    order.insert("meta".to_owned(), Value::Object(meta));
    let lines = order.get_mut("line_items").and_then(Value::as_array_mut);
    for line in lines.into_iter().flatten().filter_map(Value::as_object_mut) {
        if id(line, "variation_id").is_none() {
            line.remove("variation_id");
        }
    }
}
