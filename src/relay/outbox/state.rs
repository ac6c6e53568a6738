//! Defines the state of an outbox. It is small and is saved in one row with each request to Meta.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outcome::Sending;
use super::queue::{Place, Queue};
use super::seen::Seen;
use super::unsure::Unsure;
use super::verdict::Refusal;
use crate::event::Trust;
use crate::relay::config::MAX_EVENTS_PER_REQUEST;

/// The version of the state's layout on disk.
const VERSION: u8 = 1;

/// The state of an outbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The number of saves. Of two states, the one with the higher number is newer.
    pub generation: u64,
    /// The dataset's id.
    pub dataset_id: String,
    /// The secret key of the hashes of event names and ids.
    pub secret: [u8; 16],
    /// The time at which the outbox was created, Unix milliseconds.
    pub created_millis: u64,
    /// The number of the next row. Rows from here on are not counted yet.
    pub next_seq: u64,
    /// The deduplication memory.
    pub seen: Seen,
    /// The times at which rows were written, in ascending order, for the last 48 hours.
    pub marks: Vec<Mark>,
    /// The queues, with their cursors.
    pub queues: BTreeMap<Queue, QueueState>,
    /// The lanes: servers first, then pages.
    pub lanes: [Lane; 2],
    /// The state of sending of the whole outbox.
    pub sending: Sending,
    /// The end of the wait of the whole outbox, Unix milliseconds.
    pub paused_until_millis: u64,
    /// The last reason why a request failed, with its time in Unix milliseconds.
    pub last_refusal: Option<(u64, Refusal)>,
    /// The time at which Meta last accepted a batch, Unix milliseconds.
    pub last_success_millis: u64,
    /// The counters since the outbox was created.
    pub totals: Totals,
    /// The number of events in quarantine, by trust, in the order of `lanes`.
    pub quarantined: [u64; 2],
    /// The size of the quarantine, in bytes.
    pub quarantine_bytes: u64,
    /// The segments, by the numbers of their first rows.
    pub segments: BTreeMap<u64, Segment>,
    /// The size of all retry batches, in bytes.
    pub retry_bytes: u64,
    /// The number of the next retry batch.
    pub next_retry: u64,
    /// The number of the next event in quarantine.
    pub next_quarantine: u64,
    /// The time at which data that is too old was last deleted, Unix milliseconds.
    pub swept_millis: u64,
    /// The number of outboxes of the dataset, now and before.
    pub layout: Layout,
    /// The rows with page events that Meta may not have. Encoded after the rest.
    #[serde(skip)]
    pub unsure: Unsure,
    /// The counters of the order memory. Encoded after the rest. Counts of the time since the last
    /// save are lost if the process is killed.
    #[serde(skip)]
    pub orders: OrderCounts,
}

/// The counters of the order memory since the outbox was created.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "described where they are public: in the status")]
pub struct OrderCounts {
    pub remembered: u64,
    pub completed: u64,
    pub conflicts: u64,
    pub forgotten: u64,
}

/// A table of rows. It is deleted as a whole when all its rows were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The time at which it was created, Unix milliseconds.
    pub since_millis: u64,
    /// The size of its rows, in bytes.
    pub bytes: u64,
}

/// A row and the time at which it was written. Rows before it are older.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The number of the row.
    pub seq: u64,
    /// The time at which it was written, Unix milliseconds.
    pub millis: u64,
}

/// The cursor of a queue, and the size of what follows it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueState {
    /// Events before this place left the queue: they were sent or dropped, or they are in a retry
    /// batch or in quarantine.
    pub cursor: Place,
    /// The number of events from there on.
    pub events: u64,
    /// The size of their rows, in bytes.
    pub bytes: u64,
}

/// The state of sending for the events of one trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// The number of failed requests in a row.
    pub failures: u32,
    /// The end of the lane's wait, Unix milliseconds.
    pub paused_until_millis: u64,
    /// The maximum number of events per request. It falls after a timeout and rises after a
    /// success.
    pub batch_limit: u32,
    /// Events that Meta rejected alone, in a row, for the same reason.
    pub alone: Alone,
    /// True if the lane stopped because Meta rejected too many events alone.
    pub is_stopped: bool,
}

/// Events that Meta rejected alone, with no accepted batch in between.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alone {
    /// Meta's error code and subcode.
    pub code: (i64, i64),
    /// Their numbers in quarantine.
    pub ids: Vec<u64>,
}

/// The counters since the outbox was created.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "described where they are public: in the status")]
pub struct Totals {
    pub accepted: u64,
    pub repeated: u64,
    pub merged: u64,
    pub delivered: u64,
    pub quarantined: u64,
    pub dropped: u64,
    pub requests: u64,
    pub failed_requests: u64,
    pub writes: u64,
    pub full: u64,
}

/// The number of outboxes that share the dataset. The first outbox stores it for all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// The present number.
    pub outboxes: u32,
    /// The number before the last change.
    pub before: u32,
    /// The time of the last change, Unix milliseconds.
    pub since_millis: u64,
    /// The highest number so far. Each of these outboxes may still have events.
    pub most: u32,
}

