//! Applies a table. It converts a source's event to the Conversions API's shape, which is then read
//! like any other event. It also converts paths of Meta's fields back to the source's paths, so
//! that a problem names the field that was sent.

use serde_json::{Map, Value};

use super::{Columns, Paths, Row, Table, Unmapped};
use crate::event::{MOST_NAMED, Problem};
use crate::sources::decimal::number;
use crate::sources::fields::id_text;
use crate::sources::json::{self, Element};
use crate::sources::moment::moment;

/// The events for which Meta documents `num_items` (Meta, "Custom Data Parameters").
const COUNTS_ITEMS: [&str; 2] = ["InitiateCheckout", "Purchase"];

/// The one field that every source writes in its own format.
const EVENT_TIME: &str = "event_time";
/// The one limit that a column may fill. Its reader takes a value of any type: a value that cannot be
/// read limits.
const OPT_OUT: &str = "opt_out";

/// Parses JSON in text, whose position is the second argument. A page passes its browser's parser, so
/// that it does not load one.
pub type Parse = fn(&str, &str) -> Element;

/// The result of applying a table to an event.
pub enum Applied {
    /// An event in Meta's shape.
    Mapped(Mapped),
    /// The table leaves the event out.
    LeftOut,
    /// The event has no name.
    Nameless,
}

/// An event in the Conversions API's shape, and the origin of each of its fields.
pub struct Mapped {
    /// The event. Its time is as the source wrote it.
    pub event: Map<String, Value>,
    /// The problems, with paths of the source.
    pub problems: Vec<Problem>,
    /// The origin of each field.
    pub origins: Origins,
}

/// The source's path of each of Meta's fields: the path it was read from, or where it was expected.
#[derive(Debug, Clone, Default)]
pub struct Origins(Vec<(String, String)>);

impl Table {
    /// Converts an event to Meta's shape. `call` is the kind of call, for a source with several.
    /// `path` is the position of the event, such as `batch[3]`. `parse` parses JSON in text.
    #[must_use]
    pub fn apply(&self, call: &str, source: &Value, path: &str, parse: Parse) -> Applied {
        let name = self.name.find(source).and_then(|(_, name)| name.as_str().map(str::to_owned));
        let row = self.row(call, name.as_deref());
        let becomes = match (row, name) {
            (Some(Row { becomes: Some(becomes), .. }), _) => becomes.clone(),
            (Some(Row { becomes: None, .. }), _) => return Applied::LeftOut,
            (None, None) if call == "track" => return Applied::Nameless,
            (None, Some(name)) if self.unmapped == Unmapped::Custom && call == "track" => name,
            (None, _) => return Applied::LeftOut,
        };
        let mut reading = Reading { source, path, mapped: Mapped::new(&becomes) };
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
            reading.products(products, &self.product, &becomes, parse);
        }
        reading.value_without_currency(&becomes);
        Applied::Mapped(reading.mapped)
    }

    /// Replaces the `null` that stands for an opt-out that is no proper JSON, so that the opt-out is
    /// not absent. `problems` are those of the event's JSON. `path` is the position of the event.
    pub fn keep_limits(&self, source: &mut Value, path: &str, problems: &[Problem]) {
        if problems.is_empty() {
            return;
        }
        let all =
            std::iter::once(&self.every_event).chain(self.events.iter().map(|row| &row.fields));
        for origin in all.filter_map(|columns| columns.get(OPT_OUT)).flat_map(Paths::all) {
            let mut shown = path.to_owned();
            for key in origin.split('.') {
                match key.parse::<usize>() {
                    Ok(index) => shown.push_str(&format!("[{index}]")),
                    Err(_) if shown.is_empty() => shown.push_str(json::shown(key)),
                    Err(_) => shown.push_str(&format!(".{}", json::shown(key))),
                }
            }
            // With this many problems some are not named.
            let is_named = problems.len() >= MOST_NAMED
                || problems.iter().any(|problem| problem.path == shown);
            let value = source.pointer_mut(&format!("/{}", origin.replace('.', "/")));
            if let Some(value) = value.filter(|value| value.is_null() && is_named) {
                *value = "unreadable".into();
            }
        }
    }

    /// Reads only the columns of every event that are about the person, such as the traits of a
    /// call that is not an event.
    #[must_use]
    pub fn person(&self, source: &Value, path: &str) -> Mapped {
        let mut reading = Reading { source, path, mapped: Mapped::new("") };
        for (field, paths) in self.every_event.iter() {
            if field.starts_with("user_data.") {
                reading.column(field, paths);
            }
        }
        reading.mapped
    }
}

