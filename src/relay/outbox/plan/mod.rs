//! Plans the work of one outbox: stores events, picks the next batch and settles it. The plan only
//! decides. The [`Disk`] stores, and the host sends.

mod accept;
mod budget;
mod draft;
mod layout;
mod migrate;
mod orders;
mod people;
mod rates;
mod report;
mod send;
mod settle;
mod upkeep;

use std::collections::BTreeMap;

pub use accept::{AcceptedParcels, Care, DiskRoom};
pub use orders::{Ordered, Sealing};
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

/// The number of rows that are read at once while an outbox is loaded.
const HEADS_PER_READ: u32 = 512;
/// The maximum number of retry batches of a lane. Above it, the lane's queues wait for them.
const MAX_RETRIES: usize = 2_000;
/// The number of rows after which the state is saved even if nothing was sent. Loading then has few
/// rows to count.
const MAX_UNCOUNTED_ROWS: u32 = 256;
/// The minimum time between two marks, in milliseconds.
const MARK_EVERY_MILLIS: u64 = 30 * 60 * 1_000;

/// The longest wait of a lane, a retry batch or the whole outbox, in milliseconds.
const LONGEST_WAIT_MILLIS: u64 = 24 * 60 * 60 * 1_000;

/// Returns the end of a wait. A time beyond the longest wait was written by a clock that jumped;
/// the wait then ends now.
const fn waits_until(until_millis: u64, now_millis: u64) -> u64 {
    if until_millis <= now_millis.saturating_add(LONGEST_WAIT_MILLIS) {
        until_millis
    } else {
        now_millis
    }
}

/// One outbox. Its values in memory can be rebuilt from its disk at any time.
#[derive(Debug)]
pub struct Outbox {
    state: State,
    recent: Recent,
    /// The due time of the first waiting event of each queue, if it was looked up.
    due: BTreeMap<Queue, u64>,
    retries: Vec<RetryHead>,
    in_flight: Option<InFlight>,
    /// The number of requests so far. Of five requests, four are for servers.
    turn: u32,
    /// For each lane, true if its queues are next, false if its retry batches are next.
    is_line_next: [bool; 2],
    retry_budgets: [Budget; 2],
    rates: Rates,
    uncounted_rows: u32,
    /// The number of new keys since intake last merged a slice, while the upkeep is behind.
    unmerged_keys: usize,
    /// True if tables of a release before this layout are left.
    has_old: bool,
    /// The number of person keys by trust, once they were counted.
    persons: Option<[u64; 2]>,
    /// The number of rows of the order memory by trust, once they were counted.
    order_rows: Option<[u64; 2]>,
    /// True if the disk failed to save the state.
    is_unsaved: bool,
    /// The size of the last intake for which the outbox had no room, in bytes.
    no_room_for: u64,
    disk_room: DiskRoom,
    /// The size of the outbox's file, in bytes.
    file_bytes: u64,
}

impl Outbox {
    /// Loads the outbox of a dataset from its disk. `secret` is only used for a new outbox.
    ///
    /// # Errors
    /// An error of the disk, or an error if a newer release wrote the outbox.
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
            unmerged_keys: 0,
            has_old: disk.has_old()?,
            persons: None,
            // Counting them all is slow, so it waits until a row is written.
            order_rows: if disk.has_orders()? { None } else { Some([0; 2]) },
            is_unsaved: false,
            no_room_for: 0,
            disk_room: DiskRoom::Pages,
            file_bytes: 0,
        };
        let last_retry = outbox.retries.iter().map(|head| head.id).max().unwrap_or(0);
        outbox.state.next_retry = outbox.state.next_retry.max(last_retry + 1);
        outbox.state.retry_bytes = outbox.retries.iter().map(|head| u64::from(head.bytes)).sum();
        outbox.count_rows(disk, now_millis)?;
        // The worker restarted, perhaps with another token or configuration. It tries again at
        // once.
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
            // Saves the secret. Without it, the hashes of the first rows cannot be compared.
            outbox.save(disk)?;
        }
        Ok(outbox)
    }

    /// Returns the dataset's id.
    #[must_use]
    pub fn dataset_id(&self) -> &str {
        &self.state.dataset_id
    }

    /// Sets the senders for whose events the disk has room, and the size of the outbox's file.
    pub fn set_disk_room(&mut self, room: DiskRoom, file_bytes: u64) {
        (self.disk_room, self.file_bytes) = (room, file_bytes);
    }

    /// Returns true if no event waits to be sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.retries.is_empty() && self.state.queues.values().all(|queue| queue.events == 0)
    }

    /// Counts the rows that the saved state lacks, and loads the keys that are not in a bucket yet.
    fn count_rows(&mut self, disk: &mut impl Disk, now_millis: u64) -> Done<()> {
        let segments = disk.segments()?;
        self.state.segments.retain(|first, _| segments.contains(first));
        let from = self.state.seen.merged_seq.min(self.state.next_seq);
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
                    if head.seq >= self.state.seen.merged_seq {
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

    /// Saves the state, to learn if the disk accepts writes. The host calls it after the disk
    /// refused to store an answer, before it sends another request.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn check_disk(&mut self, disk: &mut impl Disk) -> Done<()> {
        self.save(disk)
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

    /// Returns the segment of a row.
    fn segment_of(&self, seq: u64) -> Option<u64> {
        self.state.segments.range(..=seq).next_back().map(|(first, _)| *first)
    }
}
