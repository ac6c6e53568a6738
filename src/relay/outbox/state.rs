//! The state of an outbox: small, saved in one row with each request to Meta.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outcome::Sending;
use super::queue::{Place, Queue};
use super::seen::Buckets;
use super::verdict::Refusal;
use crate::event::Trust;
use crate::relay::config::MAX_EVENTS_PER_REQUEST;

/// The layout of the state on disk.
const VERSION: u8 = 1;

/// The state of an outbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Counts the saves: of two states the one with more is newer.
    pub generation: u64,
    /// The dataset.
    pub dataset_id: String,
    /// The key of the hashes of event names and ids.
    pub secret: [u8; 16],
    /// When the outbox began, Unix milliseconds.
    pub created_millis: u64,
    /// The number of the next row. Rows from here on are not counted yet.
    pub next_seq: u64,
    /// The buckets of the memory of 48 hours.
    pub buckets: Buckets,
    /// When the rows from a number on began to be written, ascending, for 48 hours.
    pub marks: Vec<Mark>,
    /// The queues.
    pub queues: BTreeMap<Queue, QueueState>,
    /// The lanes: of servers and of pages.
    pub lanes: [Lane; 2],
    /// How sending goes for the whole dataset.
    pub sending: Sending,
    /// Until when nothing is sent, Unix milliseconds.
    pub paused_until_millis: u64,
    /// What Meta last said against a request, and when.
    pub last_refusal: Option<(u64, Refusal)>,
    /// When Meta last took something, Unix milliseconds.
    pub last_success_millis: u64,
    /// Counted since the outbox exists.
    pub totals: Totals,
    /// Events in quarantine, by trust as [`Lane`]s are.
    pub quarantined: [u64; 2],
    /// Bytes in quarantine.
    pub quarantine_bytes: u64,
    /// The segments, by their first rows.
    pub segments: BTreeMap<u64, Segment>,
    /// Bytes of the batches that wait by themselves.
    pub retry_bytes: u64,
    /// The number of the next batch that waits by itself.
    pub next_retry: u64,
    /// The number of the next event in quarantine.
    pub next_quarantine: u64,
    /// When what is too old was last deleted, Unix milliseconds.
    pub swept_millis: u64,
    /// How many outboxes the dataset has, how many it had before, and since when.
    pub layout: Layout,
}

/// A table of rows, dropped whole when all of them were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// When it was made, Unix milliseconds.
    pub since_millis: u64,
    /// Bytes of its rows.
    pub bytes: u64,
}

/// When the rows from a number on began to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The first row.
    pub seq: u64,
    /// When it was written, Unix milliseconds.
    pub millis: u64,
}

/// A queue: how far it was sent, and what is left.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueState {
    /// Everything before this place was sent, or waits by itself.
    pub cursor: Place,
    /// Events from there on.
    pub events: u64,
    /// Bytes of their rows.
    pub bytes: u64,
}

/// How sending goes for the events of one trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lane {
    /// Failed requests in a row.
    pub failures: u32,
    /// Until when nothing of it is sent, Unix milliseconds.
    pub paused_until_millis: u64,
    /// How many events a request may have: less after a timeout, more after a success.
    pub batch_limit: u32,
    /// Events that Meta rejected alone, one after the other, for the same reason.
    pub alone: Alone,
    /// The lane stopped, because so many events failed alone.
    pub is_stopped: bool,
}

/// Events that Meta rejected alone, with no event accepted in between.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alone {
    /// Meta's code and subcode.
    pub code: (i64, i64),
    /// Their numbers in quarantine.
    pub ids: Vec<u64>,
}

/// What was counted since the outbox exists.
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

/// How many outboxes share the dataset. The first of them keeps it for all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// Now.
    pub outboxes: u32,
    /// Before.
    pub before: u32,
    /// Since when there are as many as now, Unix milliseconds.
    pub since_millis: u64,
    /// The most that there ever were: each may still have events.
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
    /// The state of a new outbox.
    #[must_use]
    pub fn new(dataset_id: &str, secret: [u8; 16], now_millis: u64) -> Self {
        Self {
            generation: 0,
            dataset_id: dataset_id.to_owned(),
            secret,
            created_millis: now_millis,
            next_seq: 1,
            buckets: Buckets::default(),
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
        }
    }

    /// Writes the state.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        // Writing to memory fails for no value of these types.
        bytes.extend(postcard::to_allocvec(self).unwrap_or_default());
        bytes
    }

    /// Reads a state. `None` for bytes that another version wrote.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [VERSION, state @ ..] => postcard::from_bytes(state).ok(),
            _ => None,
        }
    }

    /// The lane of a trust.
    #[must_use]
    pub fn lane(&self, trust: Trust) -> &Lane {
        let [server, page] = &self.lanes;
        match trust {
            Trust::Server => server,
            Trust::Page => page,
        }
    }

    /// The lane of a trust, to be changed.
    pub fn lane_mut(&mut self, trust: Trust) -> &mut Lane {
        let [server, page] = &mut self.lanes;
        match trust {
            Trust::Server => server,
            Trust::Page => page,
        }
    }

    /// The count of events in quarantine of a trust.
    pub fn quarantined_mut(&mut self, trust: Trust) -> &mut u64 {
        let [server, page] = &mut self.quarantined;
        match trust {
            Trust::Server => server,
            Trust::Page => page,
        }
    }

    /// The first row of the last 48 hours: what was accepted before it is forgotten.
    #[must_use]
    pub fn oldest_seq(&self, now_millis: u64) -> u64 {
        let since = now_millis.saturating_sub(REMEMBERED_MILLIS);
        let old = self.marks.iter().rev().find(|mark| mark.millis < since);
        old.map_or(0, |mark| mark.seq)
    }
}

/// Meta recognises the second copy of an event for 48 hours (Meta, "Deduplicate Pixel and Server Events").
pub const REMEMBERED_MILLIS: u64 = 48 * 60 * 60 * 1_000;
