//! Converts what a page pushes to its `dataLayer`, in the form of Google Tag Manager or gtag, to
//! events in Meta's shape.
//!
//! It uses GA4's table, as the edge does. Only fields that a page may set are converted. The time,
//! the address and the visitor's identifiers are not, because the page knows them better.

use serde_json::{Map, Value};

use super::decimal::number;
use super::mapping::{Applied, Changes, Columns, Mapped, Parse, Table, TableError};
use crate::customer::Field;
use crate::identifiers::EventId;

/// The prefix of Tag Manager's own events, such as `gtm.js` and `gtm.click`. They are not custom
/// events.
const TAG_MANAGERS_OWN: &str = "gtm.";
/// The keys about the visitor. They apply to later events, also if they were pushed with an event.
const OF_THE_VISITOR: [&str; 2] = ["user_data", "user_id"];

/// The data that a page has pushed so far and that later events need.
#[derive(Debug)]
pub struct DataLayer {
    table: Table,
    parse: Parse,
    /// The values that apply to later events: pushed without an event, or about the visitor.
    held: Map<String, Value>,
}

/// An event of the page, for both the pixel and the worker.
#[derive(Debug, Clone, PartialEq)]
pub struct PushedEvent {
    /// Meta's name for it, standard or custom.
    pub event_name: String,
    /// The id that was pushed with the event.
    pub event_id: Option<EventId>,
    /// The pixel's parameters, which are the server copy's `custom_data`.
    pub parameters: Map<String, Value>,
    /// The customer information by Meta's keys, not hashed yet.
    pub customer: Map<String, Value>,
}

impl DataLayer {
    /// Creates the data layer of a page with GA4's table and the changes of the worker's
    /// configuration. `parse` parses JSON in text.
    ///
    /// # Errors
    /// As [`Table::changed`].
    pub fn new(table: Table, changes: &Changes, parse: Parse) -> Result<Self, TableError> {
        let mut table = table.changed(changes)?;
        keep_what_a_page_says(&mut table.every_event);
        table.events.iter_mut().for_each(|row| keep_what_a_page_says(&mut row.fields));
        Ok(Self { table, parse, held: Map::new() })
    }

    /// Reads a push: an object, or the arguments of a call of `gtag` as a list. Returns the event,
    /// or `None` if the push is not an event or the table leaves it out.
    pub fn push(&mut self, pushed: Value) -> Option<PushedEvent> {
        let pushed = match pushed {
            Value::Object(fields) => fields,
            Value::Array(call) => of_gtag(call)?,
            _ => return None,
        };
        if !pushed.contains_key("event") {
            self.hold(&pushed);
            return None;
        }
        self.hold(OF_THE_VISITOR.iter().filter_map(|&key| pushed.get_key_value(key)));
        // All other values apply to this event alone: its products are never those of the event
        // before.
        let mut source = self.held.clone();
        for (key, value) in pushed {
            source.insert(key, value);
        }
        let Applied::Mapped(Mapped { mut event, .. }) =
            self.table.apply("track", &Value::Object(source), "", self.parse)
        else {
            return None;
        };
        let Some(Value::String(event_name)) = event.remove("event_name") else { return None };
        if event_name.starts_with(TAG_MANAGERS_OWN) {
            return None;
        }
        let mut object = |key| match event.remove(key) {
            Some(Value::Object(fields)) => fields,
            _ => Map::new(),
        };
        let mut parameters = object("custom_data");
        tidy(&mut parameters);
        let customer = object("user_data");
        let event_id = event.get("event_id").and_then(Value::as_str);
        let event_id = event_id.and_then(|id| EventId::given(id).ok());
        Some(PushedEvent { event_name, event_id, parameters, customer })
    }

