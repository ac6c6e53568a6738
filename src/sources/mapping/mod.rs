//! Mappings as data. A table says which event of another source becomes which event of Meta's, and
//! which fields are sent with it. A table is JSON that a marketer can read. An operator's
//! configuration can change it.

mod apply;
mod columns;
mod paths;
mod read;
mod through;

use serde::Deserialize;
use serde_json::Value;

pub use apply::{Applied, Mapped, Origins, Parse};
pub use columns::Columns;
pub use paths::Paths;
pub use through::through;

use crate::customer::Field;
use crate::event::{HASHED_BY_SENDER, Unhashed};

/// Meta's fields of an event that a column may fill, besides `user_data.…` and `custom_data.…`.
const EVENT_FIELDS: [&str; 6] =
    ["event_id", "event_time", "event_source_url", "referrer_url", "action_source", "opt_out"];
/// Meta's fields of a product in `contents` (Meta, "Custom Data Parameters").
const PRODUCT_FIELDS: [&str; 7] =
    ["id", "quantity", "item_price", "title", "brand", "category", "delivery_category"];
/// The fields of a visitor that Meta takes as they are, besides [`Unhashed`].
const OF_A_VISITOR: [&str; 4] = ["client_ip_address", "client_user_agent", "fbp", "fbc"];

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
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 4] = [Self::Segment, Self::Ga4, Self::Shopify, Self::WooCommerce];
    /// The sources that `POST {base}/events` takes. Segment's calls have their own address.
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
    /// The rows.
    pub events: Vec<Row>,
}

/// One event of the source.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name, in any case. `None` if the call has no name, such as Segment's `page`.
    pub event: Option<String>,
    /// The kind of call, for a source with several. The default is Segment's `track`.
    pub call: String,
    /// Meta's event, standard or custom. `None` leaves the event out.
    pub becomes: Option<String>,
    /// The paths of its products: a list, or one product.
    pub products: Option<Paths>,
    /// The columns of this event. They win over the columns of every event.
    pub fields: Columns,
}

/// An operator's changes of a table. All of them are optional.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The handling of an event that no row names.
    pub unmapped: Option<Unmapped>,
    /// The columns of every event. Each replaces the column with the same name.
    pub every_event: Columns,
    /// The columns of every product. Each replaces the column with the same name.
    pub product: Columns,
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

impl Table {
    /// Returns a source's own table with an operator's changes.
    ///
    /// # Errors
    /// A column for which Meta has no field, or an event name that Meta does not take.
    pub fn of(source: Source, changes: &Changes) -> Result<Self, TableError> {
        let json: Value = serde_json::from_str(source.json()).map_err(|error| TableError {
            path: source.name().to_owned(),
            message: error.to_string(),
        })?;
        Self::read(&json)?.changed(changes)
    }

    /// Returns the table with an operator's changes.
    ///
    /// # Errors
    /// As [`Table::of`].
    pub fn changed(mut self, changes: &Changes) -> Result<Self, TableError> {
        changes.check()?;
        if let Some(unmapped) = changes.unmapped {
            self.unmapped = unmapped;
        }
        for (own, changed) in
            [(&mut self.every_event, &changes.every_event), (&mut self.product, &changes.product)]
        {
            changed.iter().for_each(|(field, paths)| own.set(field, paths.clone()));
        }
        for row in &changes.events {
            self.events.retain(|other| !other.names_what(row));
            self.events.push(row.clone());
        }
        Ok(self)
    }

    /// Returns every path that is read from a source, except those that are relative to a product.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let columns = self.events.iter().map(|row| &row.fields).chain([&self.every_event]);
        let columns = columns.flat_map(Columns::iter).map(|(_, paths)| paths);
        let products = self.events.iter().filter_map(|row| row.products.as_ref());
        columns.chain(products).chain([&self.name]).flat_map(Paths::all).map(String::as_str)
    }

    /// Returns the row of an event.
    fn row(&self, call: &str, event: Option<&str>) -> Option<&Row> {
        self.events.iter().find(|row| {
            row.call == call
                && match (&row.event, event) {
                    (Some(name), Some(event)) => name.eq_ignore_ascii_case(event.trim()),
                    (None, _) => true,
                    (Some(_), None) => false,
                }
        })
    }
}

impl Row {
    fn names_what(&self, other: &Self) -> bool {
        let name = |row: &Self| row.event.as_ref().map(|event| event.trim().to_ascii_lowercase());
        self.call == other.call && name(self) == name(other)
    }
}

impl Changes {
    fn check(&self) -> Result<(), TableError> {
        check_columns(&self.every_event, "everyEvent")?;
        for (key, _) in self.product.iter() {
            if !PRODUCT_FIELDS.contains(&key) {
                let expected = format!("expected one of {}", PRODUCT_FIELDS.join(", "));
                return Err(TableError { path: format!("product.{key}"), message: expected });
            }
        }
        for (index, row) in self.events.iter().enumerate() {
            let error = |field: &str, message: &str| TableError {
                path: format!("events[{index}].{field}"),
                message: message.to_owned(),
            };
            if row.call == "track" && row.event.as_ref().is_none_or(|name| name.trim().is_empty()) {
                return Err(error("event", "expected the event's name at the source"));
            }
            if let Some(name) = &row.becomes
                && !(1..=50).contains(&name.trim().chars().count())
            {
                return Err(error(
                    "becomes",
                    "expected Meta's name for it, 1 to 50 characters, or null",
                ));
            }
            check_columns(&row.fields, &format!("events[{index}].fields"))?;
        }
        Ok(())
    }
}

fn check_columns(columns: &Columns, path: &str) -> Result<(), TableError> {
    for (key, _) in columns.iter() {
        let known = match key.split_once('.') {
            Some(("custom_data", field)) => !field.is_empty() && !field.contains('.'),
            Some(("user_data", field)) => {
                Field::from_key(field).is_some()
                    || Unhashed::from_key(field).is_some()
                    || HASHED_BY_SENDER.contains(&field)
                    || OF_A_VISITOR.contains(&field)
            }
            _ => EVENT_FIELDS.contains(&key),
        };
        if !known {
            let message = format!(
                "expected a field of Meta's: {}, user_data.… or custom_data.…",
                EVENT_FIELDS.join(", ")
            );
            return Err(TableError { path: format!("{path}.{key}"), message });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_reads_and_names_only_fields_that_meta_has() {
        for source in Source::ALL {
            let table = Table::of(source, &Changes::default()).unwrap();
            let Table { every_event, product, events, .. } = table;
            let all = Changes { unmapped: None, every_event, product, events };
            assert_eq!(all.check(), Ok(()), "{}", source.name());
        }
    }

    #[test]
    fn a_change_that_meta_has_no_field_for_is_named_by_its_path() {
        let path = |json| {
            let changes = Changes::read(&serde_json::from_str(json).unwrap()).unwrap();
            Table::of(Source::Segment, &changes).unwrap_err().path
        };
        assert_eq!(path(r#"{"everyEvent":{"user_data.email":"x"}}"#), "everyEvent.user_data.email");
        assert_eq!(path(r#"{"product":{"sku":"x"}}"#), "product.sku");
        assert_eq!(path(r#"{"events":[{"event":"A","becomes":""}]}"#), "events[0].becomes");
        assert_eq!(path(r#"{"events":[{"becomes":"Lead"}]}"#), "events[0].event");
        assert_eq!(
            path(r#"{"events":[{"event":"A","becomes":"B","fields":{"value":"x"}}]}"#),
            "events[0].fields.value"
        );
    }
}