impl Origins {
    /// Sets the origin of a field that no column fills.
    pub fn name(&mut self, field: &str, origin: &str) {
        self.0.push((field.to_owned(), origin.to_owned()));
    }

    /// Returns the origin of a field. The last one that was set counts.
    fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().rev().find(|(name, _)| name == field).map(|(_, origin)| origin.as_str())
    }

    /// Changes the path of a problem from Meta's field to the source's field that it came from.
    #[must_use]
    pub fn located(&self, mut problem: Problem, path: &str) -> Problem {
        let field =
            problem.path.strip_prefix(path).unwrap_or(&problem.path).trim_start_matches('.');
        problem.path = match self.of(field) {
            Some(origin) => format!("{path}.{origin}").trim_start_matches('.').to_owned(),
            None => path.to_owned(),
        };
        problem
    }
}

impl Mapped {
    fn new(becomes: &str) -> Self {
        let mut event = Map::new();
        event.insert("event_name".to_owned(), becomes.into());
        Self { event, problems: Vec::new(), origins: Origins::default() }
    }

    fn set(&mut self, field: &str, value: Value) {
        match field.split_once('.') {
            None => drop(self.event.insert(field.to_owned(), value)),
            Some((object, key)) => {
                let object = self.event.entry(object).or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(object) = object {
                    object.insert(key.to_owned(), value);
                }
            }
        }
    }

    /// Converts the time to Unix seconds from the source's format. `path` is the position of the
    /// event.
    pub fn settle_time(&mut self, path: &str) {
        let Some(time) = self.event.get_mut(EVENT_TIME) else { return };
        match moment(time) {
            Some(seconds) => *time = seconds.into(),
            None => {
                let message = "expected a time such as \"2026-09-21T10:00:00.000Z\"";
                let problem =
                    Problem::refused("invalid_timestamp", format!("{path}.{EVENT_TIME}"), message);
                let problem = self.origins.located(problem, path);
                self.problems.push(problem);
            }
        }
    }

    fn custom_data(&mut self) -> Option<&mut Map<String, Value>> {
        self.event.get_mut("custom_data")?.as_object_mut()
    }
}

struct Reading<'a> {
    source: &'a Value,
    path: &'a str,
    mapped: Mapped,
}

