//! The disk of an outbox, as TypeScript implements it with SQL: see `sql-disk.ts`.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::event::Trust;
use crate::relay::{
    Disk, DiskError, Done, OldCounts, OldEvent, OrderKey, QuarantineRow, Queue, RetryHead, Row,
    RowHead,
};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A row of a segment without its events: number, queue, due (Unix milliseconds), events, bytes, keys. */
export type HeadColumns = [number, number, number, number, number, Uint8Array];
/** A row of a segment: its head, and its events. */
export type RowColumns = [...HeadColumns, Uint8Array];
/** A retry batch: number, trust, events, bytes, tries, due and since (Unix milliseconds). */
export type RetryColumns = [number, number, number, number, number, number, number];
/** An event in quarantine: number, trust, event, main body, send before, refusal, since (Unix milliseconds). */
export type QuarantineColumns = [number, number, string, string, number, string, number];
/** An event of an older layout: number, event, main body, send before, due (Unix milliseconds). */
export type OldColumns = [number, string, string, number, number];
/**
 * The disk of an outbox. Trust is 1 for servers and 0 for pages. A call throws if the disk fails.
 * If the disk is full, the message contains "full".
 */
export interface Disk {
  state(): Uint8Array | undefined;
  saveState(state: Uint8Array): void;
  segments(): number[];
  makeSegment(first: number): void;
  dropSegment(first: number): void;
  insert(segment: number, ...row: RowColumns): void;
  replace(segment: number, seq: number, data: Uint8Array): void;
  heads(segment: number, from: number, most: number): HeadColumns[];
  rowsOf(segment: number, queue: number, from: number, most: number): RowColumns[];
  row(segment: number, seq: number): RowColumns | undefined;
  bucket(number: number): Uint8Array | undefined;
  putBucket(number: number, entries: Uint8Array): void;
  retries(most: number): RetryColumns[];
  retry(id: number): Uint8Array | undefined;
  putRetry(data: Uint8Array, ...head: RetryColumns): void;
  touchRetry(id: number, tries: number, dueMillis: number): void;
  dropRetry(id: number): void;
  quarantine(...row: QuarantineColumns): void;
  quarantined(newest: number): QuarantineColumns[];
  quarantinedFrom(id: number, most: number): QuarantineColumns[];
  quarantinedBefore(beforeMillis: number, trust: number | undefined, most: number): [number, number][];
  dropQuarantined(first: number, last: number): void;
  person(key: string): [string, number] | undefined;
  putPerson(key: string, trust: number, userData: string, nowMillis: number): boolean;
  countPersons(trust: number): number;
  dropPersons(trust: number, beforeMillis: number, most: number): number;
  order(key: Uint8Array): [Uint8Array, number] | undefined;
  putOrder(key: Uint8Array, trust: number, sealed: Uint8Array, nowMillis: number): void;
  dropOrder(key: Uint8Array): boolean;
  hasOrders(): boolean;
  countOrders(trust: number): number;
  dropOrders(trust: number, beforeMillis: number, most: number): number;
  hasOld(): boolean;
  oldEvents(most: number): OldColumns[];
  dropOldEvent(id: number): void;
  oldSeen(nameAndId: string, sinceMillis: number): boolean;
  takeOldSeen(sinceMillis: number, most: number): string[];
  /** Accepted, repeated, delivered, quarantined, requests, failed requests, writes; in quarantine, its highest number, its bytes. */
  oldCounts(): number[] | undefined;
  dropOld(): void;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// The disk that TypeScript hands in.
    #[wasm_bindgen(typescript_type = "Disk")]
    pub type HostDisk;

