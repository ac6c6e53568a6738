//! The JSON values that a table reads. The worker reads the values of a body, a page its own: the
//! rules of the tables are the same code for both.

use std::borrow::Cow;

use serde_json::{Number, Value};

use crate::sources::decimal::{in_text, whole_float};

/// A JSON value that lives for `'a`: one of a body, or one that a page has.
pub trait Json<'a>: Copy {
    /// A number.
    type Number: Clone;
    /// A value that the rules make.
    type Made;

    /// False for a page, which has no use for the fields of `user_data` that only a server sets, and
    /// takes any name of one: the worker checks the same configuration.
    const CHECKS_USER_DATA: bool = true;

    /// Returns the value itself, or the size of a list or an object.
    fn view(self) -> View<'a, Self::Number>;
    /// Returns the field of an object by its name, or the element of a list by its number in decimal
    /// digits.
    fn field(self, name: &str) -> Option<Self>;
    /// Returns the name of a field of an object, or the number of an element of a list.
    fn name(self, index: usize) -> Option<Cow<'a, str>>;
    /// Returns an element of a list; `None` if it has no such element, or is no list.
    fn element(self, index: usize) -> Option<Self>;

    /// Removes blanks at the start and at the end of a text. A page leaves blanks outside of ASCII.
    fn trimmed(text: &str) -> &str {
        text.trim()
    }
    /// Parses a number in decimal digits, such as `-59.9` or `1e3`. Returns `None` if it is too large.
    fn parse(digits: &str) -> Option<Self::Number>;
    /// Returns a number as a double.
    fn float(number: &Self::Number) -> f64;
    /// Returns the decimal digits of a whole number; `None` for a fraction, and for a number that
    /// lost digits in a double.
    fn digits(number: &Self::Number) -> Option<Cow<'a, str>>;

    /// Makes a copy of this value.
    fn made(self) -> Self::Made;
    /// Makes a text.
    fn text(text: &str) -> Self::Made;
    /// Makes a number.
    fn number(number: Self::Number) -> Self::Made;
    /// Makes a whole number.
    fn whole(number: u32) -> Self::Made;
    /// Makes a list.
    fn list(values: Vec<Self::Made>) -> Self::Made;
    /// Makes an object.
    fn object(fields: Vec<(&str, Self::Made)>) -> Self::Made;
}

/// A JSON value of each kind.
pub enum View<'a, N> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number(N),
    /// A text.
    Text(&'a str),
    /// A list, and the number of its elements.
    List(usize),
    /// An object, and the number of its fields.
    Object(usize),
}

/// A value that a path leads to.
#[derive(Clone, Copy)]
pub enum Found<'a, J> {
    /// A value of the source.
    Source(J),
    /// A text of the table, such as `EUR` of `=EUR`.
    Table(&'a str),
}

/// Returns the elements of a list. Other values have none.
pub(super) fn elements<'a, J: Json<'a>>(value: J) -> impl Iterator<Item = J> {
    (0..).map_while(move |index| value.element(index))
}

impl<'a, N: Clone> View<'a, N> {
    /// Returns true for a value that counts as absent: `null`, blank text, an empty list or object.
    pub(super) fn is_absent<J: Json<'a, Number = N>>(&self) -> bool {
        match self {
            Self::Null | Self::List(0) | Self::Object(0) => true,
            Self::Text(text) => J::trimmed(text).is_empty(),
            _ => false,
        }
    }

    pub(super) fn is_text_or_number(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Number(_))
    }

    /// Returns the text of a text.
    pub(in crate::sources) fn text(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns a number, or text of one, as a number. `None` if it is not a number or may be either
    /// of two; see [`in_text`].
    pub(in crate::sources) fn number<J: Json<'a, Number = N>>(&self) -> Option<N> {
        match self {
            Self::Number(number) => Some(number.clone()),
            Self::Text(text) => in_text(J::trimmed(text), J::parse),
            _ => None,
        }
    }

    /// Returns an id as text: text as it is, a whole number as its decimal text. Returns `None` for
    /// blank text, and for a number that lost digits in a double.
    pub(in crate::sources) fn id<J: Json<'a, Number = N>>(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) if !J::trimmed(text).is_empty() => Some(Cow::Borrowed(text)),
            Self::Number(number) => J::digits(number),
            _ => None,
        }
    }
}

impl<'a, J: Json<'a>> Found<'a, J> {
    /// Returns the value itself, or the size of a list or an object.
    pub(in crate::sources) fn view(self) -> View<'a, J::Number> {
        match self {
            Self::Source(value) => value.view(),
            Self::Table(text) => View::Text(text),
        }
    }

    /// Makes a copy of it.
    pub(in crate::sources) fn made(self) -> J::Made {
        match self {
            Self::Source(value) => value.made(),
            Self::Table(text) => J::text(text),
        }
    }
}

impl<'a> Json<'a> for &'a Value {
    type Number = Number;
    type Made = Value;

    fn view(self) -> View<'a, Number> {
        match self {
            Value::Null => View::Null,
            Value::Bool(_) => View::Bool,
            Value::Number(number) => View::Number(number.clone()),
            Value::String(text) => View::Text(text),
            Value::Array(values) => View::List(values.len()),
            Value::Object(fields) => View::Object(fields.len()),
        }
    }

    fn field(self, name: &str) -> Option<Self> {
        match self {
            Value::Object(fields) => fields.get(name),
            Value::Array(values) => values.get(name.parse::<usize>().ok()?),
            _ => None,
        }
    }

    fn name(self, index: usize) -> Option<Cow<'a, str>> {
        match self {
            Value::Object(fields) => fields.keys().nth(index).map(Cow::from),
            Value::Array(values) => (index < values.len()).then(|| index.to_string().into()),
            _ => None,
        }
    }

    fn element(self, index: usize) -> Option<Self> {
        self.as_array()?.get(index)
    }

    fn parse(digits: &str) -> Option<Number> {
        match digits.parse::<i64>() {
            Ok(whole) => Some(whole.into()),
            Err(_) => Number::from_f64(digits.parse().ok()?),
        }
    }

    fn float(number: &Number) -> f64 {
        number.as_f64().unwrap_or(f64::NAN)
    }

    fn digits(number: &Number) -> Option<Cow<'a, str>> {
        let whole = || number.as_i64().or_else(|| whole_float(number.as_f64()?));
        let unsigned = number.as_u64().map(|number| number.to_string());
        unsigned.or_else(|| Some(whole()?.to_string())).map(Cow::Owned)
    }

    fn made(self) -> Value {
        self.clone()
    }

    fn text(text: &str) -> Value {
        text.into()
    }

    fn number(number: Number) -> Value {
        number.into()
    }

    fn whole(number: u32) -> Value {
        number.into()
    }

    fn list(values: Vec<Value>) -> Value {
        values.into()
    }

    fn object(fields: Vec<(&str, Value)>) -> Value {
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}
