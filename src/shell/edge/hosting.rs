//! The exports for `capi-bridge serve`: the parts of the configuration that the host needs, and checks of its
//! environment and its command line.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::{Relay, value};
use crate::relay::{self, Origin};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The parts of the configuration that a host needs. */
export interface Hosting {
  base: string;
  datasets: string[];
  origin: string | null;
  documents: boolean;
  graphUrl: string;
  graphVersion: string;
  timeoutMillis: number;
}
"#;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hosting<'a> {
    base: &'a str,
    datasets: &'a [String],
    /// The server that has the site's documents.
    origin: Option<&'a str>,
    /// True if the configuration has any setting for documents.
    documents: bool,
    /// The address of the Graph API.
    graph_url: &'a str,
    graph_version: &'a str,
    /// The timeout of a request to Meta, in milliseconds.
    timeout_millis: u32,
}

/// The prefixes of secrets of one dataset. The id of the dataset follows.
const OF_ONE_DATASET: [&str; 2] = ["META_ACCESS_TOKEN_", "META_APP_SECRET_"];

/// Returns the known word that a misspelt one probably means: "did you mean …?".
#[wasm_bindgen(js_name = nearestWord)]
#[must_use]
pub fn nearest_word(word: &str, known: Vec<String>) -> Option<String> {
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    relay::nearest(word, &known).map(str::to_owned)
}

#[wasm_bindgen]
impl Relay {
    /// Returns the parts of the configuration that a host other than Cloudflare needs.
    ///
    /// # Errors
    /// If the configuration asks for something that such a host cannot do. The message has its
    /// path.
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
            graph_url: &self.config.graph_url,
            graph_version: &self.config.graph_version,
            timeout_millis: self.config.timeout_millis,
        })
    }

    /// Returns the secrets whose name ends with a dataset that the configuration does not list.
    #[wasm_bindgen(js_name = secretsOfNoDataset)]
    #[must_use]
    pub fn secrets_of_no_dataset(&self, names: Vec<String>) -> Vec<String> {
        let is_of_none = |name: &String| {
            let dataset = OF_ONE_DATASET.iter().find_map(|prefix| name.strip_prefix(prefix));
            dataset.is_some_and(|dataset| !self.config.datasets.iter().any(|id| id == dataset))
        };
        names.into_iter().filter(is_of_none).collect()
    }
}