    #[wasm_bindgen(method, catch, js_name = state)]
    fn js_state(this: &HostDisk) -> Result<Option<Uint8Array>, JsValue>;
    #[wasm_bindgen(method, catch, js_name = saveState)]
    fn js_save_state(this: &HostDisk, state: Uint8Array) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = segments)]
    fn js_segments(this: &HostDisk) -> Result<Vec<f64>, JsValue>;
    #[wasm_bindgen(method, catch, js_name = makeSegment)]
    fn js_make_segment(this: &HostDisk, first: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = dropSegment)]
    fn js_drop_segment(this: &HostDisk, first: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = insert)]
    #[expect(clippy::too_many_arguments, reason = "the columns of a row")]
    fn js_insert(
        this: &HostDisk,
        segment: f64,
        seq: f64,
        queue: f64,
        due: f64,
        events: u32,
        bytes: u32,
        keys: Uint8Array,
        data: Uint8Array,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = replace)]
    fn js_replace(this: &HostDisk, segment: f64, seq: f64, data: Uint8Array)
    -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = heads)]
    fn js_heads(this: &HostDisk, segment: f64, from: f64, most: u32) -> Result<Array, JsValue>;
    #[wasm_bindgen(method, catch, js_name = rowsOf)]
    fn js_rows_of(
        this: &HostDisk,
        segment: f64,
        queue: f64,
        from: f64,
        most: u32,
    ) -> Result<Array, JsValue>;
    #[wasm_bindgen(method, catch, js_name = row)]
    fn js_row(this: &HostDisk, segment: f64, seq: f64) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = bucket)]
    fn js_bucket(this: &HostDisk, number: u32) -> Result<Option<Uint8Array>, JsValue>;
    #[wasm_bindgen(method, catch, js_name = putBucket)]
    fn js_put_bucket(this: &HostDisk, number: u32, entries: Uint8Array) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = retries)]
    fn js_retries(this: &HostDisk, most: u32) -> Result<Array, JsValue>;
    #[wasm_bindgen(method, catch, js_name = retry)]
    fn js_retry(this: &HostDisk, id: f64) -> Result<Option<Uint8Array>, JsValue>;
    #[wasm_bindgen(method, catch, js_name = putRetry)]
    #[expect(clippy::too_many_arguments, reason = "the columns of a row")]
    fn js_put_retry(
        this: &HostDisk,
        data: Uint8Array,
        id: f64,
        trust: u32,
        events: u32,
        bytes: u32,
        tries: u32,
        due: f64,
        since: f64,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = touchRetry)]
    fn js_touch_retry(this: &HostDisk, id: f64, tries: u32, due: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = dropRetry)]
    fn js_drop_retry(this: &HostDisk, id: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = quarantine)]
    #[expect(clippy::too_many_arguments, reason = "the columns of a row")]
    fn js_quarantine(
        this: &HostDisk,
        id: f64,
        trust: u32,
        event: &str,
        main_body: &str,
        send_before: f64,
        refusal: &str,
        since: f64,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = quarantined)]
    fn js_quarantined(this: &HostDisk, newest: u32) -> Result<Array, JsValue>;
    #[wasm_bindgen(method, catch, js_name = quarantinedFrom)]
    fn js_quarantined_from(this: &HostDisk, id: f64, most: u32) -> Result<Array, JsValue>;
    #[wasm_bindgen(method, catch, js_name = quarantinedBefore)]
    fn js_quarantined_before(
        this: &HostDisk,
        before: f64,
        trust: Option<u32>,
        most: u32,
    ) -> Result<Array, JsValue>;
    #[wasm_bindgen(method, catch, js_name = dropQuarantined)]
    fn js_drop_quarantined(this: &HostDisk, first: f64, last: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = person)]
    fn js_person(this: &HostDisk, key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = putPerson)]
    fn js_put_person(
        this: &HostDisk,
        key: &str,
        trust: u32,
        user_data: &str,
        now: f64,
    ) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch, js_name = countPersons)]
    fn js_count_persons(this: &HostDisk, trust: u32) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch, js_name = dropPersons)]
    fn js_drop_persons(this: &HostDisk, trust: u32, before: f64, most: u32)
    -> Result<u32, JsValue>;
    #[wasm_bindgen(method, catch, js_name = order)]
    fn js_order(this: &HostDisk, key: Uint8Array) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = putOrder)]
    fn js_put_order(
        this: &HostDisk,
        key: Uint8Array,
        trust: u32,
        sealed: Uint8Array,
        now: f64,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = dropOrder)]
    fn js_drop_order(this: &HostDisk, key: Uint8Array) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch, js_name = hasOrders)]
    fn js_has_orders(this: &HostDisk) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch, js_name = countOrders)]
    fn js_count_orders(this: &HostDisk, trust: u32) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch, js_name = dropOrders)]
    fn js_drop_orders(this: &HostDisk, trust: u32, before: f64, most: u32) -> Result<u32, JsValue>;
    #[wasm_bindgen(method, catch, js_name = hasOld)]
    fn js_has_old(this: &HostDisk) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch, js_name = oldEvents)]
    fn js_old_events(this: &HostDisk, most: u32) -> Result<Array, JsValue>;
    #[wasm_bindgen(method, catch, js_name = dropOldEvent)]
    fn js_drop_old_event(this: &HostDisk, id: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = oldSeen)]
    fn js_old_seen(this: &HostDisk, name_and_id: &str, since: f64) -> Result<bool, JsValue>;
    #[wasm_bindgen(method, catch, js_name = takeOldSeen)]
    fn js_take_old_seen(this: &HostDisk, since: f64, most: u32) -> Result<Vec<String>, JsValue>;
    #[wasm_bindgen(method, catch, js_name = oldCounts)]
    fn js_old_counts(this: &HostDisk) -> Result<Option<Vec<f64>>, JsValue>;
    #[wasm_bindgen(method, catch, js_name = dropOld)]
    fn js_drop_old(this: &HostDisk) -> Result<(), JsValue>;
}

