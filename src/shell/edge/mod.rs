//! The edge worker's exports: what [`crate::relay`] decides, for the TypeScript beside this file.

mod documents;
mod graph;
mod hosting;
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
/** What the outbox keeps of an event. */
export interface Accepted { key: string; trust: "page" | "server"; send_before: number; event: string; main_body: string; known_as: string[] }
/** What is remembered of a person: hashed, to be added to later events of theirs. */
export interface Person { keys: string[]; same_as: string[]; user_data: string }
/** What to answer, and what to store first: people before events. */
export interface Intake { answer: Answer; dataset_id: string | null; events: Accepted[]; people: Person[] }
/** A request to the Graph API. */
export interface Delivery { url: string; authorization: string; body: string; timeoutMillis: number }
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
  };
  quarantined: number;
  quarantine: { id: number; event_name: string; event_id: string; since_millis: number; refusal: Refusal }[];
}
/** What was tried: see the relay's `Attempt`. */
export interface Attempt { events: number; tries: number; failures: number; othersTaken: boolean }
/** What to do after a try: see the relay's `Outcome`. */
export interface Outcome {
  fate: "delivered" | "kept" | "again" | "halved" | "quarantined";
  sending: "fine" | "failing" | "throttled" | "stopped";
  datasetWaitsMillis: number;
  tries: number;
  eventsWaitMillis: number;
  refusal: Refusal | null;
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Attempt {
    events: u32,
    tries: u32,
    failures: u32,
    others_taken: bool,
}

impl From<Attempt> for relay::Attempt {
    fn from(Attempt { events, tries, failures, others_taken }: Attempt) -> Self {
        Self { events, tries, failures, others_taken }
    }
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
        let keys = relay::BridgeKeys::read(keys)?;
        match relay::Sender::of(&self.config, &connection, &keys) {
            Ok(sender) => value(
                &relay::take(&self.config, &connection, &sender, body, now_millis, &mut entropy)
                    .map_err(|relay::NoEntropy| no_entropy())?,
            ),
            Err((status, problem)) => value(&relay::Intake::refused(status, &problem)),
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

    /// When an event that was accepted now may be sent, Unix milliseconds.
    #[wasm_bindgen(js_name = dueMillis)]
    pub fn due_millis(&self, now_millis: f64) -> f64 {
        as_f64(self.config.due_millis(millis(now_millis)))
    }

    /// How many events one request to Meta may carry, and how large they may be together, in bytes.
    #[wasm_bindgen(getter, js_name = requestLimits, unchecked_return_type = "[number, number]")]
    pub fn request_limits(&self) -> Vec<u32> {
        [relay::MAX_EVENTS_PER_REQUEST, relay::MAX_BYTES_PER_REQUEST]
            .map(|limit| u32::try_from(limit).unwrap_or(u32::MAX))
            .to_vec()
    }

    /// Merges a second copy into the first copy, both of servers. Returns nothing when it adds nothing.
    #[wasm_bindgen(js_name = withSecondCopy)]
    pub fn with_second_copy(&self, first: &str, second: &str) -> Option<String> {
        relay::with_second_copy(first, second)
    }

    /// Merges a second copy into the first copy, both of pages. Returns nothing when it adds nothing.
    #[wasm_bindgen(js_name = withSecondPageCopy)]
    pub fn with_second_page_copy(&self, first: &str, second: &str) -> Option<String> {
        relay::with_second_page_copy(first, second)
    }

    /// Merges a page's copy into a server's copy. Returns nothing when it adds nothing.
    #[wasm_bindgen(js_name = withPageCopy)]
    pub fn with_page_copy(&self, server: &str, page: &str) -> Option<String> {
        relay::with_page_copy(server, page)
    }

    /// Returns the server's copy that takes the place of a page's copy, or nothing when they are not the same event.
    #[wasm_bindgen(js_name = inPlaceOfPage)]
    pub fn in_place_of_page(&self, page: &str, server: &str) -> Option<String> {
        relay::in_place_of_page(page, server)
    }

    /// One request to Meta with these events, each in JSON as the outbox keeps it, and with what their
    /// sender wanted beside them.
    ///
    /// # Errors
    /// None but a host without memory.
    #[wasm_bindgen(unchecked_return_type = "Delivery")]
    pub fn delivery(
        &self,
        dataset_id: &str,
        token: &str,
        app_secret: Option<String>,
        main_body: &str,
        events: Vec<String>,
    ) -> Result<JsValue, JsError> {
        let secrets = relay::Secrets { token, app_secret: app_secret.as_deref() };
        value(&relay::delivery(&self.config, dataset_id, &secrets, main_body, &events))
    }

    /// What to do after a try. `status` 0 and no headers: no answer came.
    ///
    /// # Errors
    /// On a host without a random source.
    #[wasm_bindgen(unchecked_return_type = "Outcome")]
    pub fn outcome(
        &self,
        status: u16,
        headers: Option<web_sys::Headers>,
        body: &[u8],
        #[wasm_bindgen(unchecked_param_type = "Attempt")] attempt: JsValue,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let attempt: Attempt = serde_wasm_bindgen::from_value(attempt)?;
        let header = |name: &str| headers.as_ref().and_then(|all| all.get(name).ok().flatten());
        let chance = u32::from_le_bytes(entropy().ok_or_else(no_entropy)?);
        value(&relay::outcome(
            &self.config,
            attempt.into(),
            relay::verdict(status, body),
            relay::asked_wait_millis(&header, millis(now_millis)),
            chance,
        ))
    }

    /// What to do with events of which no request could be made.
    ///
    /// # Errors
    /// On a host without a random source.
    #[wasm_bindgen(unchecked_return_type = "Outcome")]
    pub fn unwritable(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Attempt")] attempt: JsValue,
    ) -> Result<JsValue, JsError> {
        let attempt: Attempt = serde_wasm_bindgen::from_value(attempt)?;
        let chance = u32::from_le_bytes(entropy().ok_or_else(no_entropy)?);
        value(&relay::outcome(&self.config, attempt.into(), relay::unwritable(), 0, chance))
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
