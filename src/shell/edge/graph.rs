//! The exports of the Graph API's contract.

use wasm_bindgen::prelude::*;

use super::{Admission, Relay, millis, no_entropy, value};
use crate::relay::{self, GraphApi, GraphCall};
use crate::shell::entropy;

#[wasm_bindgen]
impl Relay {
    /// Decides over a call to the Graph API's events before its body is read.
    ///
    /// # Errors
    /// When the keys cannot be used, or on a host without a random source.
    #[wasm_bindgen(js_name = admitGraph, unchecked_return_type = "Admission")]
    pub fn admit_graph(
        &mut self,
        request: &web_sys::Request,
        #[wasm_bindgen(unchecked_param_type = "Peer")] peer: JsValue,
        keys: &str,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let url = request.url();
        let answer = self.graph(request, peer, keys, now_millis, |api| api.admit(query(&url)))?;
        let most = self.config.max_server_body_bytes;
        value(&Admission::from(answer.map_or(Ok(most), Err)))
    }

    /// Takes the events of a call that was admitted. `content_type` is that of `body`, which need not be
    /// the request's.
    ///
    /// # Errors
    /// When the keys cannot be used, or on a host without a random source.
    #[expect(clippy::too_many_arguments, reason = "values that cross from JavaScript")]
    #[wasm_bindgen(js_name = takeGraph, unchecked_return_type = "Intake")]
    pub fn take_graph(
        &mut self,
        request: &web_sys::Request,
        #[wasm_bindgen(unchecked_param_type = "Peer")] peer: JsValue,
        keys: &str,
        dataset_id: &str,
        content_type: Option<String>,
        body: &[u8],
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let url = request.url();
        let call = GraphCall { query: query(&url), content_type: content_type.as_deref(), body };
        let connection = self.connection(request, peer.clone(), millis(now_millis))?;
        let taken =
            self.graph(request, peer, keys, now_millis, |api| api.take(dataset_id, call))?;
        self.intake(&connection, &taken, true)
    }

    /// What to answer to a call whose body did not arrive in time.
    ///
    /// # Errors
    /// When the keys cannot be used, or on a host without a random source.
    #[wasm_bindgen(js_name = graphTooSlow, unchecked_return_type = "Answer")]
    pub fn graph_too_slow(
        &mut self,
        request: &web_sys::Request,
        #[wasm_bindgen(unchecked_param_type = "Peer")] peer: JsValue,
        keys: &str,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        value(&self.graph(request, peer, keys, now_millis, |api| api.too_slow())?)
    }
}

impl Relay {
    fn graph<T>(
        &mut self,
        request: &web_sys::Request,
        peer: JsValue,
        keys: &str,
        now_millis: f64,
        decide: impl FnOnce(&mut GraphApi<'_>) -> Result<T, relay::NoEntropy>,
    ) -> Result<T, JsError> {
        let now_millis = millis(now_millis);
        let connection = self.connection(request, peer, now_millis)?;
        decide(&mut GraphApi {
            config: &self.config,
            connection: &connection,
            keys: &relay::BridgeKeys::read(keys)?,
            limiter: &mut self.limiter,
            now_millis,
            entropy: &mut entropy,
        })
        .map_err(|relay::NoEntropy| no_entropy())
    }
}

/// The query of an address, without the question mark.
fn query(url: &str) -> &str {
    let address = url.split_once('#').map_or(url, |(address, _)| address);
    address.split_once('?').map_or("", |(_, query)| query)
}
