//! The edge worker's exports for what Segment's calls tell of people.

use wasm_bindgen::prelude::*;

use super::Relay;
use crate::relay;
use crate::sources::segment;

#[wasm_bindgen]
impl Relay {
    /// Checks the secrets of Segment's sources before a request needs them: pairs of name and value. True
    /// when one is set, or a write key of a page is.
    ///
    /// # Errors
    /// When the secrets cannot be used.
    #[wasm_bindgen(js_name = answersSegment)]
    pub fn answers_segment(
        &self,
        #[wasm_bindgen(unchecked_param_type = "[string, string][]")] secrets: JsValue,
    ) -> Result<bool, JsError> {
        let secrets: Vec<(String, String)> = serde_wasm_bindgen::from_value(secrets)?;
        let named = secrets.iter().map(|(name, secret)| (name.as_str(), secret.as_str()));
        Ok(relay::SegmentSecrets::read(&self.config, named)?.are_set(&self.config))
    }

    /// How long traits are remembered, in days, and of how many ids at the most.
    #[wasm_bindgen(getter, js_name = traitsLimits, unchecked_return_type = "[number, number]")]
    pub fn traits_limits(&self) -> Vec<u32> {
        vec![self.config.segment.traits_days, self.config.segment.traits_most]
    }

    /// Customer information put together, JSON: the first that has a field says what is in it.
    pub fn together(&self, user_data: Vec<String>) -> String {
        let all = segment::together(user_data.iter().map(String::as_str));
        serde_json::Value::Object(all).to_string()
    }

    /// An event, JSON, with what is known of its person beside what it says itself.
    #[wasm_bindgen(js_name = withKnown)]
    pub fn with_known(&self, event: &str, known: Vec<String>) -> String {
        segment::with_known(event, known.iter().map(String::as_str))
    }
}
