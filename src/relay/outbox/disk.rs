//! Defines the disk that an outbox needs. The host implements it with SQL.
//! [`MemoryDisk`](super::MemoryDisk) implements it for tests and for hosts without a disk.

use super::orders::OrderKey;
use super::queue::Queue;
use crate::event::Trust;

/// An error of the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskError {
    /// True if the disk is full.
    pub is_full: bool,
    /// The disk's error message.
    pub message: String,
}

/// The result of a disk operation.
pub type Done<T> = Result<T, DiskError>;

/// A row of a segment without its events.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RowHead {
    /// The row's number. Numbers ascend over all segments.
    pub seq: u64,
    /// The queue of its events.
    pub queue: Queue,
    /// The time from which its events may be sent, Unix milliseconds.
    pub due_millis: u64,
    /// The number of its events when it was written.
    pub events: u32,
    /// The size of the row in bytes, including its keys and its other columns.
    pub bytes: u32,
    /// The keys of its events, `Key::BYTES` each.
    pub keys: Vec<u8>,
}

/// A row of a segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Row {
    /// All but the events.
    pub head: RowHead,
    /// The events: a `Block`.
    pub data: Vec<u8>,
}

/// A retry batch without its events.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RetryHead {
    /// The batch's number.
    pub id: u64,
    /// The trust in its events.
    pub trust: Trust,
    /// The number of its events.
    pub events: u32,
    /// The size of its block, in bytes.
    pub bytes: u32,
    /// The number of failed tries that count for its events.
    pub tries: u32,
    /// The time of the next try, Unix milliseconds.
    pub due_millis: u64,
    /// The time at which its events first failed, Unix milliseconds. For replayed and migrated
    /// events, the time at which the batch was made.
    pub since_millis: u64,
}

/// An event in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QuarantineRow {
    /// The event's number in quarantine. An operator replays it by this number.
    pub id: u64,
    /// The trust in its sender.
    pub trust: Trust,
    /// The event in JSON.
    pub event: String,
    /// The members beside `data` in its request.
    pub main_body: String,
    /// The time after which Meta no longer accepts the event, Unix seconds.
    pub send_before: i64,
    /// The reason for the quarantine: a [`Refusal`](super::Refusal) in JSON.
    pub refusal: String,
    /// The time at which it entered the quarantine, Unix milliseconds.
    pub since_millis: u64,
}

/// A waiting event in the tables of a release before this layout.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OldEvent {
    /// The event's number in the old table.
    pub id: u64,
    /// The event in JSON.
    pub event: String,
    /// The members beside `data` in its request.
    pub main_body: String,
    /// The time after which Meta no longer accepts the event, Unix seconds.
    pub send_before: i64,
    /// The time from which it may be sent, Unix milliseconds.
    pub due_millis: u64,
}

/// The counters of a release before this layout.
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
    /// The number of events in quarantine.
    pub in_quarantine: u64,
    /// The highest number of an event in quarantine.
    pub last_quarantine: u64,
    /// The bytes of the texts in quarantine.
    pub quarantine_bytes: u64,
}

/// A disk. Each call is durable once the host has committed its transaction.
pub trait Disk {
    /// Returns the state that was saved last.
    fn state(&mut self) -> Done<Option<Vec<u8>>>;
    /// Saves the state.
    fn save_state(&mut self, state: &[u8]) -> Done<()>;

    /// Returns the segments in ascending order. A segment's name is the number of its first row.
    fn segments(&mut self) -> Done<Vec<u64>>;
    /// Creates a segment.
    fn make_segment(&mut self, first: u64) -> Done<()>;
    /// Deletes a segment with all its rows.
    fn drop_segment(&mut self, first: u64) -> Done<()>;
    /// Appends a row to a segment.
    fn insert(&mut self, segment: u64, row: &Row) -> Done<()>;
    /// Replaces the events of a row.
    fn replace(&mut self, segment: u64, seq: u64, data: &[u8]) -> Done<()>;
    /// Returns at most `most` rows of a segment, from row number `from` on, without their events.
    fn heads(&mut self, segment: u64, from: u64, most: u32) -> Done<Vec<RowHead>>;
    /// Returns at most `most` rows of a queue in a segment, from row number `from` on. It may
    /// return fewer rows, but at least one if there is one.
    fn rows_of(&mut self, segment: u64, queue: Queue, from: u64, most: u32) -> Done<Vec<Row>>;
    /// Returns one row.
    fn row(&mut self, segment: u64, seq: u64) -> Done<Option<Row>>;

    /// Returns a bucket of the deduplication memory.
    fn bucket(&mut self, number: u32) -> Done<Option<Vec<u8>>>;
    /// Writes a bucket.
    fn put_bucket(&mut self, number: u32, entries: &[u8]) -> Done<()>;

