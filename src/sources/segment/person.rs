//! Finds the person of a call, and reads the information of `identify` and `alias` about people.

use serde_json::{Map, Value};

use super::{Read, Settings, Trust};
use crate::customer::Field;
use crate::event::CustomerInformation;
use crate::sha256;
use crate::sources::customer_information;
use crate::sources::fields::Fields;

/// The maximum number of hashes of one field that are stored for a person: the forms of one or two
/// values.
const MOST_HASHES: usize = 4;

/// The hashed information about a person from `identify` or `alias`. It is added to later events of
/// that person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The keys of the person's ids.
    pub keys: Vec<String>,
    /// The keys that belong to the same person.
    pub same_as: Vec<String>,
    /// Hashed customer information, a JSON object.
    pub user_data: String,
}

/// The ids of the person of a call.
pub(super) struct Ids {
    pub user: Option<String>,
    pub anonymous: Option<String>,
}

impl Ids {
    pub fn of(message: &Value) -> Self {
        Self { user: id(message, "userId"), anonymous: id(message, "anonymousId") }
    }

    /// Returns the keys of the ids. They are not the ids themselves, because some ids are e-mail
    /// addresses.
    pub fn keys(&self, settings: &Settings<'_>) -> Vec<String> {
        let key = |kind: &str, id: &Option<String>| id.as_ref().map(|id| key(kind, id, settings));
        [key("user", &self.user), key("anonymous", &self.anonymous)].into_iter().flatten().collect()
    }

    /// Returns the person of an `alias` call. The previous id may be a user id or an anonymous id.
    pub fn alias(&self, message: &Value, settings: &Settings<'_>) -> Option<Person> {
        let previous = id(message, "previousId")?;
        let same_as = ["user", "anonymous"].map(|kind| key(kind, &previous, settings)).to_vec();
        Some(Person { keys: self.keys(settings), same_as, user_data: "{}".to_owned() })
    }
}

/// Returns the key of an id. Anyone can send traits of any user from a page. Unless these are
/// believed, they have keys of their own.
fn key(kind: &str, id: &str, settings: &Settings<'_>) -> String {
    let said_by = match settings.trust {
        Trust::Page if !settings.believes_pages_traits => "page",
        _ => "server",
    };
    sha256::hex(&sha256::digest(format!("{said_by}:{kind}:{id}").into_bytes()))
}

fn id(message: &Value, key: &str) -> Option<String> {
    match message.get(key)? {
        Value::String(id) if !id.trim().is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Puts the hashed information of the traits into `read`, without any id and the rest of the call.
pub(super) fn identify(
    ids: &Ids,
    message: &Value,
    path: &str,
    settings: &Settings<'_>,
    now_millis: u64,
    read: &mut Read,
) {
    let mut mapped = settings.table.person(message, path);
    let user_data = Value::Object(std::mem::take(&mut mapped.event));
    let Ok(mut fields) = Fields::of(user_data, path) else { return };
    let (customer, below) = customer_information::of_page(fields.below("user_data"), now_millis);
    fields.absorb(below);
    let located =
        fields.problems().into_iter().map(|problem| mapped.origins.located(problem, path));
    read.problems.extend(mapped.problems.into_iter().chain(located));
    let CustomerInformation { mut hashed, .. } = customer;
    hashed.remove(Field::ExternalId.key());
    hashed.values_mut().for_each(|hashes| hashes.truncate(MOST_HASHES));
    if !hashed.is_empty()
        && let Ok(user_data) = serde_json::to_string(&hashed)
    {
        read.person = Some(Person { keys: ids.keys(settings), same_as: Vec::new(), user_data });
    }
}

/// Merges hashed customer information. For each field, the first object that has it wins.
///
/// Each of `user_data` is a JSON object; any other text is ignored.
#[must_use]
pub fn together<'a>(user_data: impl IntoIterator<Item = &'a str>) -> Map<String, Value> {
    let mut all = Map::new();
    for one in user_data {
        if let Ok(Value::Object(fields)) = serde_json::from_str(one) {
            for (key, value) in fields {
                all.entry(key).or_insert(value);
            }
        }
    }
    all
}

/// Returns an event in JSON with the known information about its person. The event's own fields
/// win.
#[must_use]
pub fn with_known<'a>(event: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let Ok(Value::Object(mut fields)) = serde_json::from_str(event) else {
        return event.to_owned();
    };
    let user_data = fields.entry("user_data").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(user_data) = user_data {
        for (key, value) in together(known) {
            user_data.entry(key).or_insert(value);
        }
    }
    Value::Object(fields).to_string()
}
