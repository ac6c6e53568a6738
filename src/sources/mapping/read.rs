//! Reads a table, and an operator's changes of it, from JSON. An error names its path.
//!
//! It does not use serde's derive: a page reads its table with the same code.

use std::borrow::Cow;

use super::template::{is_sound, is_template};
use super::value::{Json, View, elements};
use super::{Changes, Columns, Paths, REASONS, Row, Table, TableError, Unmapped, first_key};
use crate::customer::Field;
use crate::event::{HASHED_BY_SENDER, Unhashed};

/// The keys that a table and its changes have in common.
const CHANGES: [&str; 5] = ["unmapped", "everyEvent", "product", "parts", "events"];
const TABLE: [&str; 6] = ["unmapped", "everyEvent", "product", "parts", "events", "name"];
const ROW: [&str; 6] = ["event", "call", "becomes", "products", "fields", "reason"];
/// Meta's fields of an event that a column may fill, besides `user_data.…` and `custom_data.…`.
const EVENT_FIELDS: [&str; 7] = [
    "event_id",
    "event_time",
    "event_source_url",
    "referrer_url",
    "action_source",
    "opt_out",
    "customer_segmentation",
];
/// Meta's fields of a product in `contents` (Meta, "Custom Data Parameters").
const PRODUCT_FIELDS: [&str; 7] =
    ["id", "quantity", "item_price", "title", "brand", "category", "delivery_category"];
/// The end of the path of the one column that may be a template.
const PRODUCT_ID: &str = "product.id";
const TEMPLATE: &str =
    "a path, or for the id of a product a template such as \"{sku}_{variation_id|product_id}\"";
/// The most characters of an event's name (ours; Meta documents no limit).
const MAX_NAME_CHARACTERS: usize = 50;
/// The fields of a visitor that Meta takes as they are, besides [`Unhashed`].
const OF_A_VISITOR: [&str; 4] = ["client_ip_address", "client_user_agent", "fbp", "fbc"];

/// The fields that a column may fill, as an error names them.
const FIELDS: &str = "a field of Meta's: event_id, event_time, event_source_url, \
    referrer_url, action_source, opt_out, customer_segmentation, user_data.… or custom_data.…";

impl Changes {
    /// Reads an operator's changes.
    ///
    /// # Errors
    /// The first error: a misspelt key, a wrong type, or a field that Meta does not have.
    pub fn read<'a, J: Json<'a>>(json: J) -> Result<Self, TableError> {
        let mut reader = Reader::default();
        reader.keys(json, &CHANGES);
        let changes = reader.changes(json);
        reader.error.map_or(Ok(changes), Err)
    }
}

impl Table {
    /// Reads a whole table.
    ///
    /// # Errors
    /// As [`Changes::read`].
    pub fn read<'a, J: Json<'a>>(json: J) -> Result<Self, TableError> {
        let mut reader = Reader::default();
        reader.keys(json, &TABLE);
        let Changes { unmapped, every_event, product, parts, events } = reader.changes(json);
        let name = reader.field(json, "name", Reader::paths).unwrap_or_default();
        let unmapped = unmapped.unwrap_or_default();
        let table =
            Self { name, unmapped, every_event, product, parts, events, known: Columns::default() };
        reader.error.map_or(Ok(table), Err)
    }
}

/// Reads values at a path. It goes on after an error, and keeps the first one.
#[derive(Default)]
struct Reader {
    path: String,
    error: Option<TableError>,
}

impl Reader {
    fn changes<'a, J: Json<'a>>(&mut self, json: J) -> Changes {
        self.object(json);
        Changes {
            unmapped: self.optional(json, "unmapped", Self::unmapped),
            every_event: self
                .field(json, "everyEvent", Self::columns_of_events)
                .unwrap_or_default(),
            product: self.field(json, "product", Self::columns_of_products).unwrap_or_default(),
            parts: self.field(json, "parts", Self::parts).unwrap_or_default(),
            events: self.field(json, "events", Self::rows).unwrap_or_default(),
        }
    }

    fn unmapped<'a, J: Json<'a>>(&mut self, json: J) -> Unmapped {
        match json.view() {
            View::Text("leaveOut") => Unmapped::LeaveOut,
            View::Text("custom") => Unmapped::Custom,
            _ => {
                self.expected("\"leaveOut\" or \"custom\"");
                Unmapped::default()
            }
        }
    }

