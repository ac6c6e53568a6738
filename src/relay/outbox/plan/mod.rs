//! The plan of one outbox: what is stored, what is sent next, what becomes of it. It decides over values; the
//! [`Disk`] keeps them, and the host sends.

mod accept;
mod budget;
mod layout;
mod migrate;
mod people;
mod rates;
mod report;
mod send;
mod settle;
mod upkeep;

use std::collections::BTreeMap;

pub use accept::{AcceptedParcels, Care, DiskRoom};
pub use send::{Next, Outgoing};
pub use settle::{Answered, Settled};
pub use upkeep::Replayed;

use self::budget::Budget;
use self::rates::Rates;
use self::send::InFlight;
use super::disk::{Disk, DiskError, Done, RetryHead};
use super::key::Key;
use super::outcome::Sending;
use super::queue::Queue;
use super::seen::Recent;
use super::state::{Mark, Segment, State};
use crate::event::Trust;

/// Rows that are read at once while an outbox wakes.
const HEADS_PER_READ: u32 = 512;
/// Batches that may wait by themselves, of both lanes. Beyond it events wait in line.
const MAX_RETRIES: u32 = 2_000;
/// Rows after which the state is saved although nothing was sent, so that waking has few rows to count.
const MAX_UNCOUNTED_ROWS: u32 = 256;
/// How far apart two marks of time are.
const MARK_EVERY_MILLIS: u64 = 30 * 60 * 1_000;

/// The longest that anything waits.
const LONGEST_WAIT_MILLIS: u64 = 24 * 60 * 60 * 1_000;

/// Until when something waits. A time that lies further ahead than any wait was written by a clock that jumped.
const fn waits_until(until_millis: u64, now_millis: u64) -> u64 {
    if until_millis <= now_millis.saturating_add(LONGEST_WAIT_MILLIS) {
        until_millis
    } else {
        now_millis
    }
}

/// One outbox. Its memory can be made anew from its disk at any time.
#[derive(Debug)]
pub struct Outbox {
    state: State,
    recent: Recent,
    /// When the first waiting event of a queue is due, as far as it was looked up.
    due: BTreeMap<Queue, u64>,
    retries: Vec<RetryHead>,
    in_flight: Option<InFlight>,
    /// Requests so far: servers get four of five.
    turn: u32,
    /// By lane: the line is next, else a batch that waits by itself.
    is_line_next: [bool; 2],
    retry_budgets: [Budget; 2],
    rates: Rates,
    uncounted_rows: u32,
    /// Tables of a release before this layout are left.
    has_old: bool,
    /// How many keys of persons there are, by trust, once they were counted.
    persons: Option<[u64; 2]>,
    /// The disk refused the state that was saved last.
    is_unsaved: bool,
    /// How large the last request was that found no room.
    no_room_for: u64,
    disk_room: DiskRoom,
    /// How large the outbox's file is.
    file_bytes: u64,
}

impl Outbox {
    /// Wakes the outbox of a dataset. `secret` is used once, for a new one.
    ///
    /// # Errors
    /// The disk's; and where a newer release wrote it.
    pub fn wake(
        disk: &mut impl Disk,
        dataset_id: &str,
        secret: [u8; 16],
        now_millis: u64,
    ) -> Done<Self> {
        let saved = disk.state()?;
        let is_new = saved.is_none();
        let state = match saved {
            None => State::new(dataset_id, secret, now_millis),
            Some(bytes) => State::decode(&bytes).ok_or_else(|| DiskError {
                is_full: false,
                message: "a newer release wrote this outbox; run that release again".to_owned(),
            })?,
        };
        let mut outbox = Self {
            state,
            recent: Recent::default(),
            due: BTreeMap::new(),
            retries: disk.retries(u32::MAX)?,
            in_flight: None,
            turn: 0,
            is_line_next: [true; 2],
            retry_budgets: [Budget::full(now_millis); 2],
            rates: Rates::default(),
            uncounted_rows: 0,
            has_old: disk.has_old()?,
            persons: None,
            is_unsaved: false,
            no_room_for: 0,
            disk_room: DiskRoom::Pages,
            file_bytes: 0,
        };
        let last_retry = outbox.retries.iter().map(|head| head.id).max().unwrap_or(0);
        outbox.state.next_retry = outbox.state.next_retry.max(last_retry + 1);
        outbox.state.retry_bytes = outbox.retries.iter().map(|head| u64::from(head.bytes)).sum();
        outbox.count_rows(disk, now_millis)?;
        // The worker was started anew, perhaps with another token or configuration: no need to wait.
        if outbox.state.sending == Sending::Stopped {
            outbox.state.paused_until_millis = 0;
        }
        for trust in Trust::ALL {
            let lane = outbox.state.lane_mut(trust);
            if lane.is_stopped {
                lane.paused_until_millis = 0;
                let waiting = outbox.retries.iter_mut().filter(|head| head.trust == trust);
                waiting.for_each(|head| head.due_millis = head.due_millis.min(now_millis));
            }
        }
        if outbox.has_old {
            outbox.take_old_counts(disk)?;
        }
        if is_new {
            // The hashes of the first rows mean nothing without their key.
            outbox.save(disk)?;
        }
        Ok(outbox)
    }

