//! Reads `custom_data` as senders write it. A value with one meaning is read. A wrong value is left
//! out and named, and the event is accepted. Only a Purchase needs fields of it: its value and its
//! currency.

use serde_json::{Map, Value};

use super::decimal::{number, whole};
use super::fields::{Fields, id_text, is_absent};
use crate::event::{MOST_NAMED, Problem, expected_currency, is_currency};

/// The values of `delivery_category`: the ways in which an order arrives (Meta, "Custom Data
/// Parameters").
const DELIVERY_CATEGORIES: [&str; 3] = ["in_store", "curbside", "home_delivery"];

/// The kind of value that Meta takes in a field.
#[derive(Clone, Copy)]
enum Kind {
    /// Text. A number is written as text. A list of one text becomes that text, because Segment's
    /// pixel writes `content_type` as a list.
    Text,
    /// An id: text, or a whole number as its decimal text.
    Id,
    /// A number.
    Number,
    /// A whole number.
    Whole,
    /// One of [`DELIVERY_CATEGORIES`].
    Delivery,
}

/// Meta's fields of `custom_data` (Meta, "Custom Data Parameters"), except those with their own
/// rules. `status` is a boolean in the pixel's documents and text in the SDKs, so it is not
/// checked.
const FIELDS: [(&str, Kind); 10] = [
    ("content_category", Kind::Text),
    ("content_name", Kind::Text),
    ("content_type", Kind::Text),
    ("delivery_category", Kind::Delivery),
    ("item_number", Kind::Id),
    ("net_revenue", Kind::Number),
    ("num_items", Kind::Whole),
    ("order_id", Kind::Id),
    ("predicted_ltv", Kind::Number),
    ("search_string", Kind::Text),
];
/// Meta's fields of a product in `contents`.
const PRODUCT: [(&str, Kind); 9] = [
    ("brand", Kind::Text),
    ("category", Kind::Text),
    ("delivery_category", Kind::Delivery),
    ("description", Kind::Text),
    ("id", Kind::Id),
    ("item_price", Kind::Number),
    ("price", Kind::Number),
    ("quantity", Kind::Whole),
    ("title", Kind::Text),
];

/// Reads the custom data of an event.
pub(super) fn read(fields: &mut Fields, is_purchase: bool) -> Map<String, Value> {
    let mut data = fields.object("custom_data");
    data.retain(|_, value| !is_absent(value));
    money(&mut data, fields, is_purchase);
    contents(&mut data, fields);
    content_ids(&mut data, fields);
    for (key, kind) in FIELDS {
        let Some(value) = data.get_mut(key) else { continue };
        match kind.read(value.take()) {
            Ok(read) => *value = read,
            Err(expected) => {
                data.remove(key);
                leave_out(fields, "wrong_type", key, expected);
            }
        }
    }
    data
}

/// Reads value and currency. A value needs a currency. Meta rejects a Purchase without both. From
/// any other event a wrong value is left out, because the event is worth more without it than not
/// at all.
fn money(data: &mut Map<String, Value>, fields: &mut Fields, is_purchase: bool) {
    let mut wrong = |code, key: &str, expected: &str, subcode| {
        let at = fields.at(&format!("custom_data.{key}"));
        fields.add(if is_purchase {
            Problem::refused(code, at, expected).with_subcode(subcode)
        } else {
            Problem::left_out(code, at, format!("{expected}: it was left out"))
        });
    };
    if let Some(value) = data.get("value") {
        match number(value) {
            Some(number) => drop(data.insert("value".to_owned(), number)),
            None => {
                data.remove("value");
                let expected = "expected a number such as 59.9; \"1,299\" may be either of two";
                wrong("invalid_value", "value", expected, 2_804_009);
            }
        }
    }
    if let Some(currency) = data.get("currency") {
        let text = currency.as_str().unwrap_or_default().trim();
        let code = text.to_ascii_uppercase();
        if is_currency(&code) {
            data.insert("currency".to_owned(), code.into());
        } else {
            let expected = expected_currency(text);
            data.remove("currency");
            wrong("invalid_currency", "currency", &expected, 2_804_019);
        }
    }
    if !is_purchase && data.contains_key("value") && !data.contains_key("currency") {
        data.remove("value");
        let message = "expected a code such as \"EUR\": the value was left out, which needs it";
        let at = fields.at("custom_data.currency");
        fields.add(Problem::left_out("missing_currency", at, message).with_subcode(2_804_023));
    }
}

/// Reads products: a list, one product, or either as JSON text. A product without an id is left
/// out.
fn contents(data: &mut Map<String, Value>, fields: &mut Fields) {
    let Some(given) = data.remove("contents") else { return };
    let Some(given) = fields.written_out("custom_data.contents", given) else { return };
    let given = match given {
        Value::Array(products) => products,
        product @ Value::Object(_) => vec![product],
        _ => {
            let expected = "expected a list of products: [{\"id\": \"SKU-1\", \"quantity\": 1}]";
            return leave_out(fields, "invalid_contents", "contents", expected);
        }
    };
    let mut named = 0;
    let mut leave_out = |code, index: usize, key: &str, expected: &str| {
        if named < MOST_NAMED {
            leave_out(fields, code, &format!("contents[{index}].{key}"), expected);
        }
        named += 1;
    };
    let mut products = Vec::with_capacity(given.len());
    for (index, product) in given.into_iter().enumerate() {
        let mut product = match product {
            Value::Object(product) => product,
            product if is_absent(&product) => continue,
            _ => Map::new(),
        };
        product.retain(|_, value| !is_absent(value));
        for (key, kind) in PRODUCT {
            let Some(value) = product.get_mut(key) else { continue };
            match kind.read(value.take()) {
                Ok(read) => *value = read,
                Err(expected) => {
                    product.remove(key);
                    if key != "id" {
                        leave_out("wrong_type", index, key, expected);
                    }
                }
            }
        }
        if product.contains_key("id") {
            products.push(Value::Object(product));
        } else {
            leave_out("missing_content_id", index, "id", "expected the product's id");
        }
    }
    if !products.is_empty() {
        data.insert("contents".to_owned(), products.into());
    }
}