    fn rows<'a, J: Json<'a>>(&mut self, json: J) -> Vec<Row> {
        if !matches!(json.view(), View::List(_)) {
            self.expected("a list");
        }
        let mut rows = Vec::new();
        for index in names(json) {
            if let Some(json) = json.field(&index) {
                rows.push(self.at(&["[", &index, "]"], |reader| reader.row(json)));
            }
        }
        rows
    }

    fn row<'a, J: Json<'a>>(&mut self, json: J) -> Row {
        self.keys(json, &ROW);
        let row = Row {
            event: self.optional(json, "event", Self::trimmed),
            call: self.optional(json, "call", Self::text).unwrap_or_else(|| "track".to_owned()),
            becomes: self.optional(json, "becomes", Self::event_name),
            products: self.optional(json, "products", Self::paths),
            fields: self.field(json, "fields", Self::columns_of_events).unwrap_or_default(),
            reason: self.optional(json, "reason", Self::reason),
        };
        if row.call == "track" && row.event.as_ref().is_none_or(String::is_empty) {
            self.at(&[".event"], |reader| reader.expected("the event's name at the source"));
        }
        row
    }

    fn reason<'a, J: Json<'a>>(&mut self, json: J) -> String {
        let reason = self.text(json);
        self.one_of(&REASONS.map(|(name, _)| name), &reason);
        reason
    }

    /// Reads Meta's name of an event.
    fn event_name<'a, J: Json<'a>>(&mut self, json: J) -> String {
        let name = self.text(json);
        // Every byte but those that continue a character.
        let characters = J::trimmed(&name).bytes().filter(|byte| byte & 0xc0 != 0x80).count();
        if !(1..=MAX_NAME_CHARACTERS).contains(&characters) {
            self.expected("Meta's name for it, 1 to 50 characters, or null");
        }
        name
    }

    fn columns_of_events<'a, J: Json<'a>>(&mut self, json: J) -> Columns {
        self.columns(json, |reader, key| {
            let is_known = match first_key(key) {
                ("custom_data", Some(field)) => !field.is_empty() && first_key(field).1.is_none(),
                ("user_data", Some(field)) => {
                    !J::CHECKS_USER_DATA
                        || Field::from_key(field).is_some()
                        || Unhashed::from_key(field).is_some()
                        || HASHED_BY_SENDER.contains(&field)
                        || OF_A_VISITOR.contains(&field)
                }
                _ => EVENT_FIELDS.contains(&key),
            };
            if !is_known {
                reader.expected(FIELDS);
            }
        })
    }

    fn columns_of_products<'a, J: Json<'a>>(&mut self, json: J) -> Columns {
        self.columns(json, |reader, key| reader.one_of(&PRODUCT_FIELDS, key))
    }

    fn parts<'a, J: Json<'a>>(&mut self, json: J) -> Columns {
        self.columns(json, |_, _| {})
    }

    fn columns<'a, J: Json<'a>>(&mut self, json: J, check: fn(&mut Self, &str)) -> Columns {
        self.object(json);
        let mut columns = Columns::default();
        for name in names(json) {
            let Some(value) = json.field(&name) else { continue };
            let paths = self.at(&[".", &name], |reader| {
                check(reader, &name);
                reader.paths(value)
            });
            columns.set(&name, paths);
        }
        columns
    }

    fn paths<'a, J: Json<'a>>(&mut self, json: J) -> Paths {
        let all: Option<Vec<&str>> = match json.view() {
            View::List(_) => elements(json).map(|one| one.view().text()).collect(),
            one => one.text().map(|one| vec![one]),
        };
        if all.is_none() {
            self.expected("a path such as \"properties.revenue\", or a list of such");
        }
        let all = all.unwrap_or_default();
        let is_of_id = self.path.ends_with(PRODUCT_ID);
        if all.iter().any(|column| is_template(column) && !(is_of_id && is_sound(column))) {
            self.expected(TEMPLATE);
        }
        Paths::of(all)
    }

    fn trimmed<'a, J: Json<'a>>(&mut self, json: J) -> String {
        J::trimmed(&self.text(json)).to_owned()
    }

    fn text<'a, J: Json<'a>>(&mut self, json: J) -> String {
        let text = json.view().text();
        if text.is_none() {
            self.expected("text");
        }
        text.unwrap_or_default().to_owned()
    }

    /// Reads a field, if the object has it.
    fn field<'a, J: Json<'a>, T>(
        &mut self,
        json: J,
        key: &str,
        read: fn(&mut Self, J) -> T,
    ) -> Option<T> {
        let json = json.field(key)?;
        Some(self.at(&[".", key], |reader| read(reader, json)))
    }