    /// The dataset.
    #[must_use]
    pub fn dataset_id(&self) -> &str {
        &self.state.dataset_id
    }

    /// Notes whose events the host's disk has room for, and how large the outbox's file on it is.
    pub fn set_disk_room(&mut self, room: DiskRoom, file_bytes: u64) {
        (self.disk_room, self.file_bytes) = (room, file_bytes);
    }

    /// Whether no event waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.retries.is_empty() && self.state.queues.values().all(|queue| queue.events == 0)
    }

    /// Counts the rows that the saved state does not know, and reads the keys that are in no bucket.
    fn count_rows(&mut self, disk: &mut impl Disk, now_millis: u64) -> Done<()> {
        let segments = disk.segments()?;
        self.state.segments.retain(|first, _| segments.contains(first));
        let from = self.state.buckets.merged_seq.min(self.state.next_seq);
        for (at, &segment) in segments.iter().enumerate() {
            self.state
                .segments
                .entry(segment)
                .or_insert(Segment { since_millis: now_millis, bytes: 0 });
            if segments.get(at + 1).is_some_and(|next| *next <= from) {
                continue;
            }
            let mut next = segment.max(from);
            loop {
                let heads = disk.heads(segment, next, HEADS_PER_READ)?;
                let Some(last) = heads.last() else { break };
                next = last.seq + 1;
                for head in &heads {
                    if head.seq >= self.state.buckets.merged_seq {
                        Key::all(&head.keys).for_each(|key| self.recent.note(key, head.seq));
                    }
                    if head.seq >= self.state.next_seq {
                        self.count(
                            head.seq,
                            head.queue,
                            head.events,
                            head.bytes,
                            segment,
                            now_millis,
                        );
                        self.state.totals.writes += 1;
                        self.uncounted_rows += 1;
                    }
                }
            }
        }
        Ok(())
    }

    /// Counts a row that was written.
    fn count(
        &mut self,
        seq: u64,
        queue: Queue,
        events: u32,
        bytes: u32,
        segment: u64,
        now_millis: u64,
    ) {
        let state = &mut self.state;
        state.next_seq = state.next_seq.max(seq + 1);
        let waiting = state.queues.entry(queue).or_default();
        waiting.events += u64::from(events);
        waiting.bytes += u64::from(bytes);
        if let Some(segment) = state.segments.get_mut(&segment) {
            segment.bytes += u64::from(bytes);
        }
        state.totals.accepted += u64::from(events);
        let is_old = |mark: &Mark| now_millis.abs_diff(mark.millis) >= MARK_EVERY_MILLIS;
        if state.marks.last().is_none_or(is_old) {
            state.marks.push(Mark { seq, millis: now_millis });
            let oldest = state.oldest_seq(now_millis);
            state.marks.retain(|mark| mark.seq >= oldest);
        }
    }

    /// Saves the state.
    fn save(&mut self, disk: &mut impl Disk) -> Done<()> {
        self.state.generation += 1;
        self.uncounted_rows = 0;
        self.is_unsaved = true;
        disk.save_state(&self.state.encode())?;
        self.is_unsaved = false;
        Ok(())
    }

    /// The segment in which a row is.
    fn segment_of(&self, seq: u64) -> Option<u64> {
        self.state.segments.range(..=seq).next_back().map(|(first, _)| *first)
    }
}
