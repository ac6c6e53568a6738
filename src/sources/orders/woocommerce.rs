//! Reads an order of WooCommerce, as its REST API has it and its webhooks send it.
//!
//! A webhook shows the order at the moment of delivery. The status decides, because a signature does
//! not cover the topic. (Reference: `orders.md`, section 2)

use serde_json::{Map, Value};

use super::notes::by_name;
use super::{Sale, account, cancelled, id, names, no_sale, not_an_order, refunded, text, unpaid};
use crate::event::{OrderMention, Problem};
use crate::sources::mapping::Table;
use crate::sources::moment::moment;

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

/// The time after the sale from which a change of the order is no news, in seconds. The worker and
/// Meta recognise a second copy for 48 hours. (Meta, "Deduplicate Pixel and Server Events")
const MAX_CHANGE_AFTER_SALE_SECONDS: i64 = 47 * 60 * 60;
/// The method of payment with which an order counts when it is placed. It is paid at delivery.
const CASH_ON_DELIVERY: &str = "cod";

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
    if has_changed_later(&order) {
        let message = "expected a new sale: this order was sent when it was paid, and has changed more than 47 hours later";
        return Err(no_sale("order_changed_later", "date_modified_gmt", message));
    }
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

/// Returns true for a change long after the sale, such as the shipping of the order. WooCommerce sends
/// the order for each change, and the worker got it when it was paid. By now nobody would recognise
/// the second copy.
fn has_changed_later(order: &Map<String, Value>) -> bool {
    let at = |key: &str| order.get(key).and_then(moment);
    let placed = at("date_created_gmt");
    let sold = match text(order, "payment_method") {
        Some(CASH_ON_DELIVERY) => placed,
        _ => at("date_paid_gmt").or(placed),
    };
    let age = at("date_modified_gmt").zip(sold).map(|(changed, sold)| changed.saturating_sub(sold));
    age.is_some_and(|age| age > MAX_CHANGE_AFTER_SALE_SECONDS)
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
