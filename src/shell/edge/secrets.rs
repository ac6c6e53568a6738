//! The edge worker's export that checks the secrets of senders.

use wasm_bindgen::prelude::*;

use super::Relay;
use crate::relay;

#[wasm_bindgen]
impl Relay {
    /// Checks the secrets of senders before a request needs them. `secrets` are pairs of name and
    /// value.
    ///
    /// # Errors
    /// If a secret cannot be used. The message has its name and not its value.
    #[wasm_bindgen(js_name = checkSecrets)]
    pub fn check_secrets(
        &self,
        #[wasm_bindgen(unchecked_param_type = "[string, string][]")] secrets: JsValue,
    ) -> Result<(), JsError> {
        let secrets: Vec<(String, String)> = serde_wasm_bindgen::from_value(secrets)?;
        let named = secrets.iter().map(|(name, secret)| (name.as_str(), secret.as_str()));
        relay::DoorSecrets::read(&self.config, named)?;
        Ok(())
    }
}
