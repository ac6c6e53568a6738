//! The edge worker's exports for the documents of a site that it stands before.

use wasm_bindgen::prelude::*;

use super::{Relay, millis, no_entropy, value};
use crate::relay::{self, Address, DocumentRequest, DocumentResponse};
use crate::shell::entropy;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A header to be set, or with `null` removed. */
export type HeaderChange = [name: string, value: string | null];
/** The target of a request for something of the site, and the changes to its headers. */
export type Forwarding =
  | { kind: "none" }
  | { kind: "loop" }
  | { kind: "to"; url: string; headers: HeaderChange[]; warning: string | null };
/** The changes to the origin's answer. */
export interface DocumentChanges { setCookies: string[]; headers: HeaderChange[]; injectScript: boolean; nonce: string | null }
"#;

#[wasm_bindgen]
impl Relay {
    /// Returns the target of a request that is not for the worker itself. `names` are the names of
    /// its headers. `is_bound` is true if a service is bound as `ORIGIN`.
    ///
    /// # Errors
    /// Only when the host has no memory left.
    #[wasm_bindgen(unchecked_return_type = "Forwarding")]
    pub fn forwarding(
        &self,
        request: &web_sys::Request,
        names: Vec<String>,
        peer: Option<String>,
        is_bound: bool,
    ) -> Result<JsValue, JsError> {
        self.asked(request, peer.as_deref(), |asked| {
            value(&relay::forwarding(&self.config, asked, &names, is_bound))
        })
    }

    /// Returns true if the host's consent callback must be asked about this request.
    #[wasm_bindgen(js_name = asksCallback)]
    pub fn asks_callback(&self, request: &web_sys::Request) -> bool {
        self.asked(request, None, |asked| relay::asks_callback(&self.config, asked))
    }

    /// Returns the changes to the origin's answer, which was asked for `url` and whose `Set-Cookie`
    /// headers are `set_cookies`. `consent` is the answer of the host's consent callback, if it was
    /// asked.
    ///
    /// # Errors
    /// On a host without a random source.
    #[wasm_bindgen(js_name = documentChanges, unchecked_return_type = "DocumentChanges")]
    pub fn document_changes(
        &self,
        request: &web_sys::Request,
        url: &str,
        response: &web_sys::Response,
        set_cookies: Vec<String>,
        consent: Option<bool>,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let entropy = entropy().ok_or_else(no_entropy)?;
        let headers = response.headers();
        let answered = DocumentResponse {
            url,
            resolve: &resolve,
            status: response.status(),
            header: &|name| headers.get(name).ok().flatten(),
            set_cookies: &set_cookies,
        };
        self.asked(request, None, |asked| {
            value(&relay::document_changes(
                &self.config,
                asked,
                &answered,
                consent,
                millis(now_millis),
                entropy,
            ))
        })
    }

    /// Returns true if the configuration has any setting for documents.
    #[wasm_bindgen(getter, js_name = knowsDocuments)]
    pub fn knows_documents(&self) -> bool {
        self.config.documents != relay::Documents::default()
    }

    /// Returns the script tag for a document, with a nonce if the document's policy wants one.
    #[wasm_bindgen(js_name = scriptTag)]
    pub fn script_tag(&self, nonce: Option<String>) -> String {
        relay::script_tag(&self.config, nonce.as_deref())
    }

    fn asked<T>(
        &self,
        request: &web_sys::Request,
        peer: Option<&str>,
        use_it: impl FnOnce(&DocumentRequest<'_>) -> T,
    ) -> T {
        let headers = request.headers();
        use_it(&DocumentRequest {
            method: &request.method(),
            url: &request.url(),
            header: &|name| headers.get(name).ok().flatten(),
            peer,
        })
    }
}

/// Returns what is wrong with the host of a request, as a sentence.
#[wasm_bindgen(js_name = hostProblem)]
pub fn host_problem(request: &web_sys::Request) -> Option<String> {
    let host = request.headers().get("host").ok().flatten();
    relay::host_problem(&request.url(), host.as_deref()).map(str::to_owned)
}

fn resolve(link: &str, base: &str) -> Option<Address> {
    let url = web_sys::Url::new_with_base(link, base).ok()?;
    Some(Address {
        href: url.href(),
        origin: url.origin(),
        host: url.host(),
        path: format!("{}{}{}", url.pathname(), url.search(), url.hash()),
    })
}
