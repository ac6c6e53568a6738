//! The datasets and tokens that exist, when a tester has said which. Otherwise all do.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Response, Sandbox, read};
use crate::customer::sha256_hex;

/// The maximum number of datasets, and of tokens.
const MAX_KNOWN: usize = 1_000;
/// The maximum length of a dataset id or token, in bytes.
const MAX_TEXT_BYTES: usize = 1_024;
/// The number of characters of a token that are shown.
const SHOWN_CHARACTERS: usize = 4;

/// The datasets and tokens that exist. `None` means all.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Known {
    datasets: Option<Vec<String>>,
    tokens: Option<Vec<Token>>,
}

/// A token. Its text is not stored, because a tester may use a real one.
#[derive(Debug, Serialize, Deserialize)]
struct Token {
    /// The SHA-256 of the token.
    hash: String,
    /// The first characters of the token.
    shown: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    datasets: Option<Vec<String>>,
    tokens: Option<Vec<String>>,
}

impl Known {
    pub(super) fn has_dataset(&self, dataset_id: &str) -> bool {
        self.datasets.as_ref().is_none_or(|all| all.iter().any(|one| one == dataset_id))
    }

    pub(super) fn has_token(&self, token: &str) -> bool {
        self.tokens.as_ref().is_none_or(|all| {
            let hash = sha256_hex(token.as_bytes());
            all.iter().any(|one| one.hash == hash)
        })
    }
}

impl Sandbox {
    pub(super) fn set_known(&mut self, body: &[u8]) -> Response {
        let example = "{\"datasets\": [\"1234567890\"], \"tokens\": [\"…\"]}, one of them or both";
        match read::json(body, example).and_then(known) {
            Err(sentence) => Response::problem(400, &sentence),
            Ok(known) => {
                self.settings.known = known;
                self.record_settings();
                self.show_known()
            }
        }
    }

    pub(super) fn forget_known(&mut self) -> Response {
        self.settings.known = Known::default();
        self.record_settings();
        self.show_known()
    }

    pub(super) fn show_known(&self) -> Response {
        let Known { datasets, tokens } = &self.settings.known;
        let tokens: Option<Vec<_>> =
            tokens.as_ref().map(|all| all.iter().map(|one| &one.shown).collect());
        Response::json(200, &json!({ "datasets": datasets, "tokens": tokens }))
    }
}

fn known(Wanted { datasets, tokens }: Wanted) -> Result<Known, String> {
    for (field, texts) in [("datasets", &datasets), ("tokens", &tokens)] {
        let texts = texts.as_deref().unwrap_or_default();
        if texts.len() > MAX_KNOWN || texts.iter().any(|text| text.len() > MAX_TEXT_BYTES) {
            return Err(format!(
                "{field}: expected at most {MAX_KNOWN} texts of at most {MAX_TEXT_BYTES} bytes."
            ));
        }
    }
    let token = |text: String| Token {
        hash: sha256_hex(text.as_bytes()),
        shown: text.chars().take(SHOWN_CHARACTERS).chain(['…']).collect(),
    };
    Ok(Known { datasets, tokens: tokens.map(|all| all.into_iter().map(token).collect()) })
}
