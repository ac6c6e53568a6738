//! The edge worker's exports for whoever runs it off Cloudflare: what the configuration says of the host.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{Relay, value};
use crate::relay::{self, Origin};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What a host has to know of the configuration. */
export interface Hosting { base: string; datasets: string[]; origin: string | null; documents: boolean }
"#;

#[derive(Serialize)]
struct Hosting<'a> {
    base: &'a str,
    datasets: &'a [String],
    /// The server that has the site's documents.
    origin: Option<&'a str>,
    /// Whether anything is to be done with documents.
    documents: bool,
}

#[wasm_bindgen]
impl Relay {
    /// What a host other than Cloudflare has to know.
    ///
    /// # Errors
    /// What such a host cannot do, and where the configuration asks for it.
    #[wasm_bindgen(unchecked_return_type = "Hosting")]
    pub fn hosting(&self) -> Result<JsValue, JsError> {
        self.config.check_off_cloudflare()?;
        value(&Hosting {
            base: &self.config.base,
            datasets: &self.config.datasets,
            origin: match &self.config.documents.origin {
                Some(Origin::Server(server)) => Some(server),
                Some(Origin::Route) | None => None,
            },
            documents: self.knows_documents(),
        })
    }

    /// Checks the secret `BRIDGE_KEY` before a request needs it.
    ///
    /// # Errors
    /// When a key could be guessed.
    #[wasm_bindgen(js_name = checkKeys)]
    pub fn check_keys(&self, keys: &str) -> Result<(), JsError> {
        relay::BridgeKeys::read(keys)?;
        Ok(())
    }
}
