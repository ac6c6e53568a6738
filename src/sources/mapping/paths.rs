//! Finds values in a source by paths into its JSON. The first path with a value wins.
//!
//! A path of a product that starts with `$.` leads into its event.

use super::value::{Found, Json};

/// One path such as `properties.revenue`, or several in the order in which they are tried. A number
/// in a path is an index in a list. `=EUR` is the text itself. An empty list has no value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paths(Vec<String>);

impl Paths {
    /// Returns these paths, in this order.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        Self(paths.into_iter().map(str::to_owned).collect())
    }

    /// Returns the first value that is not absent, and its path.
    pub fn find<'a, J: Json<'a>>(&'a self, place: Place<'_, J>) -> Option<(&'a str, Found<'a, J>)> {
        self.0.iter().find_map(|path| Some((path.as_str(), place.find(path)?)))
    }

    /// Appends other paths, which are tried later.
    pub fn append(&mut self, later: &Self) {
        self.0.extend(later.0.iter().cloned());
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

/// Splits a path after its first key.
pub(in crate::sources) fn first_key(path: &str) -> (&str, Option<&str>) {
    cut(path, b".")
}

/// Splits a text at the first of some marks. Not `split_once`, which pages would load for this alone.
pub(super) fn cut<'t>(text: &'t str, marks: &[u8]) -> (&'t str, Option<&'t str>) {
    let mark = text.bytes().position(|byte| marks.contains(&byte)).unwrap_or(text.len());
    (text.get(..mark).unwrap_or_default(), text.get(mark + 1..))
}

/// Returns a field by its name.
pub type Root<'a, J> = &'a dyn Fn(&str) -> Option<J>;

/// The place from which paths lead.
#[derive(Clone, Copy)]
pub struct Place<'r, J> {
    /// The fields of the event, or of one of its products.
    pub own: Root<'r, J>,
    /// The fields of the event.
    pub event: Root<'r, J>,
}

impl<'r, 'a, J: Json<'a>> Place<'r, J> {
    /// Returns the place of an event.
    pub fn event(event: Root<'r, J>) -> Self {
        Self { own: event, event }
    }

    /// Returns the value at a path, or the text of the table after `=`. Returns `None` if the value
    /// is absent, blank or empty.
    pub fn find(self, path: &'a str) -> Option<Found<'a, J>> {
        if let Some(text) = path.strip_prefix('=') {
            return Some(Found::Table(text));
        }
        let found = match path.strip_prefix("$.") {
            Some(path) => at(self.event, path),
            None => at(self.own, path),
        };
        found.map(Found::Source)
    }
}

/// Returns the value at a path, or `None` if it is absent, blank or empty. Of a list on the way the
/// first element counts, as Google's tags read `user_data.address`.
fn at<'a, J: Json<'a>>(root: Root<'_, J>, path: &str) -> Option<J> {
    let (first, mut rest) = first_key(path);
    let mut found = root(first)?;
    while let Some(path) = rest {
        let (key, below) = first_key(path);
        found = found.field(key).or_else(|| found.element(0)?.field(key))?;
        rest = below;
    }
    (!found.view().is_absent::<J>()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn found(paths: &[&str], source: &Value) -> Option<(String, Value)> {
        let paths = Paths::of(paths.iter().copied());
        let found = paths.find(Place::event(&|key| source.field(key)));
        found.map(|(path, value)| (path.to_owned(), value.made()))
    }

    #[test]
    fn the_first_path_that_says_something_wins() {
        let source = json!({ "a": null, "b": " ", "c": { "d": [1, { "e": 2 }] } });
        assert_eq!(found(&["a", "b", "c.d.1.e"], &source), Some(("c.d.1.e".to_owned(), json!(2))));
        assert_eq!(found(&["c.d.7.e"], &source), None);
        let list = json!({ "address": [{ "city": "Berlin" }, { "city": "Paris" }] });
        let city = ("address.city".to_owned(), json!("Berlin"));
        assert_eq!(found(&["address.city"], &list), Some(city));
        let empty = json!({ "a": [], "b": {}, "c": false });
        assert_eq!(found(&["a", "b", "c"], &empty), Some(("c".to_owned(), json!(false))));
        assert_eq!(found(&[], &source), None);
    }

    #[test]
    fn text_after_an_equals_sign_is_the_value() {
        assert_eq!(found(&["a", "=EUR"], &json!({})), Some(("=EUR".to_owned(), json!("EUR"))));
    }
}