    /// Stores values for later events. `null` removes one, as in `{ ecommerce: null }`.
    fn hold<'a>(&mut self, pushed: impl IntoIterator<Item = (&'a String, &'a Value)>) {
        for (key, value) in pushed {
            if value.is_null() {
                self.held.remove(key);
            } else {
                self.held.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Returns the object that a call of `gtag` pushes: `gtag('event', 'purchase', {…})`,
/// `gtag('set', {…})` or `gtag('set', 'user_data', {…})`. Other commands do not describe an event.
fn of_gtag(call: Vec<Value>) -> Option<Map<String, Value>> {
    let mut call = call.into_iter();
    let command = call.next()?;
    match (command.as_str()?, call.next()?, call.next()) {
        ("event", Value::String(name), parameters) => {
            let mut fields = match parameters {
                Some(Value::Object(fields)) => fields,
                _ => Map::new(),
            };
            fields.insert("event".to_owned(), name.into());
            Some(fields)
        }
        ("set", Value::Object(fields), _) => Some(fields),
        ("set", Value::String(key), Some(value)) => {
            let mut fields = Map::new();
            fields.insert(key, value);
            Some(fields)
        }
        _ => None,
    }
}

/// Converts values to the form that the pixel's documents have: a price as a number, a currency in
/// capitals. The worker has rules for the other values. A page does not load these rules.
fn tidy(parameters: &mut Map<String, Value>) {
    parameters.retain(|_, value| !value.is_null());
    let text = parameters.get("value").filter(|value| value.is_string());
    if let Some(number) = text.and_then(number) {
        parameters.insert("value".to_owned(), number);
    }
    if let Some(Value::String(currency)) = parameters.get_mut("currency") {
        *currency = currency.trim().to_ascii_uppercase();
    }
}

fn keep_what_a_page_says(columns: &mut Columns) {
    columns.retain(|column| match column.split_once('.') {
        Some(("user_data", field)) => Field::from_key(field).is_some(),
        Some(("custom_data", _)) => true,
        _ => column == "event_id",
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::fields::written_out;
    use crate::sources::mapping::Source;
    use serde_json::json;

    fn with(changes: Value) -> Result<DataLayer, TableError> {
        let table = Table::of(Source::Ga4, &Changes::default()).unwrap();
        DataLayer::new(table, &Changes::read(&changes).unwrap(), written_out)
    }

    fn layer(changes: Value) -> DataLayer {
        with(changes).unwrap()
    }

    /// Returns name, id, parameters and customer of an event.
    fn said(event: Option<PushedEvent>) -> Value {
        let PushedEvent { event_name, event_id, parameters, customer } = event.unwrap();
        json!([event_name, event_id, parameters, customer])
    }

    #[test]
    fn gtag_and_tag_manager_say_the_same() {
        let parameters = json!({
            "value": 30, "currency": "EUR", "content_ids": ["A"], "content_type": "product",
            "contents": [{ "id": "A", "quantity": 1 }],
        });
        let expected = json!(["AddToCart", null, parameters, {}]);
        let item = json!({ "value": "30", "currency": "eur", "items": [{ "item_id": "A" }] });
        let pushed = json!({ "event": "add_to_cart", "ecommerce": item });
        assert_eq!(said(layer(json!({})).push(pushed)), expected);
        let called = json!(["event", "add_to_cart", item]);
        assert_eq!(said(layer(json!({})).push(called)), expected);
    }

    #[test]
    fn products_in_json_text_are_read_and_the_worker_names_what_is_wrong() {
        let items = "[{\"item_id\":7,\"price\":\"1,299\"}]";
        let event = said(layer(json!({})).push(json!({ "event": "view_item", "items": items })));
        let contents = json!([{ "id": "7", "item_price": "1,299", "quantity": 1 }]);
        assert_eq!(event[2]["contents"], contents);
        assert_eq!(event[2]["content_ids"], json!(["7"]));
    }

    #[test]
    fn what_was_pushed_without_an_event_holds_until_it_is_taken_back() {
        let mut layer = layer(json!({}));
        let ids = |event: Option<PushedEvent>| event.unwrap().parameters.remove("content_ids");
        layer.push(json!({ "ecommerce": { "items": [{ "item_id": "A" }] } }));
        assert_eq!(ids(layer.push(json!({ "event": "view_item" }))), Some(json!(["A"])));
        // The event's own products replace the others, and only for itself.
        let own = json!({ "event": "view_item", "ecommerce": { "items": [{ "item_id": "B" }] } });
        assert_eq!(ids(layer.push(own)), Some(json!(["B"])));
        assert_eq!(ids(layer.push(json!({ "event": "view_item" }))), Some(json!(["A"])));
        layer.push(json!({ "ecommerce": null }));
        assert_eq!(ids(layer.push(json!({ "event": "view_item" }))), None);
        layer.push(json!(["set", "user_data", { "email_address": "jane@example.com" }]));
        layer.push(json!(["set", { "user_id": "u-1" }]));
        let event = layer.push(json!(["event", "sign_up"])).unwrap();
        let known = json!({ "em": "jane@example.com", "external_id": "u-1" });
        assert_eq!(Value::Object(event.customer), known);
    }

    #[test]
    fn who_the_visitor_is_holds_whatever_it_was_pushed_with() {
        let mut layer = layer(json!({}));
        layer.push(json!({ "event": "login", "user_id": "u-1", "value": 5, "currency": "EUR" }));
        let event = said(layer.push(json!({ "event": "contact" })));
        assert_eq!(event, json!(["Contact", null, {}, { "external_id": "u-1" }]));
    }

    #[test]
    fn an_events_own_null_takes_nothing_of_what_holds() {
        let mut layer = layer(json!({}));
        layer.push(json!({ "ecommerce": { "value": 1, "currency": "EUR" } }));
        let event = layer.push(json!({ "event": "add_to_cart", "ecommerce": null })).unwrap();
        assert_eq!(event.parameters, Map::new());
    }

    #[test]
    fn a_page_says_neither_time_nor_address_nor_identifiers() {
        let event = said(layer(json!({})).push(json!({
            "event": "purchase", "event_time": "yesterday", "event_id": "e-1", "ip_override": "8.8.8.8",
            "page_location": "https://evil.example/", "x-fb-ck-fbp": "fb.1.1.1", "transaction_id": 7,
        })));
        assert_eq!(event, json!(["Purchase", "e-1", { "order_id": 7 }, {}]));
    }

    #[test]
    fn what_is_no_event_or_not_mapped_gives_none() {
        for pushed in [
            json!({ "event": "select_item" }),
            json!({ "event": 5 }),
            json!({ "event": null }),
            json!(["config", "G-1", { "user_id": "u" }]),
            json!(["consent", "update", {}]),
            json!(["event"]),
            json!(["event", { "event": "purchase" }]),
            json!([]),
            json!("purchase"),
            json!(null),
        ] {
            assert_eq!(layer(json!({})).push(pushed.clone()), None, "{pushed}");
        }
    }

    #[test]
    fn the_table_is_changed_as_in_the_configuration() {
        let mut layer = layer(json!({
            "unmapped": "custom",
            "everyEvent": { "user_data.em": [], "custom_data.currency": ["currency", "=EUR"] },
            "events": [{ "event": "sign_up", "becomes": null }],
        }));
        assert_eq!(layer.push(json!({ "event": "sign_up" })), None);
        assert_eq!(layer.push(json!({ "event": "gtm.click", "value": 1 })), None);
        let pushed = json!({ "event": "quiz_done", "value": 1, "user_data": { "email_address": "a@x.example" } });
        let event = said(layer.push(pushed));
        assert_eq!(event, json!(["quiz_done", null, { "value": 1, "currency": "EUR" }, {}]));
        let wrong = with(json!({ "everyEvent": { "value": "x" } }));
        assert_eq!(wrong.unwrap_err().path, "everyEvent.value");
    }
}
