//! Applies a table: converts a source's event to the Conversions API's shape.

use std::borrow::Cow;

use super::paths::{Place, Root};
use super::template::{compose, is_template, parts};
use super::value::{Found, Json, View, elements};
use super::{Columns, Paths, Row, Table, Unmapped};
use crate::event::MOST_NAMED;

/// The events for which Meta documents `num_items` (Meta, "Custom Data Parameters").
const COUNTS_ITEMS: [&str; 2] = ["InitiateCheckout", "Purchase"];

/// The one field that every source writes in its own format.
pub(super) const EVENT_TIME: &str = "event_time";
/// The one limit that a column may fill. Its reader takes a value of any type: a value that cannot be
/// read limits.
pub(super) const OPT_OUT: &str = "opt_out";

/// The products of an event in Meta's shape. Its reader takes a list, also as text.
const CONTENTS: &str = "custom_data.contents";
const CURRENCY: &str = "custom_data.currency";
const VALUE: &str = "custom_data.value";

/// The result of applying a table to an event.
pub enum Applied<M> {
    /// An event in Meta's shape.
    Mapped(M),
    /// The table leaves the event out.
    LeftOut,
    /// The event has no name.
    Nameless,
}

/// Meta's fields with their values, each once. A field's name is such as `custom_data.value`.
pub type Fields<'a, J> = Vec<(&'a str, Field<'a, J>)>;

/// The value of one of Meta's fields.
pub enum Field<'a, J: Json<'a>> {
    /// A value as it was found.
    Found(Found<'a, J>),
    /// A value that was made of others.
    Made(J::Made),
}

/// An event in the Conversions API's shape. Its time is as the source wrote it.
pub struct MappedFields<'a, J: Json<'a>> {
    /// Meta's name of the event.
    pub event_name: &'a str,
    /// The other fields.
    pub fields: Fields<'a, J>,
}

/// Receives all that is found out about an event besides its fields. Positions are paths of the
/// source. They are closures, so that a page, which needs none of them, does not load their code.
pub trait Notes<J> {
    /// Parses JSON in text, and notes its problems. Returns `None` if it is not JSON.
    fn parsed(&mut self, text: &str, at: &str) -> Option<J>;
    /// Notes the origin of one of Meta's fields.
    fn origin(&mut self, field: impl FnOnce() -> String, origin: impl FnOnce() -> String);
    /// Notes that a value is left out.
    fn left_out(&mut self, code: &'static str, at: impl FnOnce() -> String, message: &str);
    /// Notes that one of Meta's fields is left out. Its position is its origin.
    fn left_out_field(&mut self, code: &'static str, field: &str, message: &str);
    /// Notes that a product without an id is left out. `at` returns the position, or `None` if it is
    /// not named.
    fn product_left_out(&mut self, at: impl FnOnce() -> Option<String>);
    /// Returns true if there are so many problems that no more of an event's products are named.
    fn is_full(&self) -> bool;
}

impl Table {
    /// Converts an event to Meta's shape. `call` is the kind of call, for a source with several.
    /// `root` returns the event's own fields.
    pub(in crate::sources) fn map<'a, J: Json<'a>>(
        &'a self,
        call: &str,
        root: Root<'_, J>,
        notes: &mut impl Notes<J>,
    ) -> Applied<MappedFields<'a, J>> {
        let name = self.name.find(Place::event(root)).and_then(|(_, name)| name.view().text());
        let row = self.row(call, name.map(J::trimmed));
        let event_name = match (row, name) {
            (Some(Row { becomes: Some(becomes), .. }), _) => becomes,
            (Some(Row { becomes: None, .. }), _) => return Applied::LeftOut,
            (None, None) if call == "track" => return Applied::Nameless,
            (None, Some(name)) if self.unmapped == Unmapped::Custom && call == "track" => name,
            (None, _) => return Applied::LeftOut,
        };
        let mut reading = Reading::new(root, notes);
        let own = row.map(|row| &row.fields);
        for (field, paths) in self.every_event.iter() {
            if own.is_none_or(|own| own.get(field).is_none()) {
                reading.column(field, paths);
            }
        }
        for (field, paths) in own.into_iter().flat_map(Columns::iter) {
            reading.column(field, paths);
        }
        if let Some(products) = row.and_then(|row| row.products.as_ref()) {
            reading.products(products, self, event_name);
        }
        if event_name != "Purchase" {
            reading.value_without_currency();
        }
        let fields = reading.fields;
        Applied::Mapped(MappedFields { event_name, fields })
    }

    /// Converts only the columns of every event that are about the person, such as the traits of a
    /// call that is not an event.
    pub(super) fn map_person<'a, J: Json<'a>>(
        &'a self,
        root: Root<'_, J>,
        notes: &mut impl Notes<J>,
    ) -> Fields<'a, J> {
        let mut reading = Reading::new(root, notes);
        for (field, paths) in self.every_event.iter() {
            if field.starts_with("user_data.") {
                reading.column(field, paths);
            }
        }
        reading.fields
    }
}

struct Reading<'r, 'a, J: Json<'a>, N> {
    root: Root<'r, J>,
    notes: &'r mut N,
    fields: Fields<'a, J>,
}

