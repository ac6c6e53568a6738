//! The edge worker's exports: what [`crate::relay`] decides, for the TypeScript beside this file.

mod documents;
mod door;
mod hosting;
mod segment;

use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::relay;
use crate::shell::{entropy, millis, no_entropy};
use crate::sources::mapping::Source;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
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
  /** What was refused at the door, by reason, as far as this outbox was told. */
  refused: Record<string, number>;
}
/** Whether an outbox can do its work, and if not, why. */
export interface Health { ok: boolean; reason: string | null }
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
    door: relay::Door,
    /// The secrets of senders, and the text that they were read from.
    secrets: (String, relay::DoorSecrets),
}

#[wasm_bindgen]
impl Relay {
    /// Reads the configuration, JSON.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &str) -> Result<Relay, JsError> {
        Ok(Self {
            config: relay::Config::read(config)?,
            door: relay::Door::default(),
            secrets: Default::default(),
        })
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

    /// How the worker is doing, as JSON.
    ///
    /// # Errors
    /// When a dataset's status is not what its type says.
    #[wasm_bindgen(unchecked_return_type = "unknown")]
    pub fn status(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "DatasetStatus[]")] datasets: JsValue,
    ) -> Result<JsValue, JsError> {
        value(&self.status_of(datasets)?)
    }

    /// How the worker is doing, in Prometheus' text format.
    ///
    /// # Errors
    /// When a dataset's status is not what its type says.
    pub fn prometheus(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "DatasetStatus[]")] datasets: JsValue,
    ) -> Result<String, JsError> {
        Ok(self.status_of(datasets)?.prometheus())
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

    fn status_of(&mut self, datasets: JsValue) -> Result<relay::Status, JsError> {
        let status = relay::status(serde_wasm_bindgen::from_value(datasets)?);
        let warnings = self.door.warnings();
        Ok(status.with_door(self.door.refusals().pending(), warnings))
    }
}

fn value<T: Serialize>(rust: &T) -> Result<JsValue, JsError> {
    Ok(rust.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds are exact until the year 287396")]
fn as_f64(millis: u64) -> f64 {
    millis as f64
}
