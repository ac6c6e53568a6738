//! The edge worker's exports for customer information from Segment's calls.

use wasm_bindgen::prelude::*;

use super::Relay;
use crate::relay;

#[wasm_bindgen]
impl Relay {
    /// Checks the secrets of Segment's sources before a request needs them. `secrets` are pairs of
    /// name and value. Returns true if one is set or the configuration has a write key of a page.
    ///
    /// # Errors
    /// If the secrets cannot be used.
    #[wasm_bindgen(js_name = answersSegment)]
    pub fn answers_segment(
        &self,
        #[wasm_bindgen(unchecked_param_type = "[string, string][]")] secrets: JsValue,
    ) -> Result<bool, JsError> {
        let secrets: Vec<(String, String)> = serde_wasm_bindgen::from_value(secrets)?;
        let named = secrets.iter().map(|(name, secret)| (name.as_str(), secret.as_str()));
        Ok(relay::SegmentSecrets::read(&self.config, named)?.are_set(&self.config))
    }
}
