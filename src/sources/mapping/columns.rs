//! The columns of a table, sorted by name.

use super::Paths;

/// Meta's fields, each with its paths in the source.
///
/// It is a list and not a map: a page loads this code, and a table has only a few dozen columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns(Vec<(String, Paths)>);

impl Columns {
    /// Returns the paths of a field in the source.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Paths> {
        self.iter().find(|(name, _)| *name == field).map(|(_, paths)| paths)
    }

    /// Sets a column. It replaces the column with the same name.
    pub fn set(&mut self, field: &str, paths: Paths) {
        let at = self.0.iter().position(|(name, _)| name.as_str() >= field);
        match at.map(|at| (at, self.0.get_mut(at))) {
            Some((_, Some((name, old)))) if name == field => *old = paths,
            Some((at, _)) => self.0.insert(at, (field.to_owned(), paths)),
            None => self.0.push((field.to_owned(), paths)),
        }
    }

    /// Keeps the columns for which `may_stay` returns true.
    pub fn retain(&mut self, may_stay: impl Fn(&str) -> bool) {
        self.0.retain(|(field, _)| may_stay(field));
    }

    /// Returns all columns.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Paths)> {
        self.0.iter().map(|(field, paths)| (field.as_str(), paths))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_takes_the_place_of_its_namesake_and_all_stand_in_order() {
        let mut columns = Columns::default();
        for (field, path) in [("b", "1"), ("c", "2"), ("a", "3"), ("b", "4")] {
            columns.set(field, Paths::of([path]));
        }
        let all: Vec<_> = columns.iter().map(|(field, paths)| (field, paths.first())).collect();
        assert_eq!(all, [("a", Some("3")), ("b", Some("4")), ("c", Some("2"))]);
        columns.retain(|field| field != "b");
        assert_eq!((columns.get("b"), columns.get("c")), (None, Some(&Paths::of(["2"]))));
    }
}
