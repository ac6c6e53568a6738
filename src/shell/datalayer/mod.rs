//! What a page loads that listens to its `dataLayer`: what [`crate::sources::data_layer`] makes of a push.

mod json;

use js_sys::{JSON, Object};
use wasm_bindgen::prelude::*;

use crate::sources::data_layer;
use crate::sources::mapping::{Changes, Source, Table};

const GA4: &str = Source::Ga4.json();

/// A page's `dataLayer`.
#[wasm_bindgen]
pub struct DataLayer(data_layer::DataLayer);

/// An event of the page's: for the pixel, and for the worker.
#[wasm_bindgen(getter_with_clone)]
pub struct PushedEvent {
    /// Meta's name for it.
    #[wasm_bindgen(js_name = eventName)]
    pub event_name: String,
    /// The id that the push gave it; empty where it gave none.
    #[wasm_bindgen(js_name = eventId)]
    pub event_id: String,
    /// The pixel's parameters.
    pub parameters: Object,
    /// What is said of the customer, by Meta's keys, not hashed.
    pub customer: Object,
}

#[wasm_bindgen]
impl DataLayer {
    /// With changes of the table, as under `mappings.ga4` in the worker's configuration.
    ///
    /// # Errors
    /// What is wrong with them, and where.
    #[wasm_bindgen(constructor)]
    pub fn new(changes: &JsValue) -> Result<DataLayer, JsError> {
        let table = JSON::parse(GA4).unwrap_or_default();
        Table::read(&json::from_host(&table))
            .and_then(|table| {
                data_layer::DataLayer::new(table, &Changes::read(&json::from_host(changes))?)
            })
            .map(Self)
            .map_err(|error| JsError::new(&(error.path + ": " + &error.message)))
    }

    /// The event that was pushed, if it is one for Meta. `pushed` is plain JSON: the object, or the list of
    /// what `gtag` was called with.
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
