//! Converts what a page pushes to its `dataLayer`, in the form of Google Tag Manager or gtag, to
//! events in Meta's shape.
//!
//! It uses GA4's table, as the edge does. Only fields that a page may set are converted. The time,
//! the address and the visitor's identifiers are not, because the page knows them better.

use std::borrow::Cow;

use super::mapping::{Applied, Json, MappedField, MappedFields, Notes, Table, View, first_key};
use crate::customer::Field;

/// The prefix of Tag Manager's own events, such as `gtm.js` and `gtm.click`. They are not custom
/// events.
const TAG_MANAGERS_OWN: &str = "gtm.";
/// The maximum size of an event id, in bytes. The worker takes 256 characters.
const MAX_ID_BYTES: usize = 256;
/// The key of an event's name.
const EVENT: &str = "event";
/// The keys about the visitor. They apply to later events, also if they were pushed with an event.
const OF_THE_VISITOR: [&str; 2] = [USER_DATA, "user_id"];
const USER_DATA: &str = "user_data";

/// One push: an object, or a call of `gtag`.
#[derive(Clone, Copy)]
pub enum Pushed<'a, J> {
    /// The fields of an object.
    Object(J),
    /// An event by its name, and the object with its fields.
    Event(J, Option<J>),
    /// One field.
    Field(&'a str, J),
}

/// An event of the page, for both the pixel and the worker.
pub struct PushedEvent<'a, M> {
    /// Meta's name for it, standard or custom.
    pub event_name: &'a str,
    /// The id that was pushed with the event. Empty if there is none.
    pub event_id: Cow<'a, str>,
    /// The pixel's parameters, which are the server copy's `custom_data`.
    pub parameters: Vec<(&'a str, M)>,
    /// The customer information by Meta's keys, not hashed yet.
    pub customer: Vec<(&'a str, M)>,
}

impl Table {
    /// Returns the event of a push. Returns `None` if it is not an event or the table leaves it out.
    /// `held` returns the values of earlier pushes. `parse` parses JSON in text.
    pub fn pushed<'a, J: Json<'a>>(
        &'a self,
        pushed: Pushed<'a, J>,
        held: impl Fn(&str) -> Option<J>,
        parse: impl Fn(&str) -> Option<J>,
    ) -> Option<PushedEvent<'a, J::Made>> {
        pushed.field(EVENT)?;
        // All other values apply to this event alone: its products are never those of the event
        // before.
        let source = |key: &str| pushed.field(key).or_else(|| held(key));
        let Applied::Mapped(MappedFields { event_name, fields }) =
            self.map("track", &source, &mut ParseOnly(parse))
        else {
            return None;
        };
        if event_name.starts_with(TAG_MANAGERS_OWN) {
            return None;
        }
        let (mut event_id, mut parameters, mut customer) = (Cow::default(), Vec::new(), Vec::new());
        for (field, value) in fields {
            // The page knows the time, the address and the visitor's identifiers better.
            match first_key(field) {
                ("custom_data", Some(key)) => parameters.push((key, tidy(key, value))),
                (_, Some(key)) if Field::from_key(key).is_some() => {
                    customer.push((key, value.made()));
                }
                ("event_id", None) => event_id = id(&value),
                _ => {}
            }
        }
        // The bridge names a field that it does not know, as for `identify()`. The value stays here.
        if let Some(user_data) = source(USER_DATA) {
            for name in (0..).map_while(|index| user_data.name(index)) {
                if let Cow::Borrowed(name) = name
                    && !self.reads_of_user(name)
                {
                    customer.push((name, J::list(Vec::new())));
                }
            }
        }
        Some(PushedEvent { event_name, event_id, parameters, customer })
    }
}

impl Table {
    /// Returns true if a column reads this member of `user_data`.
    fn reads_of_user(&self, name: &str) -> bool {
        let mut paths = self.every_event.iter().flat_map(|(_, paths)| paths.all());
        paths.any(|path| match first_key(path) {
            (USER_DATA, Some(below)) => first_key(below).0 == name,
            _ => false,
        })
    }
}

