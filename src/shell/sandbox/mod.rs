//! The sandbox worker's exports: [`crate::sandbox`] for the TypeScript beside this file.

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::sandbox::{self, Request};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A request without its body. `query` has no question mark. */
export interface RequestHead {
  method: string;
  path: string;
  query: string;
  authorization: string | null;
  contentType: string | null;
  userAgent: string | null;
  clientIp: string | null;
}
/** An answer without its body. */
export interface AnswerHead { status: number; headers: [string, string][] }
"#;

/// One sandbox. It holds all that it received in memory.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Sandbox(sandbox::Sandbox);

/// An HTTP answer: status, headers and body.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Answer(sandbox::Response);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestHead {
    method: String,
    path: String,
    query: String,
    authorization: Option<String>,
    content_type: Option<String>,
    user_agent: Option<String>,
    client_ip: Option<String>,
}

#[derive(Serialize)]
struct AnswerHead<'a> {
    status: u16,
    headers: Vec<(&'a str, &'a str)>,
}

#[wasm_bindgen]
impl Sandbox {
    /// Creates an empty sandbox.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns true if the path is one of the sandbox's routes. Any other path may be a file.
    pub fn knows(path: &str) -> bool {
        sandbox::Sandbox::knows(path)
    }

    /// Answers a request. `now_millis` is the time, Unix milliseconds.
    ///
    /// # Errors
    /// If `head` does not have the shape of `RequestHead`.
    pub fn answer(
        &mut self,
        now_millis: f64,
        #[wasm_bindgen(unchecked_param_type = "RequestHead")] head: JsValue,
        body: &[u8],
    ) -> Result<Answer, JsError> {
        let head: RequestHead = serde_wasm_bindgen::from_value(head)?;
        let request = Request {
            method: &head.method,
            path: &head.path,
            query: &head.query,
            authorization: head.authorization.as_deref(),
            content_type: head.content_type.as_deref(),
            user_agent: head.user_agent.as_deref(),
            client_ip: head.client_ip.as_deref(),
            body,
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "as saturates, NaN is 0"
        )]
        let now_millis = now_millis as u64;
        Ok(Answer(self.0.answer(now_millis, &request)))
    }
}

#[wasm_bindgen]
impl Answer {
    /// Returns the status and the headers.
    ///
    /// # Errors
    /// Only when the host has no memory left.
    #[wasm_bindgen(unchecked_return_type = "AnswerHead")]
    pub fn head(&self) -> Result<JsValue, JsError> {
        let Answer(answer) = self;
        let content_type =
            Some(("content-type", answer.content_type)).filter(|_| !answer.content_type.is_empty());
        let headers = answer.headers.iter().copied().chain(content_type).collect();
        let head = AnswerHead { status: answer.status, headers };
        Ok(head.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
    }

    /// Returns the body and frees the answer.
    #[wasm_bindgen(js_name = intoBody)]
    pub fn into_body(self) -> Vec<u8> {
        self.0.body
    }
}
