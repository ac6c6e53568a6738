//! The WebAssembly module for pages that listen to their `dataLayer`: turns pushes into events with
//! [`crate::sources::data_layer`].

mod json;

use js_sys::{JSON, Object};
use wasm_bindgen::prelude::*;

use crate::sources::data_layer;
use crate::sources::json::Element;
use crate::sources::mapping::{Changes, Source, Table};

const GA4: &str = Source::Ga4.json();

/// A page's `dataLayer`.
#[wasm_bindgen]
pub struct DataLayer(data_layer::DataLayer);

/// Parses JSON in text with the browser's parser.
fn parse(text: &str, _: &str) -> Element {
    let value = JSON::parse(text).ok().map(|value| json::from_host(&value));
    Element { value, problems: Vec::new() }
}

/// An event of the page's: for the pixel, and for the worker.
#[wasm_bindgen(getter_with_clone)]
pub struct PushedEvent {
    /// Meta's name for it.
    #[wasm_bindgen(js_name = eventName)]
    pub event_name: String,
    /// The event id of the push. Empty if it has none.
    #[wasm_bindgen(js_name = eventId)]
    pub event_id: String,
    /// The pixel's parameters.
    pub parameters: Object,
    /// The customer information by Meta's keys, not hashed.
    pub customer: Object,
}

#[wasm_bindgen]
impl DataLayer {
    /// Reads the GA4 table, with changes as under `mappings.ga4` in the worker's configuration.
    ///
    /// # Errors
    /// Returns the path of an invalid change, and the reason.
    #[wasm_bindgen(constructor)]
    pub fn new(changes: &JsValue) -> Result<DataLayer, JsError> {
        let table = JSON::parse(GA4).unwrap_or_default();
        Table::read(&json::from_host(&table))
            .and_then(|table| {
                let changes = Changes::read(&json::from_host(changes))?;
                data_layer::DataLayer::new(table, &changes, parse)
            })
            .map(Self)
            .map_err(|error| JsError::new(&(error.path + ": " + &error.message)))
    }

    /// Returns Meta's event for a push, if there is one. `pushed` is plain JSON: the object, or the
    /// list of arguments of `gtag`.
    pub fn push(&mut self, pushed: &JsValue) -> Option<PushedEvent> {
        let event = self.0.push(json::from_host(pushed))?;
        Some(PushedEvent {
            event_name: event.event_name,
            event_id: event.event_id.map(String::from).unwrap_or_default(),
            parameters: json::object(&event.parameters),
            customer: json::object(&event.customer),
        })
    }
}
