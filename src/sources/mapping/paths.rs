//! Finds values in a source by paths into its JSON. The first path with a value wins.

use std::borrow::Cow;

use serde_json::Value;

/// One path such as `properties.revenue`, or several in the order in which they are tried. A number
/// in a path is an index in a list. `=EUR` is the text itself. An empty list has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths(Vec<String>);

impl Paths {
    /// Returns these paths, in this order.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        Self(paths.into_iter().map(str::to_owned).collect())
    }

    /// Returns the first value that is not absent, and its path.
    pub fn find<'a>(&'a self, source: &'a Value) -> Option<(&'a str, Cow<'a, Value>)> {
        self.0.iter().find_map(|path| match path.strip_prefix('=') {
            Some(text) => Some((path.as_str(), Cow::Owned(Value::from(text)))),
            None => Some((path.as_str(), Cow::Borrowed(at(source, path)?))),
        })
    }

    /// Returns the path that a sender should fill.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }

    /// Returns all paths, to show them.
    #[must_use]
    pub fn all(&self) -> &[String] {
        &self.0
    }
}

/// Returns the value at a path, or `None` if it is absent, blank or empty.
fn at<'a>(source: &'a Value, path: &str) -> Option<&'a Value> {
    let found = path.split('.').try_fold(source, |value, key| match value {
        Value::Object(fields) => fields.get(key),
        Value::Array(values) => values.get(key.parse::<usize>().ok()?),
        _ => None,
    })?;
    match found {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::Array(values) if values.is_empty() => None,
        Value::Object(fields) if fields.is_empty() => None,
        found => Some(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(paths: &[&str], source: &Value) -> Option<(String, Value)> {
        let paths = Paths::of(paths.iter().copied());
        paths.find(source).map(|(path, value)| (path.to_owned(), value.into_owned()))
    }

    #[test]
    fn the_first_path_that_says_something_wins() {
        let source = json!({ "a": null, "b": " ", "c": { "d": [1, { "e": 2 }] } });
        assert_eq!(found(&["a", "b", "c.d.1.e"], &source), Some(("c.d.1.e".to_owned(), json!(2))));
        assert_eq!(found(&["c.d.7.e"], &source), None);
        let empty = json!({ "a": [], "b": {}, "c": false });
        assert_eq!(found(&["a", "b", "c"], &empty), Some(("c".to_owned(), json!(false))));
        assert_eq!(found(&[], &source), None);
    }

    #[test]
    fn text_after_an_equals_sign_is_the_value() {
        assert_eq!(found(&["a", "=EUR"], &json!({})), Some(("=EUR".to_owned(), json!("EUR"))));
    }
}