impl Reading<'_> {
    fn column(&mut self, field: &str, paths: &Paths) {
        let found = paths.find(self.source);
        let origin = found.as_ref().map(|(path, _)| *path).or_else(|| paths.first());
        if let Some(origin) = origin.filter(|origin| !origin.starts_with('=')) {
            self.mapped.origins.name(field, origin);
        }
        let Some((origin, value)) = found else { return };
        if is_plain(&value) || [EVENT_TIME, OPT_OUT].contains(&field) {
            self.mapped.set(field, value.into_owned());
        } else {
            self.problem(true, "wrong_type", origin, "expected text or a number");
        }
    }

    fn products(&mut self, paths: &Paths, columns: &Columns, becomes: &str, parse: Parse) {
        let Some((at, found)) = paths.find(self.source) else { return };
        let mut found = found.into_owned();
        if let Value::String(text) = &found
            && text.trim_start().starts_with(['{', '['])
        {
            let Element { value, problems } = parse(text, &self.at(at));
            if let Some(value) = value {
                found = value;
                self.mapped.problems.extend(problems);
            }
        }
        let (products, is_list) = match found {
            Value::Array(products) => (products, true),
            product @ Value::Object(_) => (vec![product], false),
            _ => {
                let message = "expected a list of products: it was left out";
                return self.problem(true, "invalid_contents", at, message);
            }
        };
        let mut contents = Vec::new();
        let mut named = 0;
        let mut items = 0.0;
        for (index, product) in products.iter().enumerate() {
            let at = if is_list { format!("{at}[{index}]") } else { at.to_owned() };
            let id = columns.get("id").and_then(|paths| paths.find(product));
            let Some(text) = id.as_ref().and_then(|(_, id)| id_text(id.as_ref().clone())) else {
                // One object may be an event without products.
                if (is_list || id.is_some()) && named < MOST_NAMED {
                    named += 1;
                    let first = columns.get("id").and_then(Paths::first);
                    let key = id.map(|(path, _)| path).or(first).unwrap_or("id");
                    let message = "expected the product's id: the product was left out";
                    self.problem(true, "missing_content_id", &format!("{at}.{key}"), message);
                }
                continue;
            };
            let mut content = self.content(product, columns, &at, contents.len());
            content.insert("id".to_owned(), text.into());
            // An unreadable quantity makes the number of items unknown.
            let quantity = content.entry("quantity").or_insert_with(|| 1.into());
            items += quantity.as_f64().unwrap_or(f64::NAN);
            content.retain(|_, value| !value.is_null());
            contents.push(content);
        }
        if contents.is_empty() {
            return;
        }
        let ids: Vec<Value> =
            contents.iter().filter_map(|content| content.get("id").cloned()).collect();
        self.mapped.set("custom_data.content_ids", ids.into());
        let contents = contents.into_iter().map(Value::Object).collect();
        self.mapped.set("custom_data.contents", Value::Array(contents));
        self.default("content_type", "product".into());
        if COUNTS_ITEMS.contains(&becomes)
            && let Some(items) = count(items)
        {
            self.default("num_items", items);
        }
    }

    /// Returns the fields of a product by Meta's names. A number that was sent as text becomes a
    /// number. A number that cannot be read stays as it is, so that the rules name it. `at` is the
    /// product's position in the source, and `position` the one in `contents`.
    fn content(
        &mut self,
        product: &Value,
        columns: &Columns,
        at: &str,
        position: usize,
    ) -> Map<String, Value> {
        let mut content = Map::new();
        for (field, paths) in columns.iter().filter(|(field, _)| *field != "id") {
            let Some((path, value)) = paths.find(product) else { continue };
            let origin = format!("{at}.{path}");
            if !value.is_string() && !value.is_number() {
                if self.mapped.problems.len() < MOST_NAMED {
                    let message = "expected text or a number: it was left out";
                    self.problem(true, "wrong_type", &origin, message);
                }
                // This quantity is unknown, not the default.
                if field == "quantity" {
                    content.insert(field.to_owned(), Value::Null);
                }
                continue;
            }
            if ["delivery_category", "item_price", "quantity"].contains(&field) {
                let field = format!("custom_data.contents[{position}].{field}");
                self.mapped.origins.name(&field, &origin);
            }
            let value = match field {
                "quantity" | "item_price" => number(&value),
                _ => None,
            }
            .unwrap_or_else(|| value.into_owned());
            content.insert(field.to_owned(), value);
        }
        content
    }

    /// Sets a field of `custom_data` that no column has set.
    fn default(&mut self, key: &str, value: Value) {
        if self.mapped.custom_data().is_some_and(|data| !data.contains_key(key)) {
            self.mapped.set(&format!("custom_data.{key}"), value);
        }
    }

    /// Leaves out a value without a currency, because Meta rejects it. A Purchase keeps the value
    /// and is refused later. Any other event is worth more without its value than not at all.
    fn value_without_currency(&mut self, becomes: &str) {
        if becomes == "Purchase" {
            return;
        }
        let Some(data) = self.mapped.custom_data() else { return };
        if data.contains_key("value") && !data.contains_key("currency") {
            data.remove("value");
            let origin = self.mapped.origins.of("custom_data.currency").map(str::to_owned);
            let message = "expected a code such as \"EUR\": the value was left out, which needs it";
            self.problem(true, "missing_currency", &origin.unwrap_or_default(), message);
        }
    }

    /// Returns the position of a value of the source.
    fn at(&self, origin: &str) -> String {
        format!("{}.{origin}", self.path).trim_matches('.').to_owned()
    }

    fn problem(&mut self, event_kept: bool, code: &'static str, origin: &str, message: &str) {
        let problem = Problem::refused(code, self.at(origin), message);
        self.mapped.problems.push(Problem { event_kept, ..problem });
    }
}

fn count(items: f64) -> Option<Value> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked before")]
    (items >= 1.0 && items <= f64::from(u32::MAX)).then(|| Value::from(items as u32))
}

fn is_plain(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.iter().all(|one| one.is_string() || one.is_number()),
        value => !value.is_object(),
    }
}