    /// Reads a field, if the object has it and it is not `null`.
    fn optional<'a, J: Json<'a>, T>(
        &mut self,
        json: J,
        key: &str,
        read: fn(&mut Self, J) -> T,
    ) -> Option<T> {
        match json.field(key)?.view() {
            View::Null => None,
            _ => self.field(json, key, read),
        }
    }

    fn object<'a, J: Json<'a>>(&mut self, json: J) {
        if !matches!(json.view(), View::Object(_)) {
            self.expected("an object");
        }
    }

    /// Checks an object for keys without a meaning.
    fn keys<'a, J: Json<'a>>(&mut self, json: J, known: &[&str]) {
        self.object(json);
        for key in names(json) {
            self.at(&[".", &key], |reader| reader.one_of(known, &key));
        }
    }

    fn one_of(&mut self, names: &[&str], name: &str) {
        if names.contains(&name) {
            return;
        }
        let mut what = String::from("one of");
        for (index, name) in names.iter().enumerate() {
            what.push_str(if index > 0 { ", " } else { " " });
            what.push_str(name);
        }
        self.expected(&what);
    }

    /// Reads at a path below this one.
    fn at<T>(&mut self, below: &[&str], read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        for part in below {
            self.path.push_str(part);
        }
        let value = read(self);
        self.path.truncate(length);
        value
    }

    fn expected(&mut self, what: &str) {
        if self.error.is_none() {
            let path = self.path.strip_prefix('.').unwrap_or(&self.path).to_owned();
            self.error = Some(TableError { path, message: "expected ".to_owned() + what });
        }
    }
}

fn names<'a, J: Json<'a>>(json: J) -> impl Iterator<Item = Cow<'a, str>> {
    (0..).map_while(move |index| json.name(index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_sentence_about_a_wrong_field_names_each_field_of_an_event() {
        let named = format!("{}, user_data", EVENT_FIELDS.join(", "));
        assert!(FIELDS.contains(&named), "{FIELDS}");
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_path() {
        for (json, path) in [
            (json!([]), ""),
            (json!({ "everyevent": {} }), "everyevent"),
            (json!({ "unmapped": "keep" }), "unmapped"),
            (json!({ "everyEvent": [] }), "everyEvent"),
            (json!({ "product": { "id": 5 } }), "product.id"),
            (json!({ "product": { "id": ["sku", 5] } }), "product.id"),
            (json!({ "events": {} }), "events"),
            (json!({ "events": [{ "event": "A" }, "B"] }), "events[1]"),
            (json!({ "events": [{ "Event": "A" }] }), "events[0].Event"),
            (json!({ "events": [{ "event": 5 }] }), "events[0].event"),
            (json!({ "events": [{ "products": true }] }), "events[0].products"),
            (json!({ "events": [{ "fields": { "opt_out": null } }] }), "events[0].fields.opt_out"),
            (
                json!({ "events": [{ "event": "A", "fields": { "value": "x" } }] }),
                "events[0].fields.value",
            ),
            (json!({ "events": [{ "event": "A", "becomes": "" }] }), "events[0].becomes"),
            (
                json!({ "events": [{ "event": "A", "becomes": "x".repeat(51) }] }),
                "events[0].becomes",
            ),
            (json!({ "events": [{ "becomes": "Lead" }] }), "events[0].event"),
            (json!({ "events": [{ "event": "A", "reason": "other" }] }), "events[0].reason"),
            (json!({ "everyEvent": { "user_data.email": "x" } }), "everyEvent.user_data.email"),
            (json!({ "everyEvent": { "custom_data.a.b": "x" } }), "everyEvent.custom_data.a.b"),
            (json!({ "everyEvent": { "custom_data.": "x" } }), "everyEvent.custom_data."),
            (json!({ "product": { "sku": "x" } }), "product.sku"),
            (json!({ "product": { "id": "{sku" } }), "product.id"),
            (json!({ "product": { "id": ["{sku}_{id}", "{sku:upper}"] } }), "product.id"),
            (json!({ "product": { "title": "{name}" } }), "product.title"),
            (json!({ "parts": { "country": "{a}" } }), "parts.country"),
            (json!({ "parts": { "country": 5 } }), "parts.country"),
            (json!({ "everyEvent": { "custom_data.id": "{a}" } }), "everyEvent.custom_data.id"),
        ] {
            assert_eq!(Changes::read(&json).unwrap_err().path, path);
        }
    }
}
