//! The edge worker's exports for an outbox: the plan of one, over the host's disk or over memory.

use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::disk::{Host, HostDisk};
use super::{Relay, value};
use crate::relay::{
    self, Answered, Care, DiskError, DiskRoom, MemoryDisk, Parcel, Sealing, Secrets,
};
use crate::shell::{entropy, millis, no_entropy};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A request to the Graph API, and its number of events. */
export interface Delivery { url: string; authorization: string; body: string; timeoutMillis: number; events: number }
/** The outcome for the parcels of a call. `due` is the next sending's time, Unix milliseconds. */
export interface AcceptedParcels { stored: boolean[]; accepted: number; due: number | null }
/**
 * A parcel after its orders were remembered; null if nothing of it is to be stored. `unknown` events have only an order
 * whose visitor is not remembered, and are in quarantine.
 */
export interface Ordered { parcel: Uint8Array | null; due: number | null; unknown: number }
/** The outcome of a batch. */
export interface Settled {
  fate: "delivered" | "kept" | "again" | "halved" | "quarantined";
  sending: "fine" | "failing" | "throttled" | "stopped";
  events: number;
  trust: "page" | "server";
  refusal: Refusal | null;
  waitsMillis: number;
  expired: number;
  damaged: number;
}
/** The events that the disk has room for; "pages" includes events of servers. */
export type DiskRoom = "pages" | "servers" | "nobody";
/** The number of a dataset's outboxes: now, before `sinceMillis` (Unix), and the most ever. */
export interface Layout { outboxes: number; before: number; sinceMillis: number; most: number }
/** A region that Cloudflare keeps Durable Objects in. */
export type Jurisdiction = "eu" | "fedramp";
/** The counts of one slice of a replay. The next slice begins at the id `next`. */
export interface Replayed { replayed: number; tooOld: number; next: number | null }
"#;

/// The plan of one outbox.
#[wasm_bindgen]
pub struct Plan {
    outbox: relay::Outbox,
    /// The disk in memory, for a host without a disk.
    memory: Option<MemoryDisk>,
}

#[derive(Serialize)]
struct Delivery {
    #[serde(flatten)]
    request: relay::Delivery,
    events: u32,
}

#[derive(Serialize)]
struct Accepted {
    stored: Vec<bool>,
    accepted: u64,
    due: Option<u64>,
}

/// Runs an expression over the host's disk or over memory.
macro_rules! on_disk {
    ($plan:ident, $host:ident, |$outbox:ident, $disk:ident| $run:expr) => {{
        let $outbox = &mut $plan.outbox;
        match (&mut $plan.memory, $host) {
            (Some($disk), _) => $run,
            (None, Some(host)) => {
                let $disk = &mut Host(host);
                $run
            }
            (None, None) => return Err(JsError::new("expected a disk")),
        }
    }};
}

#[wasm_bindgen]
impl Plan {
    /// Wakes the outbox of a dataset from its disk; without one it lives in memory.
    ///
    /// # Errors
    /// If the disk fails, or on a host without a random source.
    pub fn wake(
        disk: Option<HostDisk>,
        dataset_id: &str,
        now_millis: f64,
    ) -> Result<Plan, JsError> {
        let now = millis(now_millis);
        let secret = entropy().ok_or_else(no_entropy)?;
        let mut memory = disk.is_none().then(MemoryDisk::default);
        let outbox = match (&mut memory, &disk) {
            (Some(memory), _) => relay::Outbox::wake(memory, dataset_id, secret, now),
            (None, Some(host)) => relay::Outbox::wake(&mut Host(host), dataset_id, secret, now),
            (None, None) => return Err(JsError::new("expected a disk")),
        };
        Ok(Self { outbox: outbox.map_err(error)?, memory })
    }

    /// Returns the id of the dataset.
    #[wasm_bindgen(getter, js_name = datasetId)]
    pub fn dataset_id(&self) -> String {
        self.outbox.dataset_id().to_owned()
    }