/// Reads ids of products: a list, one id, either as JSON text, or text with commas between the ids.
/// A list of one text is read like that text, unless `contents` has a product with this text as its
/// id. The id then stays as it came, also with commas or spaces: Meta compares ids as text.
fn content_ids(data: &mut Map<String, Value>, fields: &mut Fields) {
    const KEY: &str = "content_ids";
    const EXPECTED: &str = "expected a list of ids, each of them text";
    let Some(given) = data.remove(KEY) else { return };
    let mut written_out = |given| fields.written_out("custom_data.content_ids", given);
    let given = match written_out(given) {
        Some(Value::Array(mut ids)) if ids.len() == 1 && is_text_of_ids(&ids, data) => {
            ids.pop().and_then(written_out)
        }
        given => given,
    };
    let given = match given {
        None => return,
        Some(Value::Array(ids)) => ids,
        Some(Value::String(text)) => match listed(&text) {
            Some(ids) => ids,
            None => return leave_out(fields, "invalid_content_ids", KEY, EXPECTED),
        },
        Some(one) => vec![one],
    };
    let mut ids: Vec<Value> = Vec::with_capacity(given.len());
    let mut has_wrong = false;
    for id in given.into_iter().filter(|id| !is_absent(id)) {
        match id_text(&id) {
            Some(id) => ids.push(id.into()),
            None => has_wrong = true,
        }
    }
    if has_wrong {
        leave_out(fields, "invalid_content_ids", KEY, EXPECTED);
    }
    if !ids.is_empty() {
        data.insert(KEY.to_owned(), ids.into());
    }
}

/// Returns true if the texts are none of the ids of the products in `contents`.
fn is_text_of_ids(texts: &[Value], data: &Map<String, Value>) -> bool {
    let products = data.get("contents").and_then(Value::as_array);
    let is_id = |text| products.into_iter().flatten().any(|one| one.get("id") == Some(text));
    texts.iter().all(|text| text.is_string() && !is_id(text))
}

/// Reads ids in text: ids with commas between them, or a list as Python writes it (`['1', "2", 3]`),
/// also without its brackets. Returns `None` if the text looks like a list or an object and its
/// ids are not clear.
fn listed(text: &str) -> Option<Vec<Value>> {
    const QUOTES: [char; 2] = ['\'', '"'];
    let text = text.trim();
    let mut rest = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?.trim(),
        None if text.starts_with(QUOTES) => text,
        None if text.starts_with('{') => return None,
        None => return Some(text.split(',').map(|id| id.trim().into()).collect()),
    };
    let mut ids = Vec::new();
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|first| QUOTES.contains(first));
        let (id, after) = match quote {
            Some(quote) => rest.strip_prefix(quote)?.split_once(quote)?,
            None => rest.split_at(rest.find(',').unwrap_or(rest.len())),
        };
        let is_number = || id.trim().bytes().all(|digit| digit.is_ascii_digit());
        if id.contains('\\') || quote.is_none() && !is_number() {
            return None;
        }
        ids.push(id.trim().into());
        rest = match after.trim_start() {
            "" => "",
            after => after.strip_prefix(',')?.trim_start(),
        };
    }
    Some(ids)
}

fn leave_out(fields: &mut Fields, code: &'static str, key: &str, expected: &str) {
    fields.leave_out(code, &format!("custom_data.{key}"), &format!("{expected}: it was left out"));
}

impl Kind {
    /// Returns a value as Meta wants it, or a text that says what was expected.
    fn read(self, value: Value) -> Result<Value, &'static str> {
        match self {
            Self::Text => text(value).ok_or("expected text"),
            Self::Id => id_text(&value).map(Value::from).ok_or("expected an id, text"),
            Self::Number => number(&value).ok_or("expected a number"),
            Self::Whole => whole(&value).map(Value::from).ok_or("expected a whole number"),
            Self::Delivery => {
                let name = value.as_str().unwrap_or_default().trim().to_ascii_lowercase();
                let is_known = DELIVERY_CATEGORIES.contains(&name.as_str());
                is_known
                    .then(|| name.into())
                    .ok_or("expected \"in_store\", \"curbside\" or \"home_delivery\"")
            }
        }
    }
}

fn text(value: Value) -> Option<Value> {
    match value {
        Value::String(_) => Some(value),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Bool(truth) => Some(truth.to_string().into()),
        Value::Array(mut values) if values.len() == 1 => {
            values.pop().filter(|one| one.is_string() && !is_absent(one))
        }
        _ => None,
    }
}
