//! Reads the visitor of an event, and adds a remembered visitor to an event.

use serde_json::{Map, Value};

use super::visitor::Visitor;
use crate::event::is_too_broad;
use crate::relay::config::MAX_EVENT_BYTES;

/// An event in JSON, to be read and completed.
pub(in crate::relay::outbox) struct Event {
    fields: Map<String, Value>,
    is_changed: bool,
}

impl Event {
    /// Parses an event. Returns `None` if it is not a JSON object.
    pub(in crate::relay::outbox) fn read(json: &str) -> Option<Self> {
        match serde_json::from_str(json) {
            Ok(Value::Object(fields)) => Some(Self { fields, is_changed: false }),
            _ => None,
        }
    }

    /// Returns the event's name and id.
    pub(in crate::relay::outbox) fn name_and_id(&self) -> (&str, &str) {
        let text = |key: &str| self.fields.get(key).and_then(Value::as_str).unwrap_or_default();
        (text("event_name"), text("event_id"))
    }

    /// Returns true if the person said no to advertising.
    pub(in crate::relay::outbox) fn opts_out(&self) -> bool {
        self.fields.get("opt_out") == Some(&Value::Bool(true))
    }

    /// Returns true if the event has limited data use.
    pub(in crate::relay::outbox) fn is_limited(&self) -> bool {
        let options = self.fields.get("data_processing_options").and_then(Value::as_array);
        options.is_some_and(|options| !options.is_empty())
    }

    /// Returns the visitor of the event.
    pub(in crate::relay::outbox) fn visitor(&self) -> Visitor {
        let customer =
            |key: &str| Some(self.fields.get("user_data")?.get(key)?.as_str()?.to_owned());
        let external_ids = self.fields.get("user_data").and_then(|data| data.get("external_id"));
        let external_ids = external_ids.and_then(Value::as_array).into_iter().flatten();
        let page = self.fields.get("event_source_url").and_then(Value::as_str);
        Visitor {
            fbp: customer("fbp"),
            fbc: customer("fbc"),
            ip: customer("client_ip_address"),
            user_agent: customer("client_user_agent"),
            page: page.map(str::to_owned),
            external_ids: external_ids.filter_map(Value::as_str).map(str::to_owned).collect(),
            ..Visitor::default()
        }
    }

    /// Adds the visitor's `fbp`, `fbc`, IP address, user agent and page, where the event has none.
    pub(in crate::relay::outbox) fn add_browser(&mut self, visitor: &Visitor) {
        self.add_identifiers(visitor);
        self.add_customer("client_ip_address", visitor.ip.as_deref().map(Value::from));
        self.add_customer("client_user_agent", visitor.user_agent.as_deref().map(Value::from));
        if let Some(page) = &visitor.page
            && !self.fields.contains_key("event_source_url")
        {
            self.fields.insert("event_source_url".to_owned(), page.as_str().into());
            self.is_changed = true;
        }
    }

    /// Adds the visitor's `fbp`, `fbc` and external ids, where the event has none. A renewal gets
    /// nothing else, because nobody is in a browser.
    pub(in crate::relay::outbox) fn add_account(&mut self, visitor: &Visitor) {
        self.add_identifiers(visitor);
        let ids = visitor.external_ids.clone();
        self.add_customer("external_id", (!ids.is_empty()).then(|| ids.into()));
    }

    fn add_identifiers(&mut self, visitor: &Visitor) {
        self.add_customer("fbp", visitor.fbp.as_deref().map(Value::from));
        self.add_customer("fbc", visitor.fbc.as_deref().map(Value::from));
    }

    fn add_customer(&mut self, key: &str, value: Option<Value>) {
        let Some(value) = value else { return };
        let customer = self.fields.entry("user_data").or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(customer) = customer
            && !customer.contains_key(key)
        {
            customer.insert(key.to_owned(), value);
            self.is_changed = true;
        }
    }

    /// Returns true if the customer information cannot find a person.
    pub(in crate::relay::outbox) fn is_too_broad(&self) -> bool {
        let customer = self.fields.get("user_data").and_then(Value::as_object);
        is_too_broad(customer.into_iter().flat_map(Map::keys).map(String::as_str))
    }

    /// Replaces the event id.
    pub(in crate::relay::outbox) fn set_id(&mut self, id: &str) {
        if self.name_and_id().1 != id {
            self.fields.insert("event_id".to_owned(), id.into());
            self.is_changed = true;
        }
    }

    /// Returns the name and id, and the event in JSON, if it changed and is not too large. Its last
    /// member is `user_data`, because members are in alphabetical order.
    pub(in crate::relay::outbox) fn changed(self) -> Option<(String, String)> {
        if !self.is_changed {
            return None;
        }
        let (name, id) = self.name_and_id();
        let name_and_id = format!("{name}\n{id}");
        let json = Value::Object(self.fields).to_string();
        (json.len() <= MAX_EVENT_BYTES).then_some((name_and_id, json))
    }
}
