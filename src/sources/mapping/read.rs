//! Reads a table, and an operator's changes of it, from JSON. An error names its path.
//!
//! It does not use serde's derive. A page reads its table with the same code, and the derived code
//! would be a third of what that page loads.

use serde_json::{Map, Value};

use super::{Changes, Columns, Paths, Row, Table, TableError, Unmapped};

/// The keys that a table and its changes have in common.
const CHANGES: [&str; 4] = ["unmapped", "everyEvent", "product", "events"];
const ROW: [&str; 5] = ["event", "call", "becomes", "products", "fields"];

impl Changes {
    /// Reads an operator's changes.
    ///
    /// # Errors
    /// The first error: a misspelt key, or a wrong type.
    pub fn read(json: &Value) -> Result<Self, TableError> {
        let fields = object(json, "")?;
        known(fields, &CHANGES, "")?;
        changes(fields)
    }
}

impl Table {
    /// Reads a whole table.
    ///
    /// # Errors
    /// As [`Changes::read`].
    pub fn read(json: &Value) -> Result<Self, TableError> {
        let fields = object(json, "")?;
        let Changes { unmapped, every_event, product, events } = changes(fields)?;
        Ok(Self {
            name: paths(fields.get("name").unwrap_or(&Value::Null), "name")?,
            unmapped: unmapped.unwrap_or_default(),
            every_event,
            product,
            events,
        })
    }
}

fn changes(fields: &Map<String, Value>) -> Result<Changes, TableError> {
    let mut events = Vec::new();
    match fields.get("events") {
        None => {}
        Some(Value::Array(rows)) => {
            for (index, each) in rows.iter().enumerate() {
                events.push(row(each, &format!("events[{index}]"))?);
            }
        }
        Some(_) => return Err(expected("events", "a list")),
    }
    Ok(Changes {
        unmapped: match text(fields, "unmapped", "")? {
            None => None,
            Some("leaveOut") => Some(Unmapped::LeaveOut),
            Some("custom") => Some(Unmapped::Custom),
            Some(_) => return Err(expected("unmapped", "\"leaveOut\" or \"custom\"")),
        },
        every_event: columns(fields, "everyEvent", "")?,
        product: columns(fields, "product", "")?,
        events,
    })
}

fn row(json: &Value, path: &str) -> Result<Row, TableError> {
    let fields = object(json, path)?;
    known(fields, &ROW, path)?;
    let named = |key| Ok(text(fields, key, path)?.map(str::to_owned));
    Ok(Row {
        event: named("event")?,
        call: named("call")?.unwrap_or_else(|| "track".to_owned()),
        becomes: named("becomes")?,
        products: match fields.get("products") {
            None | Some(Value::Null) => None,
            Some(products) => Some(paths(products, &below(path, "products"))?),
        },
        fields: columns(fields, "fields", path)?,
    })
}

fn columns(fields: &Map<String, Value>, key: &str, path: &str) -> Result<Columns, TableError> {
    let mut columns = Columns::default();
    let Some(json) = fields.get(key) else { return Ok(columns) };
    let path = below(path, key);
    for (field, json) in object(json, &path)? {
        columns.set(field, paths(json, &below(&path, field))?);
    }
    Ok(columns)
}

fn paths(json: &Value, path: &str) -> Result<Paths, TableError> {
    let all: Option<Vec<&str>> = match json {
        Value::Array(all) => all.iter().map(Value::as_str).collect(),
        one => one.as_str().map(|one| vec![one]),
    };
    all.map(Paths::of)
        .ok_or_else(|| expected(path, "a path such as \"properties.revenue\", or a list of such"))
}

fn text<'a>(
    fields: &'a Map<String, Value>,
    key: &str,
    path: &str,
) -> Result<Option<&'a str>, TableError> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(expected(&below(path, key), "text")),
    }
}

fn object<'a>(json: &'a Value, path: &str) -> Result<&'a Map<String, Value>, TableError> {
    json.as_object().ok_or_else(|| expected(path, "an object"))
}

fn known(fields: &Map<String, Value>, names: &[&str], path: &str) -> Result<(), TableError> {
    match fields.keys().find(|key| !names.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(expected(&below(path, key), &format!("one of {}", names.join(", ")))),
    }
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn expected(path: &str, what: &str) -> TableError {
    TableError { path: path.to_owned(), message: format!("expected {what}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cannot_be_read_is_named_by_its_path() {
        for (json, path) in [
            (json!([]), ""),
            (json!({ "everyevent": {} }), "everyevent"),
            (json!({ "unmapped": "keep" }), "unmapped"),
            (json!({ "everyEvent": [] }), "everyEvent"),
            (json!({ "product": { "id": 5 } }), "product.id"),
            (json!({ "product": { "id": ["sku", 5] } }), "product.id"),
            (json!({ "events": {} }), "events"),
            (json!({ "events": [{ "event": "A" }, "B"] }), "events[1]"),
            (json!({ "events": [{ "Event": "A" }] }), "events[0].Event"),
            (json!({ "events": [{ "event": 5 }] }), "events[0].event"),
            (json!({ "events": [{ "products": true }] }), "events[0].products"),
            (json!({ "events": [{ "fields": { "x": null } }] }), "events[0].fields.x"),
        ] {
            assert_eq!(Changes::read(&json).unwrap_err().path, path);
        }
    }
}