impl<'a, J: Json<'a>> Pushed<'a, J> {
    /// Reads a push: an object, or the arguments of a call of `gtag` as a list, which is
    /// `gtag('event', 'purchase', {…})`, `gtag('set', {…})` or `gtag('set', 'user_data', {…})`.
    /// Returns `None` for others, which do not describe an event.
    pub fn read(pushed: J) -> Option<Self> {
        if let View::Object(_) = pushed.view() {
            return Some(Self::Object(pushed));
        }
        let (command, first) = (pushed.element(0)?.view().text()?, pushed.element(1)?);
        match (command, first.view()) {
            ("event", View::Text(_)) => Some(Self::Event(first, pushed.element(2))),
            ("set", View::Object(_)) => Some(Self::Object(first)),
            ("set", View::Text(key)) => Some(Self::Field(key, pushed.element(2)?)),
            _ => None,
        }
    }

    /// Passes on what applies to later events: a field, or all fields of an object. A push without an
    /// event applies to them, and `null` takes a field back, as in `{ ecommerce: null }`. Of an event
    /// only the fields about the visitor apply.
    pub fn hold(self, mut field: impl FnMut(&str, J), all: impl FnOnce(J)) {
        match self {
            Self::Object(fields) if fields.field(EVENT).is_none() => all(fields),
            Self::Field(key, value) if key != EVENT => field(key, value),
            _ => {
                for key in OF_THE_VISITOR {
                    if let Some(value) = self.field(key) {
                        field(key, value);
                    }
                }
            }
        }
    }

    fn field(self, name: &str) -> Option<J> {
        match self {
            Self::Object(fields) => fields.field(name),
            Self::Event(event, _) if name == EVENT => Some(event),
            Self::Event(_, fields) => fields?.field(name),
            Self::Field(key, value) => (key == name).then_some(value),
        }
    }
}

