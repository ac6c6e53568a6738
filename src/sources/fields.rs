//! Reads the fields of a JSON object. A wrong field becomes a problem with its path, never with its
//! value, which may be personal data. The event is refused only for fields without which Meta
//! rejects it (`required_…`). Every other wrong field is left out.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::json::{self, Element, shown};
use super::limits;
use super::mapping::Json;
use crate::event::{MOST_NAMED, Problem};

/// The maximum number of nested lists and objects in a field of `custom_data`, `user_data` and
/// similar objects. `contents` has three levels, and Meta documents nothing with more.
const MAX_LEVELS: usize = 8;

/// An object that is being read. Each field can be taken once. `null` and blank text count as
/// absent.
pub(super) struct Fields {
    object: Map<String, Value>,
    path: String,
    problems: Vec<Problem>,
}

impl Fields {
    /// Returns the fields of an event.
    pub fn of(value: Value, path: &str) -> Result<Self, Problem> {
        match value {
            Value::Object(object) => Ok(Self::new(object, path.to_owned())),
            _ => Err(Problem::refused("wrong_type", path, "expected an event, an object")),
        }
    }

    fn new(object: Map<String, Value>, path: String) -> Self {
        Self { object, path, problems: Vec::new() }
    }

    /// Returns the path of a field, such as `data[3].event_name`.
    pub fn at(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    /// Adds a problem for which the event is refused.
    pub fn refuse(&mut self, code: &'static str, key: &str, message: &str) {
        self.add(Problem::refused(code, self.at(key), message));
    }

    /// Adds a problem with a field that is left out.
    pub fn leave_out(&mut self, code: &'static str, key: &str, message: &str) {
        self.add(Problem::left_out(code, self.at(key), message));
    }

    /// Adds any problem, but only once: ten thousand wrong values in a list are one problem.
    pub fn add(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Returns true if a field has a problem.
    pub fn has_problem(&self, key: &str) -> bool {
        let at = self.at(key);
        self.problems.iter().any(|problem| problem.path == at)
    }

    /// Takes all fields that are left, by key.
    pub fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.object)
    }

    /// Takes the fields of an object in this one. Without such an object there are no fields.
    pub fn below(&mut self, key: &str) -> Self {
        Self::new(self.object(key), self.at(key))
    }

    /// Adds the problems of an object in this one.
    pub fn absorb(&mut self, below: Self) {
        self.problems.extend(below.problems);
    }

    /// Returns the problems. Names the fields that are nested too deeply and that no rule read.
    pub fn problems(mut self) -> Vec<Problem> {
        let rest = self.rest();
        let deep = rest.iter().filter(|(_, value)| is_deeper_than(value, MAX_LEVELS));
        deep.take(MOST_NAMED).for_each(|(name, _)| self.leave_out_deep(shown(name)));
        self.problems
    }

    /// Takes a text. The event is refused if the field is not text.
    pub fn required_text(&mut self, key: &str) -> Option<String> {
        let text = self.take(key)?;
        self.or_refuse(key, "expected text", owned_text(text))
    }

    /// Takes a moment: Unix seconds or milliseconds, or a time in ISO 8601. The event is refused if
    /// the field is not a moment.
    pub fn required_moment(&mut self, key: &str) -> Option<i64> {
        let moment = super::moment::moment(&self.take(key)?);
        self.or_refuse(key, "expected a number of Unix seconds", moment)
    }

    /// Takes a text. The field is left out if it is not text.
    pub fn text(&mut self, key: &str) -> Option<String> {
        let text = self.take(key)?;
        self.or_leave_out(key, "expected text", owned_text(text))
    }

    /// Takes an id: text, or a whole number as its decimal text.
    pub fn id(&mut self, key: &str) -> Option<String> {
        let id = self.take(key)?;
        self.or_leave_out(key, "expected an id, text", id_text(&id))
    }