    /// Returns at most `most` retry batches, in the order of their numbers.
    fn retries(&mut self, most: u32) -> Done<Vec<RetryHead>>;
    /// Returns the events of a retry batch: a `Block`.
    fn retry(&mut self, id: u64) -> Done<Option<Vec<u8>>>;
    /// Writes a retry batch. Replaces the one with the same number.
    fn put_retry(&mut self, head: &RetryHead, data: &[u8]) -> Done<()>;
    /// Changes the due time and the number of tries of a retry batch.
    fn touch_retry(&mut self, head: &RetryHead) -> Done<()>;
    /// Deletes a retry batch.
    fn drop_retry(&mut self, id: u64) -> Done<()>;

    /// Puts an event into quarantine.
    fn quarantine(&mut self, row: &QuarantineRow) -> Done<()>;
    /// Returns at most `newest` events in quarantine, the newest first.
    fn quarantined(&mut self, newest: u32) -> Done<Vec<QuarantineRow>>;
    /// Returns at most `most` events in quarantine from number `id` on, in the order of their
    /// numbers.
    fn quarantined_from(&mut self, id: u64, most: u32) -> Done<Vec<QuarantineRow>>;
    /// Returns the numbers and trusts of events that entered the quarantine before `before_millis`:
    /// at most `most`, the oldest first. If `trust` is given, returns only events of that trust.
    fn quarantined_before(
        &mut self,
        before_millis: u64,
        trust: Option<Trust>,
        most: u32,
    ) -> Done<Vec<(u64, Trust)>>;
    /// Deletes the events in quarantine with the numbers from `first` to `last`.
    fn drop_quarantined(&mut self, first: u64, last: u64) -> Done<()>;

    /// Returns the customer information under a key, in JSON, and the time at which it was stored.
    fn person(&mut self, key: &str) -> Done<Option<(String, u64)>>;
    /// Stores customer information under a key. Returns true if the key is new.
    fn put_person(
        &mut self,
        key: &str,
        trust: Trust,
        user_data: &str,
        now_millis: u64,
    ) -> Done<bool>;
    /// Returns the number of person keys of one trust.
    fn count_persons(&mut self, trust: Trust) -> Done<u64>;
    /// Deletes at most `most` person keys of one trust that were stored before `before_millis`, the
    /// oldest first. Returns the number of deleted keys.
    fn drop_persons(&mut self, trust: Trust, before_millis: u64, most: u32) -> Done<u32>;

    /// Returns the maximum number of rows of the order memory for each trust, whatever the
    /// configuration says.
    fn max_orders(&self) -> u64 {
        u64::MAX
    }
    /// Returns a row of the order memory, and the time at which it was written.
    fn order(&mut self, key: &OrderKey) -> Done<Option<(Vec<u8>, u64)>>;
    /// Writes a row of the order memory.
    fn put_order(
        &mut self,
        key: &OrderKey,
        trust: Trust,
        sealed: &[u8],
        now_millis: u64,
    ) -> Done<()>;
    /// Deletes a row of the order memory. Returns true if it existed.
    fn drop_order(&mut self, key: &OrderKey) -> Done<bool>;
    /// Returns true if the order memory has rows.
    fn has_orders(&mut self) -> Done<bool>;
    /// Returns the number of rows of the order memory that senders of one trust wrote.
    fn count_orders(&mut self, trust: Trust) -> Done<u64>;
    /// Deletes at most `most` rows of the order memory that senders of one trust wrote before
    /// `before_millis`, the oldest first. Returns the number of deleted rows.
    fn drop_orders(&mut self, trust: Trust, before_millis: u64, most: u32) -> Done<u32>;

    /// Returns true if tables of a release before this layout exist.
    fn has_old(&mut self) -> Done<bool>;
    /// Returns at most `most` waiting events of these tables, in the order of their numbers.
    fn old_events(&mut self, most: u32) -> Done<Vec<OldEvent>>;
    /// Deletes one of these events.
    fn drop_old_event(&mut self, id: u64) -> Done<()>;
    /// Returns true if that release accepted the event at or after `since_millis`.
    fn old_seen(&mut self, name_and_id: &str, since_millis: u64) -> Done<bool>;
    /// Removes keys from that release's deduplication memory. Returns at most `most` that were
    /// accepted at or after `since_millis`. An empty list means that no keys are left.
    fn take_old_seen(&mut self, since_millis: u64, most: u32) -> Done<Vec<String>>;
    /// Returns that release's counters.
    fn old_counts(&mut self) -> Done<Option<OldCounts>>;
    /// Deletes that release's tables. The caller has taken over their contents.
    fn drop_old(&mut self) -> Done<()>;
}