impl Default for Lane {
    fn default() -> Self {
        Self {
            failures: 0,
            paused_until_millis: 0,
            batch_limit: u32::try_from(MAX_EVENTS_PER_REQUEST).unwrap_or(u32::MAX),
            alone: Alone::default(),
            is_stopped: false,
        }
    }
}

impl State {
    /// Returns the state of a new outbox.
    #[must_use]
    pub fn new(dataset_id: &str, secret: [u8; 16], now_millis: u64) -> Self {
        Self {
            generation: 0,
            dataset_id: dataset_id.to_owned(),
            secret,
            created_millis: now_millis,
            next_seq: 1,
            seen: Seen::default(),
            marks: Vec::new(),
            queues: BTreeMap::new(),
            lanes: [Lane::default(), Lane::default()],
            sending: Sending::Fine,
            paused_until_millis: 0,
            last_refusal: None,
            last_success_millis: 0,
            totals: Totals::default(),
            quarantined: [0; 2],
            quarantine_bytes: 0,
            segments: BTreeMap::new(),
            retry_bytes: 0,
            next_retry: 1,
            next_quarantine: 1,
            swept_millis: now_millis,
            layout: Layout::default(),
            unsure: Unsure::default(),
            orders: OrderCounts::default(),
        }
    }

    /// Encodes the state.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        // Serialising these types into memory cannot fail.
        bytes.extend(postcard::to_allocvec(self).unwrap_or_default());
        // Earlier states of this version end here, or after the first or the third of these.
        let later = (&self.unsure, self.seen.middle, self.seen.moving, self.orders);
        bytes.extend(postcard::to_allocvec(&later).unwrap_or_default());
        bytes
    }

    /// Decodes a state. Returns `None` if another version wrote the bytes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [VERSION, bytes @ ..] => {
                let (mut state, rest) = postcard::take_from_bytes::<Self>(bytes).ok()?;
                if !rest.is_empty() {
                    let (unsure, rest) = postcard::take_from_bytes(rest).ok()?;
                    state.unsure = unsure;
                    if !rest.is_empty() {
                        let (moved, rest) = postcard::take_from_bytes(rest).ok()?;
                        (state.seen.middle, state.seen.moving) = moved;
                        if !rest.is_empty() {
                            state.orders = postcard::from_bytes(rest).ok()?;
                        }
                    }
                }
                Some(state)
            }
            _ => None,
        }
    }

    /// Returns the lane of a trust.
    #[must_use]
    pub fn lane(&self, trust: Trust) -> &Lane {
        let [server, page] = &self.lanes;
        match trust {
            Trust::Server => server,
            Trust::Page => page,
        }
    }

    /// Returns the lane of a trust, to change it.
    pub fn lane_mut(&mut self, trust: Trust) -> &mut Lane {
        let [server, page] = &mut self.lanes;
        match trust {
            Trust::Server => server,
            Trust::Page => page,
        }
    }

    /// Returns the number of events of a trust in quarantine, to change it.
    pub fn quarantined_mut(&mut self, trust: Trust) -> &mut u64 {
        let [server, page] = &mut self.quarantined;
        match trust {
            Trust::Server => server,
            Trust::Page => page,
        }
    }

    /// Returns the number of the oldest row that counts for deduplication. Rows before it are older
    /// than 48 hours.
    #[must_use]
    pub fn oldest_seq(&self, now_millis: u64) -> u64 {
        let since = now_millis.saturating_sub(REMEMBERED_MILLIS);
        let old = self.marks.iter().rev().find(|mark| mark.millis < since);
        old.map_or(0, |mark| mark.seq)
    }
}

/// The time for which events are deduplicated, in milliseconds. Meta deduplicates the copies of an
/// event for 48 hours (Meta, "Deduplicate Pixel and Server Events").
pub const REMEMBERED_MILLIS: u64 = 48 * 60 * 60 * 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_without_what_was_added_later_is_decoded() {
        let mut state = State::new("42", [7; 16], 1_000);
        state.unsure.add(3, 5);
        state.seen.moving = Some(9);
        state.orders.completed = 4;
        let whole = State::decode(&state.encode()).unwrap();
        assert_eq!((whole.unsure, whole.seen), (state.unsure.clone(), state.seen));
        assert_eq!(whole.orders.completed, 4);
        let mut bytes = [&[VERSION][..], &postcard::to_allocvec(&state).unwrap()].concat();
        let bare = State::decode(&bytes).unwrap();
        assert_eq!((bare.next_seq, bare.unsure, bare.seen.moving), (1, Unsure::default(), None));
        bytes.extend(postcard::to_allocvec(&state.unsure).unwrap());
        let earlier = State::decode(&bytes).unwrap();
        assert_eq!((earlier.unsure, earlier.seen.moving), (state.unsure.clone(), None));
        bytes.extend(postcard::to_allocvec(&(state.seen.middle, state.seen.moving)).unwrap());
        let later = State::decode(&bytes).unwrap();
        assert_eq!((later.seen.moving, later.orders), (Some(9), OrderCounts::default()));
    }
}