    /// Sets the senders whose events the host's disk has room for, and the size of the outbox's
    /// file. Default: room for pages and servers.
    #[wasm_bindgen(js_name = setDiskRoom)]
    pub fn set_disk_room(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "DiskRoom")] room: &str,
        file_bytes: f64,
    ) {
        let room = match room {
            "nobody" => DiskRoom::Nobody,
            "servers" => DiskRoom::Servers,
            _ => DiskRoom::Pages,
        };
        self.outbox.set_disk_room(room, millis(file_bytes));
    }

    /// Returns true if no event waits to be sent.
    #[wasm_bindgen(getter, js_name = isEmpty)]
    pub fn is_empty(&self) -> bool {
        self.outbox.is_empty()
    }

    /// Stores parcels. With `as_they_came`, nothing is merged or added.
    ///
    /// # Errors
    /// If the disk fails, or a parcel cannot be decoded. The host must roll its disk back.
    #[wasm_bindgen(unchecked_return_type = "AcceptedParcels")]
    pub fn accept(
        &mut self,
        relay: &Relay,
        disk: Option<HostDisk>,
        parcels: Vec<js_sys::Uint8Array>,
        as_they_came: bool,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let read = |bytes: &js_sys::Uint8Array| {
            Parcel::decode(&bytes.to_vec())
                .ok_or_else(|| JsError::new("expected parcels of this release"))
        };
        let parcels = parcels.iter().map(read).collect::<Result<Vec<Parcel>, JsError>>()?;
        let care = if as_they_came { Care::AsTheyCame } else { Care::Whole };
        let (config, now) = (&relay.config, millis(now_millis));
        let host = disk.as_ref();
        let done =
            on_disk!(self, host, |outbox, disk| outbox.accept(disk, config, &parcels, care, now));
        let done = done.map_err(error)?;
        let due = done.due_millis.map(together);
        value(&Accepted { stored: done.stored, accepted: done.accepted, due })
    }

    /// Remembers the visitors of a parcel's orders, and completes its events from what is
    /// remembered.
    ///
    /// # Errors
    /// If the disk fails, the parcel cannot be decoded, or the host has no random source. The host
    /// must roll its disk back.
    #[wasm_bindgen(unchecked_return_type = "Ordered")]
    pub fn orders(
        &mut self,
        relay: &Relay,
        disk: Option<HostDisk>,
        parcel: &[u8],
        secret: Option<String>,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let parcel = Parcel::decode(parcel)
            .ok_or_else(|| JsError::new("expected a parcel of this release"))?;
        let sealing =
            Sealing { secret: secret.as_deref(), entropy: entropy().ok_or_else(no_entropy)? };
        let (config, now) = (&relay.config, millis(now_millis));
        let host = disk.as_ref();
        let done =
            on_disk!(self, host, |outbox, disk| outbox.orders(disk, config, parcel, &sealing, now));
        let done = done.map_err(error)?;
        let parcel = if done.parcel.is_empty() { JsValue::NULL } else { sent(&done.parcel) };
        let due = done.due_millis.map_or(JsValue::NULL, |due| super::as_f64(together(due)).into());
        let ordered = js_sys::Object::new();
        let unknown = super::as_f64(done.unknown).into();
        for (name, value) in [("parcel", parcel), ("due", due), ("unknown", unknown)] {
            js_sys::Reflect::set(&ordered, &name.into(), &value)
                .map_err(|_| JsError::new("expected an object"))?;
        }
        Ok(ordered.into())
    }

    /// Returns the next request, of at most `most` events; `undefined` if nothing is due.
    ///
    /// # Errors
    /// If the disk fails.
    #[wasm_bindgen(unchecked_return_type = "Delivery | undefined")]
    pub fn next(
        &mut self,
        relay: &Relay,
        disk: Option<HostDisk>,
        token: Option<String>,
        app_secret: Option<String>,
        most: u32,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let secrets =
            token.as_deref().map(|token| Secrets { token, app_secret: app_secret.as_deref() });
        let (config, now) = (&relay.config, millis(now_millis));
        let host = disk.as_ref();
        let next = on_disk!(self, host, |outbox, disk| outbox.next(
            disk,
            config,
            secrets.as_ref(),
            now,
            most
        ));
        match next.map_err(error)? {
            relay::Next::Nothing => Ok(JsValue::UNDEFINED),
            relay::Next::Send(outgoing) => {
                value(&Delivery { request: outgoing.delivery, events: outgoing.events })
            }
        }
    }

    /// Applies Meta's answer to the batch that was sent. `status` 0 without headers means no
    /// answer.
    ///
    /// # Errors
    /// If the disk fails, or on a host without a random source.
    #[expect(clippy::too_many_arguments, reason = "values that cross from JavaScript")]
    #[wasm_bindgen(unchecked_return_type = "Settled | undefined")]
    pub fn settle(
        &mut self,
        relay: &Relay,
        disk: Option<HostDisk>,
        status: u16,
        headers: Option<web_sys::Headers>,
        body: &[u8],
        is_timeout: bool,
        took_millis: f64,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let (config, now) = (&relay.config, millis(now_millis));
        let header = |name: &str| headers.as_ref().and_then(|all| all.get(name).ok().flatten());
        let chance = u32::from_le_bytes(entropy().ok_or_else(no_entropy)?);
        let answered = Answered {
            status,
            body,
            asked_wait_millis: relay::asked_wait_millis(&header, now),
            is_timeout,
            took_millis: millis(took_millis),
        };
        let host = disk.as_ref();
        let settled =
            on_disk!(self, host, |outbox, disk| outbox.settle(disk, config, answered, chance, now));
        settled_value(settled)
    }

    /// Writes the state, to learn if the disk accepts writes.
    ///
    /// # Errors
    /// If the disk fails.
    #[wasm_bindgen(js_name = checkDisk)]
    pub fn check_disk(&mut self, disk: Option<HostDisk>) -> Result<(), JsError> {
        let host = disk.as_ref();
        on_disk!(self, host, |outbox, disk| outbox.check_disk(disk)).map_err(error)
    }

    /// Puts the next event into quarantine, because the module trapped on writing it into a
    /// request.
    ///
    /// # Errors
    /// If the disk fails.
    #[wasm_bindgen(js_name = setAside, unchecked_return_type = "Settled | undefined")]
    pub fn set_aside(
        &mut self,
        relay: &Relay,
        disk: Option<HostDisk>,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let (config, now) = (&relay.config, millis(now_millis));
        let host = disk.as_ref();
        settled_value(on_disk!(self, host, |outbox, disk| outbox.set_aside(disk, config, now)))
    }

    /// Does a slice of the upkeep. Returns true if there is more to do.
    ///
    /// # Errors
    /// If the disk fails.
    pub fn upkeep(
        &mut self,
        relay: &Relay,
        disk: Option<HostDisk>,
        now_millis: f64,
    ) -> Result<bool, JsError> {
        let (config, now) = (&relay.config, millis(now_millis));
        let host = disk.as_ref();
        on_disk!(self, host, |outbox, disk| outbox.upkeep(disk, config, now)).map_err(error)
    }

    /// Returns the time of the next work, Unix milliseconds; `undefined` if there is none.
    ///
    /// # Errors
    /// If the disk fails.
    #[wasm_bindgen(js_name = nextAlarm)]
    pub fn next_alarm(
        &mut self,
        relay: &Relay,
        disk: Option<HostDisk>,
        now_millis: f64,
    ) -> Result<Option<f64>, JsError> {
        let (config, now) = (&relay.config, millis(now_millis));
        let host = disk.as_ref();
        let alarm = on_disk!(self, host, |outbox, disk| outbox.next_alarm(disk, config, now));
        let alarm = alarm.map_err(error)?;
        // A request waits for an outbox in memory, and due work must not wait for other work.
        let is_exact = |at: u64| self.memory.is_some() || at <= now;
        let at = alarm.map(|at| if is_exact(at) { at } else { together(at) });
        Ok(at.map(super::as_f64))
    }

    /// Returns the status of the outbox, with the newest events of the quarantine.
    ///
    /// # Errors
    /// If the disk fails.
    #[wasm_bindgen(unchecked_return_type = "DatasetStatus")]
    pub fn status(
        &mut self,
        relay: &Relay,
        disk: Option<HostDisk>,
        quarantine_shown: u32,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let (config, now) = (&relay.config, millis(now_millis));
        let host = disk.as_ref();
        let status =
            on_disk!(self, host, |outbox, disk| outbox.status(disk, config, quarantine_shown, now));
        value(&status.map_err(error)?)
    }

    /// Returns the reason why the outbox is not well; `undefined` if it is well.
    pub fn health(&self, relay: &Relay) -> Option<String> {
        self.outbox.health(&relay.config)
    }

    /// Puts a slice of the quarantine back into the outbox: all events, or those with these ids.
    ///
    /// # Errors
    /// If the disk fails.
    #[wasm_bindgen(unchecked_return_type = "Replayed")]
    pub fn replay(
        &mut self,
        disk: Option<HostDisk>,
        ids: Option<Vec<f64>>,
        from: f64,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let now = millis(now_millis);
        let ids: Option<Vec<u64>> = ids.map(|ids| ids.into_iter().map(millis).collect());
        let host = disk.as_ref();
        let replayed = on_disk!(self, host, |outbox, disk| outbox.replay(
            disk,
            ids.as_deref(),
            millis(from),
            now
        ));
        value(&replayed.map_err(error)?)
    }

    /// Returns the customer information that is remembered under each key, a JSON object, or
    /// `null`.
    ///
    /// # Errors
    /// If the disk fails.
    #[wasm_bindgen(unchecked_return_type = "(string | null)[]")]
    pub fn known(
        &mut self,
        relay: &Relay,
        disk: Option<HostDisk>,
        keys: Vec<String>,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let (config, now) = (&relay.config, millis(now_millis));
        let host = disk.as_ref();
        let known = on_disk!(self, host, |outbox, disk| outbox.known(disk, config, &keys, now));
        value(&known.map_err(error)?)
    }

    /// Returns the number of the dataset's outboxes, now and before.
    ///
    /// # Errors
    /// If the disk fails.
    #[wasm_bindgen(unchecked_return_type = "Layout")]
    pub fn layout(
        &mut self,
        relay: &Relay,
        disk: Option<HostDisk>,
        now_millis: f64,
    ) -> Result<JsValue, JsError> {
        let (config, now) = (&relay.config, millis(now_millis));
        let host = disk.as_ref();
        let layout = on_disk!(self, host, |outbox, disk| outbox.layout(disk, config, now));
        value(&layout.map_err(error)?)
    }

    /// Returns a byte for each event of a parcel: 1 if a copy of it was accepted here, else 0.
    ///
    /// # Errors
    /// If the disk fails, or the parcel cannot be decoded.
    #[wasm_bindgen(js_name = hasSeen)]
    pub fn has_seen(
        &mut self,
        disk: Option<HostDisk>,
        parcel: &[u8],
        now_millis: f64,
    ) -> Result<Vec<u8>, JsError> {
        let parcel = Parcel::decode(parcel)
            .ok_or_else(|| JsError::new("expected a parcel of this release"))?;
        let now = millis(now_millis);
        let host = disk.as_ref();
        let seen = on_disk!(self, host, |outbox, disk| outbox.has_seen(disk, &parcel, now));
        Ok(seen.map_err(error)?.into_iter().map(u8::from).collect())
    }
}

