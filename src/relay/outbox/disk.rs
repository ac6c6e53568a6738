//! What the outbox needs of a disk. The host implements it with SQL; memory does for tests and for hosts
//! without a disk.

use super::queue::Queue;
use crate::event::Trust;

/// Why the disk did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskError {
    /// The disk is full.
    pub is_full: bool,
    /// The disk's own words.
    pub message: String,
}

/// A result of the disk.
pub type Done<T> = Result<T, DiskError>;

/// A row of a segment without its events.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RowHead {
    /// Its number: rows have ascending numbers over all segments.
    pub seq: u64,
    /// Its queue.
    pub queue: Queue,
    /// When its events may be sent, Unix milliseconds.
    pub due_millis: u64,
    /// How many events it has.
    pub events: u32,
    /// How many bytes it has.
    pub bytes: u32,
    /// The keys of its events, [`Key::BYTES`](super::key::Key::BYTES) each.
    pub keys: Vec<u8>,
}

/// A row of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    /// All but the events.
    pub head: RowHead,
    /// The events: a [`Block`](super::block::Block).
    pub data: Vec<u8>,
}

/// Events that failed and wait by themselves.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RetryHead {
    /// Its number.
    pub id: u64,
    /// The trust in its events.
    pub trust: Trust,
    /// How many events it has.
    pub events: u32,
    /// How many bytes it has.
    pub bytes: u32,
    /// How often these events failed.
    pub tries: u32,
    /// When they may be tried again, Unix milliseconds.
    pub due_millis: u64,
    /// When they failed first, Unix milliseconds.
    pub since_millis: u64,
}

/// An event in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QuarantineRow {
    /// Its number, to replay it by.
    pub id: u64,
    /// The trust in its sender.
    pub trust: Trust,
    /// The event in JSON.
    pub event: String,
    /// The members beside `data` in its request.
    pub main_body: String,
    /// Until when Meta takes it, Unix seconds.
    pub send_before: i64,
    /// Why it is here, JSON.
    pub refusal: String,
    /// Since when, Unix milliseconds.
    pub since_millis: u64,
}

/// An event that a release before this layout left waiting.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OldEvent {
    /// Its number in the old table.
    pub id: u64,
    /// The event in JSON.
    pub event: String,
    /// The members beside `data` in its request.
    pub main_body: String,
    /// Until when Meta takes it, Unix seconds.
    pub send_before: i64,
    /// When it may be sent, Unix milliseconds.
    pub due_millis: u64,
}

/// What a release before this layout counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "described where they are public: in the status")]
pub struct OldCounts {
    pub accepted: u64,
    pub repeated: u64,
    pub delivered: u64,
    pub quarantined: u64,
    pub requests: u64,
    pub failed_requests: u64,
    pub writes: u64,
    /// Events in quarantine.
    pub in_quarantine: u64,
    /// The highest number of an event in quarantine.
    pub last_quarantine: u64,
}

/// A disk. Each call is durable once the host has committed the transaction that it was made in.
pub trait Disk {
    /// The state that was saved last.
    fn state(&mut self) -> Done<Option<Vec<u8>>>;
    /// Saves the state.
    fn save_state(&mut self, state: &[u8]) -> Done<()>;

    /// The segments, each named by its first row's number, ascending.
    fn segments(&mut self) -> Done<Vec<u64>>;
    /// Makes a segment.
    fn make_segment(&mut self, first: u64) -> Done<()>;
    /// Drops a segment with all its rows.
    fn drop_segment(&mut self, first: u64) -> Done<()>;
    /// Appends a row to a segment.
    fn insert(&mut self, segment: u64, row: &Row) -> Done<()>;
    /// Replaces the events of a row.
    fn replace(&mut self, segment: u64, seq: u64, data: &[u8]) -> Done<()>;
    /// The rows of a segment from a number on, without their events, `most` at the most.
    fn heads(&mut self, segment: u64, from: u64, most: u32) -> Done<Vec<RowHead>>;
    /// Rows of a queue in a segment from a number on: `most` at the most, or fewer, but not none where there are
    /// some.
    fn rows_of(&mut self, segment: u64, queue: Queue, from: u64, most: u32) -> Done<Vec<Row>>;
    /// One row.
    fn row(&mut self, segment: u64, seq: u64) -> Done<Option<Row>>;

    /// A bucket of the memory of what was accepted.
    fn bucket(&mut self, number: u32) -> Done<Option<Vec<u8>>>;
    /// Writes a bucket.
    fn put_bucket(&mut self, number: u32, entries: &[u8]) -> Done<()>;

    /// The batches that wait by themselves, `most` at the most, by their numbers.
    fn retries(&mut self, most: u32) -> Done<Vec<RetryHead>>;
    /// The events of one: a [`Block`](super::block::Block).
    fn retry(&mut self, id: u64) -> Done<Option<Vec<u8>>>;
    /// Writes one.
    fn put_retry(&mut self, head: &RetryHead, data: &[u8]) -> Done<()>;
    /// Changes when one is due and how often it failed.
    fn touch_retry(&mut self, head: &RetryHead) -> Done<()>;
    /// Forgets one.
    fn drop_retry(&mut self, id: u64) -> Done<()>;

    /// Sets an event aside.
    fn quarantine(&mut self, row: &QuarantineRow) -> Done<()>;
    /// The newest events in quarantine.
    fn quarantined(&mut self, newest: u32) -> Done<Vec<QuarantineRow>>;
    /// Events in quarantine from a number on, `most` at the most, by their numbers.
    fn quarantined_from(&mut self, id: u64, most: u32) -> Done<Vec<QuarantineRow>>;
    /// Events that are longer in quarantine than since `before_millis`, the oldest first, `most` at the most;
    /// only those of one trust where it is given. Returns their numbers and trusts.
    fn quarantined_before(
        &mut self,
        before_millis: u64,
        trust: Option<Trust>,
        most: u32,
    ) -> Done<Vec<(u64, Trust)>>;
    /// Takes an event out of quarantine.
    fn drop_quarantined(&mut self, id: u64) -> Done<()>;

    /// What is remembered of a person under a key, and since when.
    fn person(&mut self, key: &str) -> Done<Option<(String, u64)>>;
    /// Remembers something of a person. Whether the key is new.
    fn put_person(
        &mut self,
        key: &str,
        trust: Trust,
        user_data: &str,
        now_millis: u64,
    ) -> Done<bool>;
    /// How many keys of persons there are, by trust. Counted once, at the start.
    fn count_persons(&mut self, trust: Trust) -> Done<u64>;
    /// Forgets persons of one trust who were remembered before a time, the oldest first, `most` at the most.
    /// Returns how many.
    fn drop_persons(&mut self, trust: Trust, before_millis: u64, most: u32) -> Done<u32>;

    /// Whether tables of a release before this layout are left.
    fn has_old(&mut self) -> Done<bool>;
    /// Events of them from a number on, `most` at the most, by their numbers.
    fn old_events(&mut self, most: u32) -> Done<Vec<OldEvent>>;
    /// Forgets one of them.
    fn drop_old_event(&mut self, id: u64) -> Done<()>;
    /// Whether a key was accepted by that release, within 48 hours.
    fn old_seen(&mut self, name_and_id: &str, since_millis: u64) -> Done<bool>;
    /// Takes keys out of its memory, `most` at the most.
    fn take_old_seen(&mut self, since_millis: u64, most: u32) -> Done<Vec<String>>;
    /// What it counted.
    fn old_counts(&mut self) -> Done<Option<OldCounts>>;
    /// Drops its tables, once nothing is left in them.
    fn drop_old(&mut self) -> Done<()>;
}
