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
/** An answer without its body, and how it is sent. */
export interface AnswerHead {
  status: number;
  headers: [string, string][];
  delayMillis: number;
  bodyMillis: number;
  resets: boolean;
}
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
#[serde(rename_all = "camelCase")]
struct AnswerHead<'a> {
    status: u16,
    headers: Vec<(&'a str, &'a str)>,
    delay_millis: u32,
    body_millis: u32,
    resets: bool,
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

    /// Keeps the changes from now on.
    #[wasm_bindgen(js_name = keepChanges)]
    pub fn keep_changes(&mut self) {
        self.0.keep_changes();
    }

    /// Returns the changes since the last call as one line of JSON, or nothing.
    #[wasm_bindgen(js_name = takeChanges)]
    pub fn take_changes(&mut self) -> Vec<u8> {
        self.0.take_changes()
    }

    /// Applies changes, one line each. Returns the number of the first line that cannot be read.
    pub fn replay(&mut self, log: &[u8]) -> Option<u32> {
        self.0.replay(log).map(|line| u32::try_from(line).unwrap_or(u32::MAX))
    }

    /// Returns the whole state as JSON.
    pub fn snapshot(&self) -> Vec<u8> {
        self.0.snapshot()
    }

    /// Takes over a state. Returns a sentence if it cannot be read.
    pub fn restore(&mut self, snapshot: &[u8]) -> Option<String> {
        self.0.restore(snapshot).err()
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
        let headers = answer.headers.iter().map(|(name, value)| (*name, value.as_ref()));
        let sandbox::Delivery { delay_millis, body_millis, resets } = answer.delivery;
        let head = AnswerHead {
            status: answer.status,
            headers: headers.chain(content_type).collect(),
            delay_millis,
            body_millis,
            resets,
        };
        Ok(head.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
    }

    /// Returns the body and frees the answer.
    #[wasm_bindgen(js_name = intoBody)]
    pub fn into_body(self) -> Vec<u8> {
        self.0.body
    }
}