    /// Takes an object, which may be JSON text.
    pub fn object(&mut self, key: &str) -> Map<String, Value> {
        let Some(value) = self.take(key) else { return Map::new() };
        let object = match self.parsed(key, value) {
            Value::Object(object) => Some(object),
            _ => None,
        };
        let Some(mut object) = self.or_leave_out(key, "expected an object", object) else {
            return Map::new();
        };
        let mut named = 0;
        object.retain(|name, value| {
            let is_deep = is_deeper_than(value, MAX_LEVELS);
            if is_deep && let Some(limit) = limits::unreadable(&self.at(&format!("{key}.{name}"))) {
                *value = limit;
                return true;
            }
            named += usize::from(is_deep);
            if is_deep && named <= MOST_NAMED {
                self.leave_out_deep(&format!("{key}.{}", shown(name)));
            }
            !is_deep
        });
        object
    }

    /// Parses the value of a field if it is JSON text, and checks its levels. A value that is nested
    /// too deeply is left out. `key` is its position below this object.
    pub fn written_out(&mut self, key: &str, value: Value) -> Option<Value> {
        let value = self.parsed(key, value);
        if is_deeper_than(&value, MAX_LEVELS) {
            self.leave_out_deep(key);
            return None;
        }
        Some(value)
    }

    /// Parses the value of a field if it is JSON text. Adds the problems of that JSON.
    fn parsed(&mut self, key: &str, value: Value) -> Value {
        let Value::String(text) = &value else { return value };
        let Element { value: parsed, problems } = written_out(text, &self.at(key));
        problems.into_iter().for_each(|problem| self.add(problem));
        parsed.unwrap_or(value)
    }

    fn leave_out_deep(&mut self, key: &str) {
        let message = "expected fewer levels of lists and objects in one another: it was left out";
        self.leave_out("nested_too_deeply", key, message);
    }

    /// Takes true or false for a limit. A value that cannot be read counts as `strict`, the answer
    /// that limits more. Leaving it out would mean that there is no limit.
    pub fn limit(&mut self, key: &str, strict: bool) -> Option<bool> {
        let truth = truth(&self.take(key)?);
        if truth.is_none() {
            let message = format!("expected true or false; read as {strict}, which limits more");
            self.leave_out("wrong_type", key, &message);
        }
        Some(truth.unwrap_or(strict))
    }

    /// Takes a field, unless it is absent.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        self.object.remove(key).filter(|value| !is_absent(value))
    }

    fn or_refuse<T>(&mut self, key: &str, expected: &str, read: Option<T>) -> Option<T> {
        if read.is_none() {
            self.refuse("wrong_type", key, expected);
        }
        read
    }

    fn or_leave_out<T>(&mut self, key: &str, expected: &str, read: Option<T>) -> Option<T> {
        if read.is_none() {
            self.leave_out("wrong_type", key, &format!("{expected}: it was left out"));
        }
        read
    }
}

fn is_deeper_than(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(values) => {
            levels == 0 || values.iter().any(|one| is_deeper_than(one, levels - 1))
        }
        Value::Object(fields) => {
            levels == 0 || fields.values().any(|one| is_deeper_than(one, levels - 1))
        }
        _ => false,
    }
}

/// Returns true if a value counts as absent: `null`, or text that is blank.
pub(super) fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// Returns true or false from JSON, a number or the words that forms and tag managers write.
pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => match number.as_f64()? {
            1.0 => Some(true),
            0.0 => Some(false),
            _ => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn owned_text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// Returns an id as text; see [`View::id`](super::mapping::View::id).
pub(super) fn id_text(value: &Value) -> Option<String> {
    value.view().id::<&Value>().map(Cow::into_owned)
}

/// Parses JSON text. The element is empty and without problems if the text is not JSON of a list or
/// an object.
pub(super) fn written_out(text: &str, path: &str) -> Element {
    let element = match text.trim_start().starts_with(['{', '[']) {
        true => json::element(text.as_bytes(), path),
        false => Element::default(),
    };
    if element.value.is_some() { element } else { Element::default() }
}

/// Returns a JSON number or text of digits as a whole number. A fraction is cut off.
pub(super) fn integer(value: &Value) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "beyond i64 it becomes its nearest bound")]
    match value {
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().map(|fraction| fraction as i64))
        }
        Value::String(digits) => digits.trim().parse().ok(),
        _ => None,
    }
}