/// The host's disk, as a [`Disk`] of the plan.
pub(super) struct Host<'a>(pub &'a HostDisk);

fn done<T>(result: Result<T, JsValue>) -> Done<T> {
    result.map_err(|error| {
        let message = js_sys::Reflect::get(&error, &"message".into())
            .ok()
            .and_then(|message| message.as_string())
            .or_else(|| error.as_string())
            .unwrap_or_else(|| "the disk refused".to_owned());
        DiskError { is_full: message.contains("full"), message }
    })
}

#[expect(clippy::cast_precision_loss, reason = "numbers of rows and times stay below 2^53")]
fn number(of: u64) -> f64 {
    of as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "as saturates, and NaN is 0"
)]
fn natural(of: f64) -> u64 {
    of as u64
}

fn trust_number(trust: Trust) -> u32 {
    u32::from(trust == Trust::Server)
}

fn bytes(of: &[u8]) -> Uint8Array {
    Uint8Array::from(of)
}

/// The columns of a row, read one by one.
struct Columns(Array);

impl Columns {
    fn of(row: JsValue) -> Self {
        Self(row.unchecked_into())
    }

    fn number(&self, at: u32) -> u64 {
        natural(self.0.get(at).as_f64().unwrap_or_default())
    }

    fn small(&self, at: u32) -> u32 {
        u32::try_from(self.number(at)).unwrap_or(u32::MAX)
    }

    #[expect(clippy::cast_possible_truncation, reason = "as saturates, and NaN is 0")]
    fn signed(&self, at: u32) -> i64 {
        self.0.get(at).as_f64().unwrap_or_default() as i64
    }

    fn text(&self, at: u32) -> String {
        self.0.get(at).as_string().unwrap_or_default()
    }

    fn bytes(&self, at: u32) -> Vec<u8> {
        self.0.get(at).dyn_into::<Uint8Array>().map(|bytes| bytes.to_vec()).unwrap_or_default()
    }

    fn trust(&self, at: u32) -> Trust {
        if self.number(at) == 1 { Trust::Server } else { Trust::Page }
    }

    fn head(&self) -> RowHead {
        RowHead {
            seq: self.number(0),
            queue: Queue::from_number(self.number(1)),
            due_millis: self.number(2),
            events: self.small(3),
            bytes: self.small(4),
            keys: self.bytes(5),
        }
    }

    fn row(&self) -> Row {
        Row { head: self.head(), data: self.bytes(6) }
    }

    fn quarantined(&self) -> QuarantineRow {
        QuarantineRow {
            id: self.number(0),
            trust: self.trust(1),
            event: self.text(2),
            main_body: self.text(3),
            send_before: self.signed(4),
            refusal: self.text(5),
            since_millis: self.number(6),
        }
    }
}

fn all<T>(rows: Result<Array, JsValue>, read: impl Fn(&Columns) -> T) -> Done<Vec<T>> {
    Ok(done(rows)?.iter().map(|row| read(&Columns::of(row))).collect())
}

fn one<T>(row: Result<JsValue, JsValue>, read: impl Fn(&Columns) -> T) -> Done<Option<T>> {
    let row = done(row)?;
    Ok((!row.is_undefined() && !row.is_null()).then(|| read(&Columns::of(row))))
}

