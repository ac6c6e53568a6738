//! Mappings as data. A table says which event of another source becomes which event of Meta's, and
//! which fields are sent with it. A table is JSON that a marketer can read. An operator's
//! configuration can change it.

mod apply;
mod columns;
mod moments;
mod noted;
mod paths;
mod read;
mod template;
mod through;
mod unread;
mod value;

use serde::Deserialize;
use serde_json::Value;

pub use apply::{Applied, Field as MappedField, MappedFields, Notes};
pub use columns::Columns;
pub use moments::{Moments, SAME_MOMENT};
pub use noted::{Mapped, Origins};
pub use paths::Paths;
use paths::Place;
pub(super) use paths::first_key;
pub(super) use through::no_sale;
pub use through::through;
pub use value::{Found, Json, View};

/// The sources that have a table, by the name they have in a configuration and in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Segment's calls, eCommerce spec version 2.
    Segment,
    /// GA4's events, as `dataLayer`, gtag and a server container have them; also GTM4WP's for
    /// WooCommerce.
    Ga4,
    /// Shopify's customer events, as its Web Pixels API hands them out.
    Shopify,
    /// WooCommerce's orders, as its REST API has them and its webhooks send them.
    WooCommerce,
    /// Shopify's orders, as its webhooks send them.
    #[serde(rename = "shopify-orders")]
    ShopifyOrders,
    /// Stripe's events of payments.
    Stripe,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 6] = [
        Self::Segment,
        Self::Ga4,
        Self::Shopify,
        Self::WooCommerce,
        Self::ShopifyOrders,
        Self::Stripe,
    ];
    /// The sources that `POST {base}/events` takes. Segment's calls and the signed webhooks have
    /// their own addresses.
    pub const OF_EVENTS: [Self; 3] = [Self::Ga4, Self::Shopify, Self::WooCommerce];

    /// Returns the source of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }

    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Ga4 => "ga4",
            Self::Shopify => "shopify",
            Self::WooCommerce => "woocommerce",
            Self::ShopifyOrders => "shopify-orders",
            Self::Stripe => "stripe",
        }
    }

    /// Returns the columns and rows as JSON that only the worker reads, or `None`. The paths of
    /// these columns come before those of [`json`](Self::json). A page has no use for them, since it
    /// knows time, address and identifiers better, and does not load them.
    #[must_use]
    pub const fn json_of_worker(self) -> Option<&'static str> {
        match self {
            Self::Ga4 => Some(include_str!("ga4-server.json")),
            _ => None,
        }
    }

    /// Returns its own table as JSON.
    #[must_use]
    pub const fn json(self) -> &'static str {
        match self {
            Self::Segment => include_str!("segment.json"),
            Self::Ga4 => include_str!("ga4.json"),
            Self::Shopify => include_str!("shopify.json"),
            Self::WooCommerce => include_str!("woocommerce.json"),
            Self::ShopifyOrders => include_str!("shopify-orders.json"),
            Self::Stripe => include_str!("stripe.json"),
        }
    }
}

/// The handling of an event that no row names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unmapped {
    /// The event is left out.
    #[default]
    LeaveOut,
    /// The event becomes a custom event of the same name.
    Custom,
}

/// One source's table.
#[derive(Debug, Clone)]
pub struct Table {
    /// The paths of an event's name.
    pub name: Paths,
    /// The handling of an event that no row names.
    pub unmapped: Unmapped,
    /// The columns of every event.
    pub every_event: Columns,
    /// The columns of every product.
    pub product: Columns,
    /// The paths of the names that a template of a product's id may have besides the product's
    /// fields, such as `country`.
    pub parts: Columns,
    /// The rows.
    pub events: Vec<Row>,
    /// The columns of every event before an operator's changes. A field that they read is known,
    /// also if the operator leaves it out.
    pub known: Columns,
}

/// One event of the source.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name, in any case, without blanks around it. `None` if the call has no name, such as Segment's `page`.
    pub event: Option<String>,
    /// The kind of call, for a source with several. The default is Segment's `track`.
    pub call: String,
    /// Meta's event, standard or custom. `None` leaves the event out.
    pub becomes: Option<String>,
    /// The paths of its products: a list, or one product.
    pub products: Option<Paths>,
    /// The columns of this event. They win over the columns of every event.
    pub fields: Columns,
    /// The reason for which the event is left out. It is counted then.
    pub reason: Option<String>,
}

/// The reasons for which a row leaves an event out, each with the code of its counter.
pub(in crate::sources) const REASONS: [(&str, &str); 2] =
    [("refund", "order_refunded"), ("cancellation", "order_cancelled")];

/// An operator's changes of a table. All of them are optional.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The handling of an event that no row names.
    pub unmapped: Option<Unmapped>,
    /// The columns of every event. Each replaces the column with the same name.
    pub every_event: Columns,
    /// The columns of every product. Each replaces the column with the same name.
    pub product: Columns,
    /// The parts of templates. Each replaces the part with the same name.
    pub parts: Columns,
    /// The rows. Each replaces the row for the same event.
    pub events: Vec<Row>,
}

