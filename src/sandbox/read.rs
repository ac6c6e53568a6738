//! Reads the body of a request to the sandbox's own API.

use serde::de::DeserializeOwned;

/// Returns the body as JSON of a type, or a sentence that shows an example and names the wrong
/// field.
pub(super) fn json<T: DeserializeOwned>(body: &[u8], example: &str) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    serde_path_to_error::deserialize(&mut json)
        .map_err(|error| format!("Expected {example}; at {}: {}.", error.path(), error.inner()))
}
