//! Reads the orders of shops and the payments of payment providers, as their webhooks send them.
//!
//! The file of a shop says which bodies are a sale. It also adds to the body what the paths of a
//! table cannot express, such as an amount of minor units. The shop's table (`mapping/*.json`) then
//! converts the body to Meta's shape. (Reference: `orders.md`)

mod notes;
mod shopify;
mod stripe;
mod through;
mod woocommerce;

use serde_json::{Map, Value};

use super::fields::id_text;
use super::mapping::{Source, Table};
use crate::event::{OrderMention, Problem, consent};

pub use through::{Taken, event};

/// The maximum length of a name of an order, in bytes. The ids of all shops are far shorter.
const MAX_NAME_BYTES: usize = 256;

/// The code of a Stripe event that has no object. Stripe's settings have to be changed.
pub const THIN_EVENT: &str = "thin_event";

/// The shops and payment providers whose webhooks the worker knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shop {
    /// WooCommerce: the webhooks `order.created` and `order.updated`.
    WooCommerce,
    /// Shopify: the webhooks `orders/create` and `orders/paid`.
    Shopify,
    /// Stripe: the events of checkout sessions, payment intents and invoices.
    Stripe,
}

impl Shop {
    /// Every shop.
    pub const ALL: [Self; 3] = [Self::WooCommerce, Self::Shopify, Self::Stripe];

    /// Returns the shop with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shop| shop.name() == name)
    }

    /// Returns its name: the last part of its webhook's path.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WooCommerce => "woocommerce",
            Self::Shopify => "shopify",
            Self::Stripe => "stripe",
        }
    }

    /// Returns the source whose table converts its orders.
    #[must_use]
    pub const fn source(self) -> Source {
        match self {
            Self::WooCommerce => Source::WooCommerce,
            Self::Shopify => Source::ShopifyOrders,
            Self::Stripe => Source::Stripe,
        }
    }
}

/// A body that is a sale.
pub struct Sale {
    /// The body, with the members that the shop's file adds.
    pub body: Value,
    /// The order.
    pub order: OrderMention,
    /// True if no money was paid: an order of the shop's test mode.
    pub is_test: bool,
    /// The problem if the order says no to advertising. Nothing of it may be sent or stored.
    pub denied: Option<Problem>,
}

impl Sale {
    /// Reads the body of a shop's webhook. `topic` is the topic in the head of the request, if the
    /// shop sends one. The signature does not cover the head, so a topic can only leave a body out.
    ///
    /// # Errors
    /// A problem that says why the body is not a sale.
    pub fn of_shop(
        shop: Shop,
        body: Value,
        topic: Option<&str>,
        table: &Table,
    ) -> Result<Self, Problem> {
        // Most shops say it at one of these places.
        let denied = consent::denied(&body, "");
        let Value::Object(body) = body else { return Err(not_an_order()) };
        let sale = match shop {
            Shop::WooCommerce => woocommerce::sale(body, table),
            Shop::Shopify => shopify::sale(body, topic, table),
            Shop::Stripe => stripe::sale(body),
        }?;
        Ok(Self { denied: denied.or(sale.denied), ..sale })
    }

    /// Reads the body of any other webhook. Its table says which bodies are a sale.
    #[must_use]
    pub fn of_body(body: Value) -> Self {
        let denied = consent::denied(&body, "");
        Self { body, order: OrderMention::default(), is_test: false, denied }
    }
}

/// Adds the members that a source's table reads beside those that were sent. Does nothing for
/// sources whose events are read as they are.
pub fn prepare(source: Source, event: &mut Value) {
    if let (Source::WooCommerce, Value::Object(order)) = (source, event) {
        woocommerce::prepare(order);
    }
}

fn no_sale(code: &'static str, at: &str, message: &str) -> Problem {
    Problem::refused(code, at, message)
}

fn not_an_order() -> Problem {
    no_sale("not_an_order", "", "expected an order: this body is none, so it is no sale")
}

fn unpaid(at: &str) -> Problem {
    no_sale("order_unpaid", at, "expected a paid order: it counts once it is paid")
}

fn refunded(at: &str) -> Problem {
    let message = "expected a sale: Meta has no event for a refund";
    no_sale("order_refunded", at, message)
}

fn cancelled(at: &str) -> Problem {
    let message = "expected a sale: Meta has no event for a cancelled order";
    no_sale("order_cancelled", at, message)
}

/// Returns the value of a member as the text of an id. An id that is 0 is none.
fn id(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(id_text).filter(|id| id != "0")
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    object.get(key)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// Returns the names that are set, each once. A name with "#" is also a name without it.
fn names(given: impl IntoIterator<Item = Option<String>>) -> Vec<String> {
    let mut names = Vec::new();
    for name in given.into_iter().flatten() {
        let bare = name.trim_start_matches('#').to_owned();
        for name in [name, bare] {
            if !name.is_empty() && name.len() <= MAX_NAME_BYTES && !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// Returns the name of what later orders share with this one, such as `customer:12`.
fn account(kind: &str, id: Option<String>) -> Option<String> {
    id.map(|id| format!("{kind}:{id}"))
}
