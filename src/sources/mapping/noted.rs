//! Applies a table at the edge. It makes JSON of the event, and keeps the origin of each of Meta's
//! fields, so that a problem names the field that was sent.

use std::cell::OnceCell;

use serde_json::{Map, Value};

use super::apply::{Applied, EVENT_TIME, Fields, MappedFields, Notes, OPT_OUT};
use super::value::Json;
use super::{Paths, Table};
use crate::event::{MOST_NAMED, Problem};
use crate::sources::fields::written_out;
use crate::sources::json;
use crate::sources::moment::moment;

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
    /// `path` is the position of the event, such as `batch[3]`.
    #[must_use]
    pub fn apply(&self, call: &str, source: &Value, path: &str) -> Applied<Mapped> {
        let json_in_text = OnceCell::new();
        let mut notes = Noted::new(path, &json_in_text);
        match self.map(call, &|name| source.field(name), &mut notes) {
            Applied::Mapped(MappedFields { event_name, fields }) => {
                let mut mapped = notes.mapped(fields);
                mapped.settle_segment();
                let user_data = mapped.event.get("user_data");
                let has_phone = user_data.is_some_and(|data| data.get("ph").is_some());
                mapped.problems.extend(self.unread(source, path, has_phone));
                mapped.event.insert("event_name".to_owned(), event_name.into());
                Applied::Mapped(mapped)
            }
            Applied::LeftOut => Applied::LeftOut,
            Applied::Nameless => Applied::Nameless,
        }
    }

    /// Reads only the columns of every event that are about the person, such as the traits of a
    /// call that is not an event.
    #[must_use]
    pub fn person(&self, source: &Value, path: &str) -> Mapped {
        let json_in_text = OnceCell::new();
        let mut notes = Noted::new(path, &json_in_text);
        let fields = self.map_person(&|name| source.field(name), &mut notes);
        notes.mapped(fields)
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
}

/// The notes about one event.
struct Noted<'a> {
    path: &'a str,
    /// The value of JSON that the source has in text.
    json_in_text: &'a OnceCell<Value>,
    problems: Vec<Problem>,
    origins: Origins,
}

impl<'a> Noted<'a> {
    fn new(path: &'a str, json_in_text: &'a OnceCell<Value>) -> Self {
        Self { path, json_in_text, problems: Vec::new(), origins: Origins::default() }
    }

    fn mapped(self, fields: Fields<'a, &'a Value>) -> Mapped {
        let Self { problems, origins, .. } = self;
        let mut event = Map::new();
        for (field, value) in fields {
            let value = value.made();
            match field.split_once('.') {
                None => drop(event.insert(field.to_owned(), value)),
                Some((object, key)) => {
                    let object = event.entry(object).or_insert_with(|| Value::Object(Map::new()));
                    if let Value::Object(object) = object {
                        object.insert(key.to_owned(), value);
                    }
                }
            }
        }
        Mapped { event, problems, origins }
    }

    /// Returns the position of a value of the source.
    fn at(&self, origin: &str) -> String {
        format!("{}.{origin}", self.path).trim_matches('.').to_owned()
    }
}

impl<'a> Notes<&'a Value> for Noted<'a> {
    fn parsed(&mut self, text: &str, at: &str) -> Option<&'a Value> {
        let element = written_out(text, &self.at(at));
        let value = element.value?;
        self.problems.extend(element.problems);
        Some(self.json_in_text.get_or_init(|| value))
    }

    fn origin(&mut self, field: impl FnOnce() -> String, origin: impl FnOnce() -> String) {
        self.origins.0.push((field(), origin()));
    }

    fn left_out(&mut self, code: &'static str, at: impl FnOnce() -> String, message: &str) {
        self.problems.push(Problem::left_out(code, self.at(&at()), message));
    }

    fn left_out_field(&mut self, code: &'static str, field: &str, message: &str) {
        let origin = self.origins.of(field).unwrap_or_default().to_owned();
        self.left_out(code, || origin, message);
    }

    fn product_left_out(&mut self, at: impl FnOnce() -> Option<String>) {
        if let Some(at) = at() {
            let message = "expected the product's id: the product was left out";
            self.left_out("missing_content_id", || at, message);
        }
    }

    fn is_full(&self) -> bool {
        self.problems.len() >= MOST_NAMED
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
    /// Converts the kind of customer to Meta's word: `true` and "new" are a new customer, `false` and
    /// "returning" an existing one. Any other text stays as it is.
    fn settle_segment(&mut self) {
        let Some(given) = self.event.get_mut("customer_segmentation") else { return };
        let word = given.as_str().unwrap_or_default().trim().to_ascii_lowercase();
        let is_new = match given {
            Value::Bool(is_new) => *is_new,
            _ => match word.as_str() {
                "new" | "true" => true,
                "returning" | "existing" | "false" => false,
                _ => return,
            },
        };
        let word =
            if is_new { "new_customer_to_business" } else { "existing_customer_to_business" };
        *given = word.into();
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
}
