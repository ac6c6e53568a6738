//! The edge worker's exports: what [`crate::relay`] decides, for the TypeScript beside this file.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::relay;
use crate::shell::{entropy, millis, no_entropy};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** An HTTP answer, decided. */
export interface Answer { status: number; headers: [string, string][]; body: unknown }
/** What the outbox keeps of an event. */
export interface Accepted { key: string; event_time: number; event: string }
/** What to answer, and what to store first. */
export interface Intake { answer: Answer; dataset_id: string | null; events: Accepted[] }
/** A request to the Graph API. */
export interface Delivery { url: string; authorization: string; body: string; timeoutMillis: number }
/** Why Meta did not take a request. */
export interface Refusal { status: number; code: number; errorSubcode: number; message: string; fbtraceId: string }
/** What an answer from Meta means. */
export type Verdict =
  | { kind: "accepted" }
  | { kind: "retry"; waitMillis: number; refusal: Refusal }
  | { kind: "split" | "quarantine" | "stop"; refusal: Refusal };
"#;

/// The relay of one worker, with its configuration.
#[wasm_bindgen]
pub struct Relay {
    config: relay::Config,
}

#[wasm_bindgen]
impl Relay {
    /// Reads the configuration, JSON.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &str) -> Result<Relay, JsError> {
        Ok(Self { config: relay::Config::read(config)? })
    }

    /// The path below which the worker answers pages.
    #[wasm_bindgen(getter)]
    pub fn base(&self) -> String {
        self.config.base.clone()
    }

    /// The largest body a page may send, in bytes.
    #[wasm_bindgen(getter, js_name = maxBodyBytes)]
    pub fn max_body_bytes(&self) -> u32 {
        self.config.max_body_bytes
    }

    /// Answers a browser that asks whether a page may post here.
    ///
    /// # Errors
    /// None but a host without memory.
    #[wasm_bindgen(unchecked_return_type = "Answer")]
    pub fn preflight(&self, request: &web_sys::Request) -> Result<JsValue, JsError> {
        value(&relay::preflight(&self.config, &self.connection(request, None, 0)))
    }

    /// Takes the events of a page. `peer` is the address at the other end of the connection.
    ///
    /// # Errors
    /// On a host without a random source.
    #[wasm_bindgen(js_name = fromPage, unchecked_return_type = "Intake")]
    pub fn from_page(
        &self,
        request: &web_sys::Request,
        peer: Option<String>,
        body: &[u8],
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let now_millis = millis(now_millis);
        let connection = self.connection(request, peer.as_deref(), now_millis);
        let intake = relay::from_page(&self.config, &connection, body, now_millis, &mut entropy);
        value(&intake.ok_or_else(no_entropy)?)
    }

    /// When an event that was accepted now may be sent, Unix milliseconds.
    #[wasm_bindgen(js_name = dueMillis)]
    pub fn due_millis(&self, now_millis: f64) -> f64 {
        as_f64(self.config.due_millis(millis(now_millis)))
    }

    /// One request to Meta with these events, each in JSON as the outbox keeps it.
    ///
    /// # Errors
    /// None but a host without memory.
    #[wasm_bindgen(unchecked_return_type = "Delivery")]
    pub fn delivery(
        &self,
        dataset_id: &str,
        token: &str,
        events: Vec<String>,
    ) -> Result<JsValue, JsError> {
        value(&relay::delivery(&self.config, dataset_id, token, &events))
    }

    /// The event time, in Unix seconds, before which an event can no longer be sent.
    #[wasm_bindgen(js_name = oldestEventTime)]
    pub fn oldest_event_time(&self, now_millis: f64) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "seconds of this age are exact")]
        let seconds = relay::Delivery::oldest_event_time(millis(now_millis)) as f64;
        seconds
    }

    /// What an answer from Meta means for the `events` events it is about; `status` 0: no answer.
    ///
    /// # Errors
    /// None but a host without memory.
    #[wasm_bindgen(unchecked_return_type = "Verdict")]
    pub fn verdict(
        &self,
        status: u16,
        body: &[u8],
        events: u32,
        retry_after_seconds: Option<u32>,
    ) -> Result<JsValue, JsError> {
        value(&relay::verdict(status, body, events as usize, retry_after_seconds))
    }

    /// How long to wait after `attempts` tries without success, in milliseconds.
    ///
    /// # Errors
    /// On a host without a random source.
    #[wasm_bindgen(js_name = retryDelayMillis)]
    pub fn retry_delay_millis(&self, attempts: u32) -> Result<f64, JsError> {
        let chance = u32::from_le_bytes(entropy().ok_or_else(no_entropy)?);
        Ok(as_f64(relay::retry_delay_millis(attempts, self.config.retry_at_most_seconds, chance)))
    }

    fn connection(
        &self,
        request: &web_sys::Request,
        peer: Option<&str>,
        now_millis: u64,
    ) -> relay::Connection {
        let headers = request.headers();
        relay::Connection::read(
            &self.config,
            &|name| headers.get(name).ok().flatten(),
            peer,
            now_millis,
        )
    }
}

fn value<T: Serialize>(rust: &T) -> Result<JsValue, JsError> {
    Ok(rust.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds are exact until the year 287396")]
fn as_f64(millis: u64) -> f64 {
    millis as f64
}