#[wasm_bindgen]
impl Relay {
    /// Splits a parcel by outbox: the number of the present outbox, that of the old one, the part.
    #[wasm_bindgen(js_name = parcelParts, unchecked_return_type = "[number, number, Uint8Array][]")]
    pub fn parcel_parts(&self, parcel: js_sys::Uint8Array, before: u32) -> js_sys::Array {
        let part = |now: u32, old: u32, bytes: &JsValue| {
            js_sys::Array::of3(&JsValue::from(now), &JsValue::from(old), bytes)
        };
        if self.config.outboxes <= 1 && before <= 1 {
            return js_sys::Array::of1(&part(0, 0, &parcel));
        }
        let parts = Parcel::decode(&parcel.to_vec())
            .map(|parcel| parcel.by_outbox(self.config.outboxes, before))
            .unwrap_or_default();
        parts.iter().map(|(now, old, parcel)| part(*now, *old, &sent(parcel))).collect()
    }

    /// Splits a parcel into marked and other events; `undefined` for a part that is empty.
    #[wasm_bindgen(js_name = parcelSplit, unchecked_return_type = "[Uint8Array | undefined, Uint8Array | undefined]")]
    pub fn parcel_split(&self, parcel: &[u8], is_first: Vec<u8>) -> js_sys::Array {
        let is_first: Vec<bool> = is_first.iter().map(|mark| *mark == 1).collect();
        let parts = Parcel::decode(parcel).map(|parcel| parcel.split(&is_first));
        let (first, second) = match parts {
            Some(parts) => parts,
            None => return js_sys::Array::new_with_length(2),
        };
        let part = |parcel: &Parcel| match parcel.is_empty() {
            true => JsValue::UNDEFINED,
            false => sent(parcel),
        };
        js_sys::Array::of2(&part(&first), &part(&second))
    }