/// Returns an event id. A longer one than the worker takes counts as none.
fn id<'a, J: Json<'a>>(value: &MappedField<'a, J>) -> Cow<'a, str> {
    match value {
        MappedField::Found(found) => found.view().id::<J>(),
        MappedField::Made(_) => None,
    }
    .filter(|id| id.len() <= MAX_ID_BYTES)
    .unwrap_or_default()
}

/// Converts values to the form that the pixel's documents have: a price as a number, a currency in
/// capitals. The worker has rules for the other values. A page does not load these rules.
fn tidy<'a, J: Json<'a>>(key: &str, value: MappedField<'a, J>) -> J::Made {
    let tidied = match (key, &value) {
        ("value", MappedField::Found(found)) => found.view().number::<J>().map(J::number),
        ("currency", MappedField::Found(found)) => {
            found.view().text().map(|text| J::text(&J::trimmed(text).to_ascii_uppercase()))
        }
        _ => None,
    };
    tidied.unwrap_or_else(|| value.made())
}

/// Parses JSON in text, and notes nothing: no page shows it.
struct ParseOnly<P>(P);

impl<J, P: Fn(&str) -> Option<J>> Notes<J> for ParseOnly<P> {
    fn parsed(&mut self, text: &str, _: &str) -> Option<J> {
        (self.0)(text)
    }

    fn origin(&mut self, _: impl FnOnce() -> String, _: impl FnOnce() -> String) {}

    fn left_out(&mut self, _: &'static str, _: impl FnOnce() -> String, _: &str) {}

    fn left_out_field(&mut self, _: &'static str, _: &str, _: &str) {}

    fn product_left_out(&mut self, _: impl FnOnce() -> Option<String>) {}

    fn is_full(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::sources::fields::written_out;
    use crate::sources::mapping::{Changes, Source, TableError};
    use serde_json::{Value, json};

    /// A table with what was pushed so far, in JSON that lives as long as the test.
    #[derive(Debug)]
    struct Layer(&'static Table, BTreeMap<String, &'static Value>);

    impl Layer {
        /// Returns name, id, parameters and customer of an event.
        fn push(&mut self, pushed: Value) -> Option<[Value; 4]> {
            let Self(table, held) = self;
            let pushed = Pushed::read(leaked(pushed))?;
            let (mut some, mut all) = (Vec::new(), Vec::new());
            pushed.hold(
                |key, value| some.push((key.to_owned(), value)),
                |fields| {
                    let fields = fields.as_object().into_iter().flatten();
                    all.extend(fields.map(|(key, value)| (key.clone(), value)));
                },
            );
            held.extend(some.into_iter().chain(all));
            let parse = |text: &str| written_out(text, "").value.map(leaked);
            let event = table.pushed(pushed, |key| held.get(key).copied(), parse)?;
            let id = Some(event.event_id.into_owned()).filter(|id| !id.is_empty());
            let [parameters, customer] = [event.parameters, event.customer].map(<&Value>::object);
            Some([event.event_name.into(), id.into(), parameters, customer])
        }
    }

    fn leaked<T>(value: T) -> &'static T {
        Box::leak(Box::new(value))
    }

    fn with(changes: Value) -> Result<Layer, TableError> {
        let table = Table::of(Source::Ga4, Changes::read(&changes)?)?;
        Ok(Layer(leaked(table), BTreeMap::new()))
    }

    fn layer(changes: Value) -> Layer {
        with(changes).unwrap()
    }

    fn said(event: Option<[Value; 4]>) -> Value {
        event.unwrap().to_vec().into()
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
        let ids = |event: Option<[Value; 4]>| event.unwrap()[2].get("content_ids").cloned();
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
        let [.., customer] = layer.push(json!(["event", "sign_up"])).unwrap();
        let known = json!({ "em": "jane@example.com", "external_id": "u-1" });
        assert_eq!(customer, known);
    }

    #[test]
    fn who_the_visitor_is_holds_whatever_it_was_pushed_with() {
        let mut layer = layer(json!({}));
        layer.push(json!({ "event": "login", "user_id": "u-1", "value": 5, "currency": "EUR" }));
        let event = said(layer.push(json!({ "event": "contact" })));
        assert_eq!(event, json!(["Contact", null, {}, { "external_id": "u-1" }]));
    }

    #[test]
    fn every_spelling_of_user_data_is_read_and_others_are_named() {
        let mut layer = layer(json!({}));
        layer.push(json!(["set", "user_data", {
            "email": ["jane@example.com", "j@example.com"], "phone_number": "+49 151 12345678",
            "sha256_phone_number": "0", "emial": "typo@example.com",
            "address": [{ "first_name": "Mira", "city": "Berlin", "country": "DE" }],
        }]));
        let [.., customer] = layer.push(json!(["event", "sign_up"])).unwrap();
        let known = json!({
            "em": ["jane@example.com", "j@example.com"], "ph": "+49 151 12345678", "fn": "Mira",
            "ct": "Berlin", "country": "DE", "sha256_phone_number": [], "emial": [],
        });
        assert_eq!(customer, known);
        let flat = json!({ "user_data": { "first_name": "Mira", "phone": "1", "sha256_email_address": "2" } });
        layer.push(flat);
        let [.., customer] = layer.push(json!({ "event": "sign_up" })).unwrap();
        assert_eq!(customer, json!({ "em": "2", "ph": "1", "fn": "Mira" }));
    }

    #[test]
    fn an_event_id_may_be_a_number() {
        let mut layer = layer(json!({}));
        let mut id = |id: Value| {
            layer.push(json!({ "event": "contact", "event_id": id })).unwrap()[1].clone()
        };
        assert_eq!(id(json!(12345)), "12345");
        for none in [json!(1.5), json!(" "), json!("x".repeat(257)), json!(true)] {
            assert_eq!(id(none), Value::Null);
        }
    }

    #[test]
    fn an_events_own_null_takes_nothing_of_what_holds() {
        let mut layer = layer(json!({}));
        layer.push(json!({ "ecommerce": { "value": 1, "currency": "EUR" } }));
        let event = said(layer.push(json!({ "event": "add_to_cart", "ecommerce": null })));
        assert_eq!(event[2], json!({}));
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
        let named = json!({ "email_address": [] });
        assert_eq!(event, json!(["quiz_done", null, { "value": 1, "currency": "EUR" }, named]));
        let wrong = with(json!({ "everyEvent": { "value": "x" } }));
        assert_eq!(wrong.unwrap_err().path, "everyEvent.value");
    }
}
