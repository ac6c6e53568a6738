//! The edge worker's exports: what [`crate::relay`] decides, for the TypeScript beside this file.

mod disk;
mod documents;
mod graph;
mod hosting;
mod outbox;
mod segment;

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::relay;
use crate::shell::{entropy, millis, no_entropy};
use crate::sources::mapping::Source;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** An HTTP answer, decided. */
export interface Answer { status: number; headers: [string, string][]; body: unknown }
/** Who is at the other end of the connection, as far as the host knows: country and region by ISO 3166. */
export interface Peer { address?: string; country?: string; region?: string }
/** How much of a body to read, or what to answer instead. */
export interface Admission { maxBodyBytes: number; answer: Answer | null }
/** What to answer, and what to store first: a parcel of the outbox of that dataset. */
export interface Intake { answer: Answer; dataset_id: string | null; parcel: Uint8Array | null }
/** Why Meta did not take a request. */
export interface Refusal { status: number; code: number; errorSubcode: number; message: string; fbtraceId: string }
/** How one dataset's outbox is doing: see the relay's `DatasetStatus`. */
export interface DatasetStatus {
  dataset_id: string;
  sending: "fine" | "failing" | "throttled" | "stopped";
  depth: number;
  oldest_due_seconds: number;
  waiting_apart: number;
  paused_seconds: number;
  failures: number;
  last_success_millis: number;
  last_refusal: { millis: number; refusal: Refusal } | null;
  per_minute: { accepted: number; delivered: number };
  totals: {
    accepted: number;
    repeated: number;
    delivered: number;
    quarantined: number;
    requests: number;
    failed_requests: number;
    writes: number;
    merged: number;
    dropped: number;
    full: number;
    rows_written: number;
  };
  quarantined: number;
  quarantine: { id: number; event_name: string; event_id: string; since_millis: number; refusal: Refusal }[];
  lanes: { server: LaneStatus; page: LaneStatus };
  stored_bytes: number;
  max_backlog_bytes: number;
  warnings: string[];
  is_configured: boolean;
}
/** How the events of servers or of pages are doing. */
export interface LaneStatus {
  depth: number;
  waiting_apart: number;
  sending: "fine" | "failing" | "stopped";
  paused_seconds: number;
  batch_limit: number;
}
"#;

#[derive(Default, Deserialize)]
struct Peer {
    address: Option<String>,
    country: Option<String>,
    region: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Admission {
    max_body_bytes: u32,
    answer: Option<relay::Answer>,
}

/// The most that is read of a body, or the answer to who is not let in.
impl From<Result<u32, relay::Answer>> for Admission {
    fn from(decided: Result<u32, relay::Answer>) -> Self {
        match decided {
            Ok(max_body_bytes) => Self { max_body_bytes, answer: None },
            Err(answer) => Self { max_body_bytes: 0, answer: Some(answer) },
        }
    }
}

#[derive(Serialize)]
struct Taken<'a> {
    answer: &'a relay::Answer,
    dataset_id: Option<&'a str>,
}

/// The relay of one worker, with its configuration.
#[wasm_bindgen]
pub struct Relay {
    config: relay::Config,
    limiter: relay::RateLimiter,
}