/// An error in a table, and its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError {
    /// The path of the error, such as `events[2].becomes`.
    pub path: String,
    /// A text that says what was expected.
    pub message: String,
}

/// Returns true for the code of an event that a row leaves out with a reason, or that says the same
/// as an earlier one.
#[must_use]
pub fn is_code_of_reason(code: &str) -> bool {
    code == SAME_MOMENT || REASONS.iter().any(|(_, known)| *known == code)
}

impl Table {
    /// Returns a source's own table with an operator's changes.
    ///
    /// # Errors
    /// A table that cannot be read.
    pub fn of(source: Source, changes: Changes) -> Result<Self, TableError> {
        let parsed = |json: &str| {
            serde_json::from_str::<Value>(json).map_err(|error| TableError {
                path: source.name().to_owned(),
                message: error.to_string(),
            })
        };
        let mut table = Self::read(&parsed(source.json())?)?;
        if let Some(json) = source.json_of_worker() {
            let of_worker = Changes::read(&parsed(json)?)?;
            table.every_event.put_before(of_worker.every_event);
            table.events.extend(of_worker.events);
        }
        table.known.clone_from(&table.every_event);
        Ok(table.changed(changes))
    }

    /// Returns the table with an operator's changes.
    #[must_use]
    pub fn changed(mut self, changes: Changes) -> Self {
        self.unmapped = changes.unmapped.unwrap_or(self.unmapped);
        self.every_event.set_all(changes.every_event);
        self.product.set_all(changes.product);
        self.parts.set_all(changes.parts);
        for row in changes.events {
            match self.events.iter_mut().find(|other| other.names_what(&row)) {
                Some(other) => *other = row,
                None => self.events.push(row),
            }
        }
        self
    }

    /// Returns every path that is read from a source, except those that are relative to a product.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let of_products = self.product.iter().chain(self.parts.iter());
        let of_products = of_products.flat_map(|(_, paths)| paths.all()).flat_map(|column| {
            let names = template::parts(column).flatten().chain([column.as_str()]);
            names.filter_map(|name| name.strip_prefix("$."))
        });
        let columns = self.events.iter().map(|row| &row.fields).chain([&self.every_event]);
        let columns = columns.flat_map(Columns::iter).map(|(_, paths)| paths);
        let products = self.events.iter().filter_map(|row| row.products.as_ref());
        columns
            .chain(products)
            .chain([&self.name])
            .flat_map(Paths::all)
            .map(String::as_str)
            .chain(of_products)
    }

    /// Returns true if a row says what becomes of this event. A row with a reason only names what is
    /// no sale.
    pub(in crate::sources) fn has_row(&self, event: &str) -> bool {
        self.row("track", Some(event))
            .is_some_and(|row| row.becomes.is_some() || row.reason.is_none())
    }

    /// Returns the vocabulary of an event; see [`Moments`].
    #[must_use]
    pub fn vocabulary<'a>(&'a self, source: &'a Value) -> Option<&'a str> {
        let (_, name) = self.name.find(Place::event(&|key| source.field(key)))?;
        name.view().text().map(moments::vocabulary)
    }

    /// Returns the code of the counter for an event that a row leaves out with a reason.
    #[must_use]
    pub fn left_out_as(&self, call: &str, source: &Value) -> Option<&'static str> {
        let (_, name) = self.name.find(Place::event(&|key| source.field(key)))?;
        let row = self.row(call, name.view().text().map(str::trim))?;
        let reason = row.reason.as_ref().filter(|_| row.becomes.is_none())?;
        REASONS.iter().find(|(name, _)| name == reason).map(|(_, code)| *code)
    }

    /// Returns the row of an event, by its name without blanks around it.
    fn row(&self, call: &str, event: Option<&str>) -> Option<&Row> {
        self.events.iter().find(|row| {
            row.call == call
                && match (&row.event, event) {
                    (Some(name), Some(event)) => name.eq_ignore_ascii_case(event),
                    (None, _) => true,
                    (Some(_), None) => false,
                }
        })
    }
}

impl Row {
    fn names_what(&self, other: &Self) -> bool {
        self.call == other.call
            && match (&self.event, &other.event) {
                (Some(name), Some(other)) => name.eq_ignore_ascii_case(other),
                (name, other) => name == other,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_table_reads() {
        for source in Source::ALL {
            let table = Table::of(source, Changes::default()).unwrap();
            assert!(!table.events.is_empty(), "{}", source.name());
        }
    }

    #[test]
    fn a_changed_row_takes_the_place_of_the_row_for_the_same_event() {
        let changes = json!({ "events": [
            { "event": " PURCHASE ", "becomes": "Donate" },
            { "event": "quiz", "becomes": "Lead" },
        ] });
        let own = Table::of(Source::Ga4, Changes::default()).unwrap().events.len();
        let table = Table::of(Source::Ga4, Changes::read(&changes).unwrap()).unwrap();
        assert_eq!(table.events.len(), own + 1);
        let becomes =
            |event| table.row("track", Some(event)).and_then(|row| row.becomes.as_deref());
        assert_eq!((becomes("purchase"), becomes("Quiz")), (Some("Donate"), Some("Lead")));
    }
}
