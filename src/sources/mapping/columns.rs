//! The columns of a table.

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
        match self.0.iter_mut().find(|(name, _)| name == field) {
            Some((_, old)) => *old = paths,
            None => self.0.push((field.to_owned(), paths)),
        }
    }

    /// Sets each of the other columns.
    pub fn set_all(&mut self, others: Self) {
        for (field, paths) in others.0 {
            self.set(&field, paths);
        }
    }

    /// Puts the paths of other columns before the paths of these.
    pub fn put_before(&mut self, others: Self) {
        for (field, mut paths) in others.0 {
            if let Some(own) = self.get(&field) {
                paths.append(own);
            }
            self.set(&field, paths);
        }
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
    fn a_column_takes_the_place_of_its_namesake() {
        let mut columns = Columns::default();
        for (field, path) in [("b", "1"), ("c", "2"), ("a", "3"), ("b", "4")] {
            columns.set(field, Paths::of([path]));
        }
        let all: Vec<_> = columns.iter().map(|(field, paths)| (field, paths.first())).collect();
        assert_eq!(all, [("b", Some("4")), ("c", Some("2")), ("a", Some("3"))]);
        assert_eq!((columns.get("d"), columns.get("c")), (None, Some(&Paths::of(["2"]))));
    }
}
