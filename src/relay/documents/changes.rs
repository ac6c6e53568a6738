//! Decides about the changes to the origin's answer before it goes to the browser.

use serde::Serialize;

use super::{
    DocumentRequest, DocumentResponse, HeaderChange, caching, consent, cookies, links, script,
};
use crate::relay::Config;

/// Headers that describe the body. They are wrong once the script tag is in it.
const OF_THE_BODY: [&str; 8] = [
    "etag",
    "last-modified",
    "content-length",
    "accept-ranges",
    "content-md5",
    "digest",
    "content-digest",
    "repr-digest",
];

/// The changes to an answer; by default none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentChanges {
    /// `Set-Cookie` headers to add.
    pub set_cookies: Vec<String>,
    /// Headers to set, or with `null` to remove.
    pub headers: Vec<HeaderChange>,
    /// True if the script tag goes into the body.
    pub inject_script: bool,
    /// The nonce that the answer's policy requires of scripts.
    pub nonce: Option<String>,
}

/// Returns the changes to the origin's answer. `callback` is the answer of the host's own consent
/// function, if there is one. `entropy` makes a new `_fbp`.
#[must_use]
pub fn document_changes(
    config: &Config,
    request: &DocumentRequest<'_>,
    response: &DocumentResponse<'_>,
    callback: Option<bool>,
    now_millis: u64,
    entropy: [u8; 4],
) -> DocumentChanges {
    let mut changes = DocumentChanges::default();
    links::on_site(config, request, response, &mut changes.headers);
    if request.is_navigation() {
        // Redirects count, because a click id gets lost there.
        if (response.has_document() || response.is_redirect())
            && !request.is_ahead()
            && consent::is_granted(config, request, callback)
        {
            changes.set_cookies = cookies::cookies(config, request, response, now_millis, entropy);
        }
        changes.inject_script = config.documents.inject_script.is_some() && can_rewrite(response);
    }
    if !changes.set_cookies.is_empty() {
        caching::private(response, &mut changes.headers);
    }
    if changes.inject_script {
        changes.nonce = script::nonce(response);
        for name in OF_THE_BODY {
            if (response.header)(name).is_some() {
                changes.headers.push((name.into(), None));
            }
        }
    }
    if config.documents.inject_script.is_some() && response.is_html() {
        // A cache in front must not answer a navigation with the answer to a script, or the
        // reverse.
        changes
            .headers
            .push(("vary".into(), Some(with_word(&response.header("vary"), "Sec-Fetch-Dest"))));
    }
    changes
}

/// Returns true if a tag can go into the body: it is a whole document, and hosts can decode it.
fn can_rewrite(response: &DocumentResponse<'_>) -> bool {
    let encoding = response.header("content-encoding").to_ascii_lowercase();
    response.has_document()
        && matches!(encoding.trim(), "" | "identity" | "gzip" | "br")
        && !response.header("content-type").to_ascii_lowercase().contains("utf-16")
}

fn with_word(list: &str, word: &str) -> String {
    let mut words = list.split(',').map(str::trim).filter(|found| !found.is_empty());
    if words.any(|found| found == "*" || found.eq_ignore_ascii_case(word)) {
        list.to_owned()
    } else if list.trim().is_empty() {
        word.to_owned()
    } else {
        format!("{list}, {word}")
    }
}