#[wasm_bindgen]
impl Relay {
    /// Reads the configuration, JSON.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &str) -> Result<Relay, JsError> {
        Ok(Self { config: relay::Config::read(config)?, limiter: relay::RateLimiter::default() })
    }

    /// The path below which the worker answers pages.
    #[wasm_bindgen(getter)]
    pub fn base(&self) -> String {
        self.config.base.clone()
    }

    /// What the configuration changes in GA4's table, JSON: a page that listens to its `dataLayer` reads by
    /// the same.
    #[wasm_bindgen(getter, js_name = pageMappings)]
    pub fn page_mappings(&self) -> String {
        let changes = self.config.mappings.get(&Source::Ga4);
        changes.map_or_else(|| "{}".to_owned(), ToString::to_string)
    }

    /// How long a body may take to arrive, in milliseconds.
    #[wasm_bindgen(getter, js_name = bodyTimeoutMillis)]
    pub fn body_timeout_millis(&self) -> u32 {
        self.config.body_timeout_millis
    }

    /// Answers a browser that asks whether a page may post here.
    ///
    /// # Errors
    /// None but a host without memory.
    #[wasm_bindgen(unchecked_return_type = "Answer")]
    pub fn preflight(&self, request: &web_sys::Request) -> Result<JsValue, JsError> {
        value(&relay::preflight(&self.config, &self.connection(request, JsValue::UNDEFINED, 0)?))
    }

    /// Decides over a request with events before its body is read. Counts it for its address.
    ///
    /// # Errors
    /// When the keys cannot be used.
    #[wasm_bindgen(unchecked_return_type = "Admission")]
    pub fn admit(
        &mut self,
        request: &web_sys::Request,
        #[wasm_bindgen(unchecked_param_type = "Peer")] peer: JsValue,
        keys: &str,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let now_millis = millis(now_millis);
        let connection = self.connection(request, peer, now_millis)?;
        let keys = relay::BridgeKeys::read(keys)?;
        let admitted =
            relay::admit(&self.config, &connection, &keys, &mut self.limiter, now_millis);
        value(&Admission::from(admitted.map(|sender| match sender {
            relay::Sender::Page(_) => self.config.max_body_bytes,
            relay::Sender::Server(_) => self.config.max_server_body_bytes,
        })))
    }

    /// Takes the events of a request that was admitted.
    ///
    /// # Errors
    /// On a host without a random source.
    #[wasm_bindgen(unchecked_return_type = "Intake")]
    pub fn take(
        &self,
        request: &web_sys::Request,
        #[wasm_bindgen(unchecked_param_type = "Peer")] peer: JsValue,
        keys: &str,
        body: &[u8],
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let now_millis = millis(now_millis);
        let connection = self.connection(request, peer, now_millis)?;
        let has_server = !keys.trim().is_empty();
        let keys = relay::BridgeKeys::read(keys)?;
        match relay::Sender::of(&self.config, &connection, &keys) {
            Ok(sender) => {
                let taken =
                    relay::take(&self.config, &connection, &sender, body, now_millis, &mut entropy);
                let taken = taken.map_err(|relay::NoEntropy| no_entropy())?;
                self.intake(&connection, &taken, has_server)
            }
            Err((status, problem)) => {
                self.intake(&connection, &relay::Intake::refused(status, &problem), has_server)
            }
        }
    }

    /// Decides over a request of an operator: nothing when it shows a key, else the answer.
    ///
    /// # Errors
    /// When the keys cannot be used.
    #[wasm_bindgen(js_name = admitOperator, unchecked_return_type = "Answer | null")]
    pub fn admit_operator(
        &mut self,
        request: &web_sys::Request,
        #[wasm_bindgen(unchecked_param_type = "Peer")] peer: JsValue,
        keys: &str,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let now_millis = millis(now_millis);
        let connection = self.connection(request, peer, now_millis)?;
        let keys = relay::BridgeKeys::read(keys)?;
        let limiter = &mut self.limiter;
        value(&relay::admit_operator(&self.config, &connection, &keys, limiter, now_millis).err())
    }

    /// How the worker is doing, as JSON.
    ///
    /// # Errors
    /// When a dataset's status is not what its type says.
    #[wasm_bindgen(unchecked_return_type = "unknown")]
    pub fn status(
        &self,
        #[wasm_bindgen(unchecked_param_type = "DatasetStatus[]")] datasets: JsValue,
    ) -> Result<JsValue, JsError> {
        value(&relay::status(serde_wasm_bindgen::from_value(datasets)?))
    }

    /// How the worker is doing, in Prometheus' text format.
    ///
    /// # Errors
    /// When a dataset's status is not what its type says.
    pub fn prometheus(
        &self,
        #[wasm_bindgen(unchecked_param_type = "DatasetStatus[]")] datasets: JsValue,
    ) -> Result<String, JsError> {
        Ok(relay::status(serde_wasm_bindgen::from_value(datasets)?).prometheus())
    }

    /// The datasets of the configuration.
    #[wasm_bindgen(getter)]
    pub fn datasets(&self) -> Vec<String> {
        self.config.datasets.clone()
    }

    /// How long an event stays in quarantine, in days.
    #[wasm_bindgen(getter, js_name = quarantineDays)]
    pub fn quarantine_days(&self) -> u32 {
        self.config.quarantine_days
    }

    /// What to answer, and the parcel to store.
    fn intake(
        &self,
        connection: &relay::Connection,
        intake: &relay::Intake,
        has_server: bool,
    ) -> Result<JsValue, JsError> {
        let taken = intake.parcel(&self.config, connection, has_server);
        let read =
            value(&Taken { answer: &intake.answer, dataset_id: intake.dataset_id.as_deref() })?;
        let parcel = taken.map_or(JsValue::NULL, |parcel| {
            js_sys::Uint8Array::from(parcel.encode().as_slice()).into()
        });
        let is_set = js_sys::Reflect::set(&read, &"parcel".into(), &parcel);
        is_set.map_err(|_| JsError::new("expected an object"))?;
        Ok(read)
    }

    fn connection(
        &self,
        request: &web_sys::Request,
        peer: JsValue,
        now_millis: u64,
    ) -> Result<relay::Connection, JsError> {
        let peer: Option<Peer> = serde_wasm_bindgen::from_value(peer)?;
        let Peer { address, country, region } = peer.unwrap_or_default();
        let headers = request.headers();
        Ok(relay::Connection::read(
            &self.config,
            &|name| headers.get(name).ok().flatten(),
            address.as_deref(),
            relay::Place { country, region },
            now_millis,
        ))
    }
}

fn value<T: Serialize>(rust: &T) -> Result<JsValue, JsError> {
    Ok(rust.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds are exact until the year 287396")]
fn as_f64(millis: u64) -> f64 {
    millis as f64
}
