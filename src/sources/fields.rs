//! Reads the fields of a JSON object: what is not as expected becomes a problem that names its path
//! and never its value, which may be personal.

use lexical_parse_float::FromLexical;
use serde_json::{Map, Number, Value};

use crate::event::Problem;

/// An object that is being read. Each field is taken out once; `null` counts as absent.
pub(super) struct Fields {
    object: Map<String, Value>,
    path: String,
    problems: Vec<Problem>,
}

impl Fields {
    /// The fields of an event.
    pub fn of(value: Value, path: &str) -> Result<Self, Problem> {
        match value {
            Value::Object(object) => Ok(Self::new(object, path.to_owned())),
            _ => Err(Problem::refused("wrong_type", path, "expected an object")),
        }
    }

    fn new(object: Map<String, Value>, path: String) -> Self {
        Self { object, path, problems: Vec::new() }
    }

    /// Where a field stands, such as `data[3].event_name`.
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

    /// Adds any problem, each once: a list of ten thousand values that are all wrong is one problem.
    pub fn add(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Whether something was wrong with a field.
    pub fn has_problem(&self, key: &str) -> bool {
        let at = self.at(key);
        self.problems.iter().any(|problem| problem.path == at)
    }

    /// Everything that is left, by key.
    pub fn rest(&mut self) -> Map<String, Value> {
        std::mem::take(&mut self.object)
    }

    /// The fields of an object in this one; none where there is none.
    pub fn below(&mut self, key: &str) -> Self {
        Self::new(self.object(key), self.at(key))
    }

    /// Takes over what was wrong below.
    pub fn absorb(&mut self, below: Self) {
        self.problems.extend(below.problems);
    }

    /// What was wrong.
    pub fn problems(self) -> Vec<Problem> {
        self.problems
    }

    pub fn text(&mut self, key: &str) -> Option<String> {
        self.typed(key, "expected text", |value| match value {
            Value::String(text) => Some(text),
            _ => None,
        })
    }

    /// Text that is not empty.
    pub fn filled(&mut self, key: &str) -> Option<String> {
        self.text(key).filter(|text| !text.is_empty())
    }

    pub fn boolean(&mut self, key: &str) -> Option<bool> {
        self.typed(key, "expected true or false", |value| match value {
            Value::Bool(truth) => Some(truth),
            _ => None,
        })
    }

    /// A whole number; a fraction is cut off, and text of digits is read.
    pub fn integer(&mut self, key: &str) -> Option<i64> {
        self.typed(key, "expected a number", |value| integer(&value))
    }

    pub fn object(&mut self, key: &str) -> Map<String, Value> {
        self.typed(key, "expected an object", |value| match value {
            Value::Object(object) => Some(object),
            _ => None,
        })
        .unwrap_or_default()
    }

    pub fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        self.typed(key, "expected a list of texts", |value| match value {
            Value::Array(values) => {
                values.into_iter().map(|one| one.as_str().map(str::to_owned)).collect()
            }
            _ => None,
        })
    }

    fn typed<T>(
        &mut self,
        key: &str,
        expected: &str,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.object.remove(key).filter(|value| !value.is_null())?;
        let read = read(value);
        if read.is_none() {
            self.refuse("wrong_type", key, expected);
        }
        read
    }
}

/// A JSON number or text of digits as a whole number.
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

/// A JSON number, or text of one, as a number.
pub(super) fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => Some(number.clone().into()),
        Value::String(text) => {
            let text = text.trim();
            text.parse::<i64>().map(Value::from).ok().or_else(|| {
                Number::from_f64(f64::from_lexical(text.as_bytes()).ok()?).map(Value::Number)
            })
        }
        _ => None,
    }
}