impl<'r, 'a, J: Json<'a>, N: Notes<J>> Reading<'r, 'a, J, N> {
    fn new(root: Root<'r, J>, notes: &'r mut N) -> Self {
        Self { root, notes, fields: Vec::new() }
    }

    fn column(&mut self, field: &'a str, paths: &'a Paths) {
        let found = paths.find(Place::event(self.root));
        let origin = found.map(|(path, _)| path).or_else(|| paths.first());
        if let Some(origin) = origin.filter(|origin| !origin.starts_with('=')) {
            self.notes.origin(|| field.to_owned(), || origin.to_owned());
        }
        let Some((origin, value)) = found else { return };
        if is_plain(value) || [EVENT_TIME, OPT_OUT, CONTENTS].contains(&field) {
            self.fields.push((field, Field::Found(value)));
        } else {
            let message = "expected text or a number";
            self.notes.left_out("wrong_type", || origin.to_owned(), message);
        }
    }

    fn products(&mut self, paths: &'a Paths, table: &'a Table, event_name: &str) {
        let Some((at, mut found)) = paths.find(Place::event(self.root)) else { return };
        if let View::Text(text) = found.view()
            && matches!(J::trimmed(text).bytes().next(), Some(b'{' | b'['))
            && let Some(parsed) = self.notes.parsed(text, at)
        {
            found = Found::Source(parsed);
        }
        let (products, is_list) = match (found, found.view()) {
            (Found::Source(list), View::List(_)) => (elements(list).collect(), true),
            (Found::Source(product), View::Object(_)) => (vec![product], false),
            _ => {
                let message = "expected a list of products: it was left out";
                return self.notes.left_out("invalid_contents", || at.to_owned(), message);
            }
        };
        let mut contents = Vec::new();
        let mut ids = Vec::new();
        let mut named = 0;
        let mut items = 0.0;
        for (index, product) in products.into_iter().enumerate() {
            let at = || if is_list { format!("{at}[{index}]") } else { at.to_owned() };
            let own = |key: &str| product.field(key);
            let place = Place { own: &own, event: self.root };
            let Some(id) = id(table, place) else {
                self.notes.product_left_out(|| {
                    let absent = NoId::of(table, place);
                    // One object may be an event without products.
                    let is_named = (is_list || absent.is_said) && named < MOST_NAMED;
                    named += usize::from(is_named);
                    is_named.then(|| match absent.name.strip_prefix("$.") {
                        Some(of_event) => of_event.to_owned(),
                        None => format!("{}.{}", at(), absent.name),
                    })
                });
                continue;
            };
            let (mut content, quantity) = self.content(place, &table.product, &at, contents.len());
            items += quantity;
            content.push(("id", J::text(&id)));
            contents.push(J::object(content));
            ids.push(J::text(&id));
        }
        if contents.is_empty() {
            return;
        }
        self.default("custom_data.content_ids", || J::list(ids));
        self.default(CONTENTS, || J::list(contents));
        self.default("custom_data.content_type", || J::text("product"));
        if COUNTS_ITEMS.contains(&event_name)
            && let Some(items) = count(items)
        {
            self.default("custom_data.num_items", || J::whole(items));
        }
    }

    /// Returns the fields of a product by Meta's names, and its quantity. A number that was sent as
    /// text becomes a number. A number that cannot be read stays as it is, so that the rules name
    /// it; an unreadable quantity is NaN and makes the number of items unknown. `at` is the
    /// product's position in the source, and `position` the one in `contents`.
    fn content(
        &mut self,
        product: Place<'_, J>,
        columns: &'a Columns,
        at: &impl Fn() -> String,
        position: usize,
    ) -> (Vec<(&'a str, J::Made)>, f64) {
        let mut content = Vec::new();
        let mut quantity = None;
        for (field, paths) in columns.iter().filter(|(field, _)| *field != "id") {
            let Some((path, found)) = paths.find(product) else { continue };
            let origin = || format!("{}.{path}", at());
            let value = found.view();
            if !value.is_text_or_number() {
                if !self.notes.is_full() {
                    let message = "expected text or a number: it was left out";
                    self.notes.left_out("wrong_type", origin, message);
                }
                // This quantity is unknown, not the default.
                if field == "quantity" {
                    quantity = Some(f64::NAN);
                }
                continue;
            }
            if ["delivery_category", "item_price", "quantity"].contains(&field) {
                let field = || format!("custom_data.contents[{position}].{field}");
                self.notes.origin(field, origin);
            }
            let number = match field {
                "quantity" | "item_price" => value.number::<J>(),
                _ => None,
            };
            if field == "quantity" {
                quantity = Some(number.as_ref().map_or(f64::NAN, J::float));
            }
            content.push((field, number.map_or_else(|| found.made(), J::number)));
        }
        if quantity.is_none() {
            content.push(("quantity", J::whole(1)));
        }
        (content, quantity.unwrap_or(1.0))
    }

    fn position(&self, field: &str) -> Option<usize> {
        self.fields.iter().position(|(name, _)| *name == field)
    }

    /// Sets a field that no column has set.
    fn default(&mut self, field: &'a str, value: impl FnOnce() -> J::Made) {
        if self.position(field).is_none() {
            self.fields.push((field, Field::Made(value())));
        }
    }

    /// Leaves out a value without a currency, because Meta rejects it. A Purchase keeps the value
    /// and is refused later. Any other event is worth more without its value than not at all.
    fn value_without_currency(&mut self) {
        if let (Some(value), None) = (self.position(VALUE), self.position(CURRENCY)) {
            self.fields.swap_remove(value);
            let message = "expected a code such as \"EUR\": the value was left out, which needs it";
            self.notes.left_out_field("missing_currency", CURRENCY, message);
        }
    }
}