    /// Returns the region in which Cloudflare must keep the outboxes; `undefined` for none.
    #[wasm_bindgen(getter, unchecked_return_type = "Jurisdiction | undefined")]
    pub fn jurisdiction(&self) -> Option<String> {
        self.config.jurisdiction.map(|jurisdiction| jurisdiction.name().to_owned())
    }

    /// Returns the keys under which customer information for a parcel may be remembered.
    #[wasm_bindgen(js_name = parcelKnownAs)]
    pub fn parcel_known_as(&self, parcel: &[u8]) -> Vec<String> {
        Parcel::decode(parcel).map(|parcel| parcel.known_as()).unwrap_or_default()
    }

    /// Adds remembered customer information to a parcel. `known` is in the order of the parcel's
    /// keys.
    #[wasm_bindgen(js_name = parcelComplete, unchecked_return_type = "Uint8Array")]
    pub fn parcel_complete(
        &self,
        parcel: &[u8],
        #[wasm_bindgen(unchecked_param_type = "(string | null)[]")] known: JsValue,
    ) -> Result<JsValue, JsError> {
        let known: Vec<Option<String>> = serde_wasm_bindgen::from_value(known)?;
        let mut parcel = Parcel::decode(parcel)
            .ok_or_else(|| JsError::new("expected a parcel of this release"))?;
        parcel.complete(&known);
        Ok(sent(&parcel))
    }

    /// Splits a parcel into parcels of one event each.
    #[wasm_bindgen(js_name = parcelApart)]
    pub fn parcel_apart(&self, parcel: &[u8]) -> Vec<js_sys::Uint8Array> {
        let parts = Parcel::decode(parcel).map(|parcel| parcel.apart()).unwrap_or_default();
        parts.iter().map(|part| js_sys::Uint8Array::from(part.encode().as_slice())).collect()
    }
}

/// Rounds the time of an alarm up, so that events that are due close together share one alarm.
fn together(due_millis: u64) -> u64 {
    const TOGETHER_MILLIS: u64 = 250;
    due_millis.div_ceil(TOGETHER_MILLIS).saturating_mul(TOGETHER_MILLIS)
}

/// Encodes a parcel for JavaScript.
fn sent(parcel: &Parcel) -> JsValue {
    js_sys::Uint8Array::from(parcel.encode().as_slice()).into()
}

fn settled_value(settled: Result<Option<relay::Settled>, DiskError>) -> Result<JsValue, JsError> {
    match settled.map_err(error)? {
        None => Ok(JsValue::UNDEFINED),
        Some(settled) => value(&settled),
    }
}

fn error(error: DiskError) -> JsError {
    JsError::new(&error.message)
}
