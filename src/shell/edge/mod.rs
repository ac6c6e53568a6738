//! The edge worker's exports: [`crate::relay`] for the TypeScript beside this file.

mod disk;
mod documents;
mod door;
mod hosting;
mod outbox;
mod secrets;

use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::relay;
use crate::shell::{millis, no_entropy};
use crate::sources::mapping::Source;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/**
 * An answer, and the parcel that must be in the dataset's outbox before the answer is sent. `has_orders` is true if
 * the parcel mentions orders: then the first outbox completes it before it is stored.
 */
export interface Intake { answer: Answer; dataset_id: string | null; parcel: Uint8Array | null; has_orders: boolean }
/** The error with which Meta rejected a request. */
export interface Refusal { status: number; code: number; errorSubcode: number; message: string; fbtraceId: string }
/** The status of one outbox of a dataset: see the relay's `DatasetStatus`. */
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
    orders_remembered: number;
    orders_completed: number;
    order_conflicts: number;
    orders_forgotten: number;
    rows_written: number;
  };
  quarantined: number;
  quarantine: { id: number; event_name: string; event_id: string; since_millis: number; refusal: Refusal }[];
  lanes: { server: LaneStatus; page: LaneStatus };
  stored_bytes: number;
  max_backlog_bytes: number;
  warnings: string[];
  is_configured: boolean;
  /** The door's refusals by reason, as far as this outbox got them. */
  refused: Record<string, number>;
}
/** The status of a lane: the events of servers, or those of pages. */
export interface LaneStatus {
  depth: number;
  waiting_apart: number;
  sending: "fine" | "failing" | "stopped";
  paused_seconds: number;
  batch_limit: number;
}
/** The health of an outbox, with the reason if it cannot do its work. */
export interface Health { ok: boolean; reason: string | null }
"#;

#[derive(Serialize)]
struct Taken<'a> {
    answer: &'a relay::Answer,
    dataset_id: Option<&'a str>,
    has_orders: bool,
}

/// The relay of one worker, with its configuration.
#[wasm_bindgen]
pub struct Relay {
    config: relay::Config,
    door: relay::Door,
    secrets: Secrets,
}

/// The secrets of senders.
#[derive(Default)]
struct Secrets {
    /// The text that they were read from.
    text: String,
    /// The secrets that can be used.
    secrets: relay::DoorSecrets,
    /// The error of a secret that cannot be used.
    problem: Option<relay::ConfigError>,
}

#[wasm_bindgen]
impl Relay {
    /// Reads the configuration, JSON.
    ///
    /// # Errors
    /// If the configuration is wrong. The message has the path and the expected value.
    #[wasm_bindgen(constructor)]
    pub fn new(config: &str) -> Result<Relay, JsError> {
        Ok(Self {
            config: relay::Config::read(config)?,
            door: relay::Door::default(),
            secrets: Secrets::default(),
        })
    }

    /// Returns the path below which the worker answers pages.
    #[wasm_bindgen(getter)]
    pub fn base(&self) -> String {
        self.config.base.clone()
    }

    /// Returns the configuration's changes to GA4's table, JSON, for pages that listen to their
    /// `dataLayer`.
    #[wasm_bindgen(getter, js_name = pageMappings)]
    pub fn page_mappings(&self) -> String {
        let changes = self.config.mappings.get(&Source::Ga4);
        changes.map_or_else(|| "{}".to_owned(), ToString::to_string)
    }

    /// Returns the most milliseconds until a whole body must have arrived.
    #[wasm_bindgen(getter, js_name = bodyTimeoutMillis)]
    pub fn body_timeout_millis(&self) -> u32 {
        self.config.body_timeout_millis
    }

    /// Returns the status of the worker as JSON.
    ///
    /// # Errors
    /// If `datasets` does not have the shape of `DatasetStatus[]`.
    #[wasm_bindgen(unchecked_return_type = "unknown")]
    pub fn status(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "DatasetStatus[]")] datasets: JsValue,
    ) -> Result<JsValue, JsError> {
        value(&self.status_of(datasets)?)
    }

    /// Returns the status of the worker in Prometheus' text format.
    ///
    /// # Errors
    /// If `datasets` does not have the shape of `DatasetStatus[]`.
    pub fn prometheus(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "DatasetStatus[]")] datasets: JsValue,
    ) -> Result<String, JsError> {
        Ok(self.status_of(datasets)?.prometheus())
    }

    /// Returns the ids of the datasets in the configuration.
    #[wasm_bindgen(getter)]
    pub fn datasets(&self) -> Vec<String> {
        self.config.datasets.clone()
    }

    fn status_of(&mut self, datasets: JsValue) -> Result<relay::Status, JsError> {
        let status = relay::status(serde_wasm_bindgen::from_value(datasets)?);
        let warnings = self.door.warnings(&self.secrets.secrets);
        let alarm = self.secrets.problem.as_ref().map(relay::secret_alarm);
        Ok(status.with_door(self.door.refusals().pending(), warnings, alarm))
    }
}

/// Converts an intake for JavaScript: the answer, and the parcel to store.
fn intake(intake: &relay::Intake) -> Result<JsValue, JsError> {
    let read = value(&Taken {
        answer: &intake.answer,
        dataset_id: intake.dataset_id.as_deref(),
        has_orders: intake.parcel.as_ref().is_some_and(relay::Parcel::has_orders),
    })?;
    let parcel = intake.parcel.as_ref().map_or(JsValue::NULL, |parcel| {
        js_sys::Uint8Array::from(parcel.encode().as_slice()).into()
    });
    let is_set = js_sys::Reflect::set(&read, &"parcel".into(), &parcel);
    is_set.map_err(|_| JsError::new("expected an object"))?;
    Ok(read)
}

fn value<T: Serialize>(rust: &T) -> Result<JsValue, JsError> {
    Ok(rust.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds are exact until the year 287396")]
fn as_f64(millis: u64) -> f64 {
    millis as f64
}
