//! The edge worker's exports for Segment's calls, and for what is remembered of people.

use wasm_bindgen::prelude::*;

use super::{Admission, Relay, value};
use crate::relay;
use crate::shell::{entropy, millis, no_entropy};
use crate::sources::Reading;

#[wasm_bindgen]
impl Relay {
    /// Whether Segment's paths are the bridge's to answer: a write key or a webhook's secret is set.
    ///
    /// # Errors
    /// When the secrets cannot be used.
    #[wasm_bindgen(js_name = answersSegment)]
    pub fn answers_segment(
        &self,
        #[wasm_bindgen(unchecked_param_type = "[string, string][]")] secrets: JsValue,
    ) -> Result<bool, JsError> {
        let secrets: Vec<(String, String)> = serde_wasm_bindgen::from_value(secrets)?;
        Ok(self.segment_secrets(&secrets)?.are_set(&self.config))
    }

    /// Answers a browser that asks whether a page may make Segment's calls here.
    ///
    /// # Errors
    /// None but a host without memory.
    #[wasm_bindgen(js_name = segmentPreflight, unchecked_return_type = "Answer")]
    pub fn segment_preflight(&self, request: &web_sys::Request) -> Result<JsValue, JsError> {
        let connection = self.connection(request, JsValue::UNDEFINED, 0)?;
        value(&relay::segment_preflight(&self.config, &connection))
    }

    /// Decides over a call of Segment's before its body is read. `call` is its path below `/v1/`, or
    /// `webhook`; `undefined` comes back where there is no such call.
    ///
    /// # Errors
    /// None but a host without memory.
    #[wasm_bindgen(js_name = admitSegment, unchecked_return_type = "Admission | undefined")]
    pub fn admit_segment(
        &self,
        request: &web_sys::Request,
        #[wasm_bindgen(unchecked_param_type = "Peer")] peer: JsValue,
        call: &str,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let now_millis = millis(now_millis);
        let connection = self.connection(request, peer, now_millis)?;
        let Some(call) = segment_call(request, call) else { return Ok(JsValue::UNDEFINED) };
        let most = u32::try_from(call.max_body_bytes()).unwrap_or(u32::MAX);
        let admitted = relay::admit_segment(&self.config, &connection, &self.limiter, now_millis);
        value(&Admission::from(admitted.map(|()| most)))
    }

    /// Takes a call of Segment's that was admitted. `secrets` are names and values.
    ///
    /// # Errors
    /// On a host without a random source, and when the secrets cannot be used.
    #[wasm_bindgen(js_name = takeSegment, unchecked_return_type = "Intake")]
    pub fn take_segment(
        &mut self,
        request: &web_sys::Request,
        #[wasm_bindgen(unchecked_param_type = "Peer")] peer: JsValue,
        call: &str,
        #[wasm_bindgen(unchecked_param_type = "[string, string][]")] secrets: JsValue,
        body: &[u8],
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let now_millis = millis(now_millis);
        let connection = self.connection(request, peer, now_millis)?;
        let secrets: Vec<(String, String)> = serde_wasm_bindgen::from_value(secrets)?;
        let secrets = self.segment_secrets(&secrets)?;
        let call = segment_call(request, call)
            .ok_or_else(|| JsError::new("expected a call that was admitted"))?;
        let reading = Reading { now_millis, entropy: &mut entropy };
        let (config, limiter) = (&self.config, &mut self.limiter);
        let taken =
            relay::take_segment(config, &connection, &secrets, limiter, &call, body, reading)
                .map_err(|relay::NoEntropy| no_entropy())?;
        self.intake(&connection, &taken, true)
    }

    fn segment_secrets(
        &self,
        secrets: &[(String, String)],
    ) -> Result<relay::SegmentSecrets, JsError> {
        let secrets = secrets.iter().map(|(name, secret)| (name.as_str(), secret.as_str()));
        Ok(relay::SegmentSecrets::read(&self.config, secrets)?)
    }
}

fn segment_call(request: &web_sys::Request, name: &str) -> Option<relay::SegmentCall> {
    match name {
        "webhook" => {
            let signature = request.headers().get("x-signature").ok().flatten();
            Some(relay::SegmentCall::Webhook(signature))
        }
        name => relay::SegmentCall::from_path(name),
    }
}
