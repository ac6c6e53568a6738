//! Names the fields of customer information that no column reads, in the shapes of Google's and
//! Meta's tags: members of `user_data`, and parameters such as `x-fb-ud-em`.

use serde_json::Value;

use super::paths::cut;
use super::{Columns, Table};
use crate::event::{MOST_NAMED, Problem};
use crate::sources::json::shown;

/// The object in which Google's tags have customer information.
const USER_DATA: &str = "user_data";
/// The start of a parameter of Meta's tag for server containers.
const PREFIX: &str = "x-fb-";
/// Google hashes a phone number with its leading `+`. Meta's hash has none, so it never matches.
const HASH_WITH_PLUS: &str = "sha256_phone_number";
/// The fields of Google's that Meta has no field for.
const UNUSED: [&str; 2] = ["street", "sha256_street"];

impl Table {
    /// Returns a problem for each field that no column reads. `has_phone` is true if another field
    /// gave a phone number.
    pub(super) fn unread(&self, source: &Value, path: &str, has_phone: bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !self.reads_below(USER_DATA) {
            return problems;
        }
        if let Some(members) = source.get(USER_DATA) {
            self.members(members, USER_DATA, path, has_phone, &mut problems);
        }
        for (name, value) in source.as_object().into_iter().flatten() {
            if name.starts_with(PREFIX) && !is_nothing(value) && !self.reads(name) {
                name_it(&mut problems, format!("{path}.{}", shown(name)));
            }
        }
        problems
    }

    /// Names the unread members of an object, or of the first object in a list.
    fn members(
        &self,
        object: &Value,
        at: &str,
        path: &str,
        has_phone: bool,
        problems: &mut Vec<Problem>,
    ) {
        let object = object.get(0).unwrap_or(object);
        for (name, value) in object.as_object().into_iter().flatten() {
            let below = format!("{at}.{name}");
            let is_unused = UNUSED.contains(&name.as_str()) || name.starts_with('_');
            if is_nothing(value) || is_unused || self.reads(&below) {
                continue;
            }
            let shown = || format!("{path}.{at}.{}", shown(name));
            if self.reads_below(&below) {
                self.members(value, &below, path, has_phone, problems);
            } else if name != HASH_WITH_PLUS {
                name_it(problems, shown());
            } else if !has_phone {
                let message = "expected phone_number: Google hashes a phone number with its +, which Meta's hash does not have: it was left out";
                problems.push(Problem::left_out("unusable_customer_information", shown(), message));
            }
        }
    }

    fn reads(&self, path: &str) -> bool {
        self.all_paths().any(|known| known == path)
    }

    fn reads_below(&self, path: &str) -> bool {
        self.all_paths().any(|known| {
            known
                .strip_prefix(path)
                .is_some_and(|rest| cut(rest, b".").0.is_empty() && rest.len() > 1)
        })
    }

    /// Returns the paths of the columns of all events and rows.
    fn all_paths(&self) -> impl Iterator<Item = &str> {
        let columns = self.events.iter().map(|row| &row.fields);
        let columns = columns.chain([&self.every_event, &self.known]);
        columns.flat_map(Columns::iter).flat_map(|(_, paths)| paths.all()).map(String::as_str)
    }
}

fn name_it(problems: &mut Vec<Problem>, at: String) {
    let message = "expected a field of docs/mappings.md: no column reads it, so it was left out";
    let problem = Problem::left_out("unknown_field", at, message);
    if problems.len() < MOST_NAMED && !problems.contains(&problem) {
        problems.push(problem);
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::mapping::{Changes, Source};
    use serde_json::json;

    fn named(source: &Value) -> Vec<String> {
        let table = Table::of(Source::Ga4, Changes::default()).unwrap();
        table.unread(source, "data[0]", false).into_iter().map(|problem| problem.path).collect()
    }

    #[test]
    fn a_field_that_no_column_reads_is_named_without_the_senders_word() {
        let source = json!({
            "user_data": {
                "emial": "a", "email": "b", "sha256_phone_number": "c", "street": "d", "_tag_mode": "MANUAL",
                "address": [{ "first_name": "e", "zip": "f", "street": "g", "city": null, "town": "" }],
            },
            "x-fb-ud-em": "h", "x-fb-cd-color": "i", "x-ga-gcs": "j", "color": "k",
        });
        let expected = [
            "data[0].user_data.address.*",
            "data[0].user_data.*",
            "data[0].user_data.sha256_phone_number",
            "data[0].*",
        ];
        let mut named = named(&source);
        named.sort();
        let mut expected = expected.map(str::to_owned).to_vec();
        expected.sort();
        assert_eq!(named, expected);
    }

    #[test]
    fn other_shapes_have_fields_of_their_own() {
        let table = Table::of(Source::Segment, Changes::default()).unwrap();
        let source = json!({ "user_data": { "plan": "gold" }, "x-fb-ud-plan": "gold" });
        assert_eq!(table.unread(&source, "", false), []);
    }
}