/// Returns the id of a product by the first column that gives one.
fn id<'a, J: Json<'a>>(table: &'a Table, product: Place<'_, J>) -> Option<String> {
    let value = |name: &'a str| match table.parts.get(name) {
        Some(paths) => paths.all().iter().find_map(|path| id_at(product, path)),
        None => id_at(product, name),
    };
    table.product.get("id")?.all().iter().find_map(|column| match is_template(column) {
        true => compose(column, &value),
        false => value(column).map(Cow::into_owned),
    })
}

/// Returns the id at a path. 0 is absent: WooCommerce writes it for a product without variations.
fn id_at<'a, J: Json<'a>>(product: Place<'_, J>, path: &'a str) -> Option<Cow<'a, str>> {
    let id = product.find(path)?.view().id::<J>()?;
    (J::trimmed(&id) != "0").then_some(id)
}

/// The reason for which a product has no id.
struct NoId<'a> {
    /// The path of a wrong value, or else the first name that says nothing.
    name: &'a str,
    /// True if a value is wrong, or if only a part of a template says nothing.
    is_said: bool,
}

impl<'a> NoId<'a> {
    fn of<J: Json<'a>>(table: &'a Table, product: Place<'_, J>) -> Self {
        let (mut absent, mut wrong, mut is_said) = (None, None, false);
        for column in table.product.get("id").map(Paths::all).unwrap_or_default() {
            let names: Vec<Vec<&str>> = match is_template(column) {
                true => parts(column).map(Iterator::collect).collect(),
                false => vec![vec![column.as_str()]],
            };
            for names in names {
                let paths = names.iter().flat_map(|name| match table.parts.get(name) {
                    Some(paths) => paths.all().iter().map(String::as_str).collect(),
                    None => vec![*name],
                });
                let mut has_id = false;
                for path in paths {
                    let Some(found) = product.find(path) else { continue };
                    has_id |= id_at(product, path).is_some();
                    if found.view().id::<J>().is_none() {
                        wrong = Some(path);
                    }
                }
                is_said |= has_id;
                absent = absent.or(names.first().copied().filter(|_| !has_id));
            }
        }
        let is_said = is_said || wrong.is_some();
        Self { name: wrong.or(absent).unwrap_or("id"), is_said }
    }
}

/// Returns true for a value that is neither an object nor a list with other values than texts,
/// numbers and `null`.
fn is_plain<'a, J: Json<'a>>(found: Found<'a, J>) -> bool {
    match (found, found.view()) {
        (Found::Source(list), View::List(_)) => elements(list)
            .all(|one| matches!(one.view(), View::Null | View::Text(_) | View::Number(_))),
        (_, View::Object(_)) => false,
        _ => true,
    }
}

fn count(items: f64) -> Option<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
    (items >= 1.0 && items <= f64::from(u32::MAX)).then_some(items as u32)
}

impl<'a, J: Json<'a>> Field<'a, J> {
    /// Makes its value.
    pub(in crate::sources) fn made(self) -> J::Made {
        match self {
            Self::Found(found) => found.made(),
            Self::Made(made) => made,
        }
    }
}