fn maybe_bytes(of: Result<Option<Uint8Array>, JsValue>) -> Done<Option<Vec<u8>>> {
    Ok(done(of)?.map(|bytes| bytes.to_vec()))
}

impl Disk for Host<'_> {
    fn state(&mut self) -> Done<Option<Vec<u8>>> {
        maybe_bytes(self.0.js_state())
    }

    fn save_state(&mut self, state: &[u8]) -> Done<()> {
        done(self.0.js_save_state(bytes(state)))
    }

    fn segments(&mut self) -> Done<Vec<u64>> {
        Ok(done(self.0.js_segments())?.into_iter().map(natural).collect())
    }

    fn make_segment(&mut self, first: u64) -> Done<()> {
        done(self.0.js_make_segment(number(first)))
    }

    fn drop_segment(&mut self, first: u64) -> Done<()> {
        done(self.0.js_drop_segment(number(first)))
    }

    fn insert(&mut self, segment: u64, Row { head, data }: &Row) -> Done<()> {
        done(self.0.js_insert(
            number(segment),
            number(head.seq),
            number(head.queue.to_number()),
            number(head.due_millis),
            head.events,
            head.bytes,
            bytes(&head.keys),
            bytes(data),
        ))
    }

    fn replace(&mut self, segment: u64, seq: u64, data: &[u8]) -> Done<()> {
        done(self.0.js_replace(number(segment), number(seq), bytes(data)))
    }

    fn heads(&mut self, segment: u64, from: u64, most: u32) -> Done<Vec<RowHead>> {
        all(self.0.js_heads(number(segment), number(from), most), Columns::head)
    }

    fn rows_of(&mut self, segment: u64, queue: Queue, from: u64, most: u32) -> Done<Vec<Row>> {
        let queue = number(queue.to_number());
        all(self.0.js_rows_of(number(segment), queue, number(from), most), Columns::row)
    }

    fn row(&mut self, segment: u64, seq: u64) -> Done<Option<Row>> {
        one(self.0.js_row(number(segment), number(seq)), Columns::row)
    }

    fn bucket(&mut self, number: u32) -> Done<Option<Vec<u8>>> {
        maybe_bytes(self.0.js_bucket(number))
    }

    fn put_bucket(&mut self, number: u32, entries: &[u8]) -> Done<()> {
        done(self.0.js_put_bucket(number, bytes(entries)))
    }

    fn retries(&mut self, most: u32) -> Done<Vec<RetryHead>> {
        all(self.0.js_retries(most), |row| RetryHead {
            id: row.number(0),
            trust: row.trust(1),
            events: row.small(2),
            bytes: row.small(3),
            tries: row.small(4),
            due_millis: row.number(5),
            since_millis: row.number(6),
        })
    }

    fn retry(&mut self, id: u64) -> Done<Option<Vec<u8>>> {
        maybe_bytes(self.0.js_retry(number(id)))
    }

    fn put_retry(&mut self, head: &RetryHead, data: &[u8]) -> Done<()> {
        done(self.0.js_put_retry(
            bytes(data),
            number(head.id),
            trust_number(head.trust),
            head.events,
            head.bytes,
            head.tries,
            number(head.due_millis),
            number(head.since_millis),
        ))
    }

    fn touch_retry(&mut self, head: &RetryHead) -> Done<()> {
        done(self.0.js_touch_retry(number(head.id), head.tries, number(head.due_millis)))
    }

    fn drop_retry(&mut self, id: u64) -> Done<()> {
        done(self.0.js_drop_retry(number(id)))
    }

    fn quarantine(&mut self, row: &QuarantineRow) -> Done<()> {
        #[expect(clippy::cast_precision_loss, reason = "seconds stay below 2^53")]
        let send_before = row.send_before as f64;
        done(self.0.js_quarantine(
            number(row.id),
            trust_number(row.trust),
            &row.event,
            &row.main_body,
            send_before,
            &row.refusal,
            number(row.since_millis),
        ))
    }

    fn quarantined(&mut self, newest: u32) -> Done<Vec<QuarantineRow>> {
        all(self.0.js_quarantined(newest), Columns::quarantined)
    }

    fn quarantined_from(&mut self, id: u64, most: u32) -> Done<Vec<QuarantineRow>> {
        all(self.0.js_quarantined_from(number(id), most), Columns::quarantined)
    }

    fn quarantined_before(
        &mut self,
        before_millis: u64,
        trust: Option<Trust>,
        most: u32,
    ) -> Done<Vec<(u64, Trust)>> {
        let trust = trust.map(trust_number);
        let rows = self.0.js_quarantined_before(number(before_millis), trust, most);
        all(rows, |row| (row.number(0), row.trust(1)))
    }

    fn drop_quarantined(&mut self, first: u64, last: u64) -> Done<()> {
        done(self.0.js_drop_quarantined(number(first), number(last)))
    }

    fn person(&mut self, key: &str) -> Done<Option<(String, u64)>> {
        one(self.0.js_person(key), |row| (row.text(0), row.number(1)))
    }

    fn put_person(
        &mut self,
        key: &str,
        trust: Trust,
        user_data: &str,
        now_millis: u64,
    ) -> Done<bool> {
        done(self.0.js_put_person(key, trust_number(trust), user_data, number(now_millis)))
    }

    fn count_persons(&mut self, trust: Trust) -> Done<u64> {
        Ok(natural(done(self.0.js_count_persons(trust_number(trust)))?))
    }

    fn drop_persons(&mut self, trust: Trust, before_millis: u64, most: u32) -> Done<u32> {
        done(self.0.js_drop_persons(trust_number(trust), number(before_millis), most))
    }

    fn order(&mut self, key: &OrderKey) -> Done<Option<(Vec<u8>, u64)>> {
        one(self.0.js_order(bytes(key)), |row| (row.bytes(0), row.number(1)))
    }

    fn put_order(
        &mut self,
        key: &OrderKey,
        trust: Trust,
        sealed: &[u8],
        now_millis: u64,
    ) -> Done<()> {
        done(self.0.js_put_order(
            bytes(key),
            trust_number(trust),
            bytes(sealed),
            number(now_millis),
        ))
    }

    fn drop_order(&mut self, key: &OrderKey) -> Done<bool> {
        done(self.0.js_drop_order(bytes(key)))
    }

    fn has_orders(&mut self) -> Done<bool> {
        done(self.0.js_has_orders())
    }

    fn count_orders(&mut self, trust: Trust) -> Done<u64> {
        Ok(natural(done(self.0.js_count_orders(trust_number(trust)))?))
    }

    fn drop_orders(&mut self, trust: Trust, before_millis: u64, most: u32) -> Done<u32> {
        done(self.0.js_drop_orders(trust_number(trust), number(before_millis), most))
    }

    fn has_old(&mut self) -> Done<bool> {
        done(self.0.js_has_old())
    }

    fn old_events(&mut self, most: u32) -> Done<Vec<OldEvent>> {
        all(self.0.js_old_events(most), |row| OldEvent {
            id: row.number(0),
            event: row.text(1),
            main_body: row.text(2),
            send_before: row.signed(3),
            due_millis: row.number(4),
        })
    }

    fn drop_old_event(&mut self, id: u64) -> Done<()> {
        done(self.0.js_drop_old_event(number(id)))
    }

    fn old_seen(&mut self, name_and_id: &str, since_millis: u64) -> Done<bool> {
        done(self.0.js_old_seen(name_and_id, number(since_millis)))
    }

    fn take_old_seen(&mut self, since_millis: u64, most: u32) -> Done<Vec<String>> {
        done(self.0.js_take_old_seen(number(since_millis), most))
    }

    fn old_counts(&mut self) -> Done<Option<OldCounts>> {
        let counts = done(self.0.js_old_counts())?;
        Ok(counts.map(|all| {
            let at = |place: usize| all.get(place).copied().map_or(0, natural);
            OldCounts {
                accepted: at(0),
                repeated: at(1),
                delivered: at(2),
                quarantined: at(3),
                requests: at(4),
                failed_requests: at(5),
                writes: at(6),
                in_quarantine: at(7),
                last_quarantine: at(8),
                quarantine_bytes: at(9),
            }
        }))
    }

    fn drop_old(&mut self) -> Done<()> {
        done(self.0.js_drop_old())
    }
}
