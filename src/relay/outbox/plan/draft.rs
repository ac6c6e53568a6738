//! Collects the rows of a call before they are written: new rows, and rows that a copy changes.

use std::collections::{BTreeMap, HashMap};

use crate::relay::config::{Config, MAX_EVENTS_PER_REQUEST};
use crate::relay::outbox::block::{Block, Entry, MAX_BLOCK_BYTES, Stored};
use crate::relay::outbox::key::Key;
use crate::relay::outbox::parcel::{Arrival, Parcel};
use crate::relay::outbox::queue::Queue;

/// Rows that are not written yet.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) rows: Vec<DraftRow>,
    /// The row of each queue that can still get events.
    pub(super) open: BTreeMap<Queue, usize>,
    /// The row and the index of each new event.
    pub(super) fresh: HashMap<Key, (usize, usize)>,
    /// Rows that were read from disk, and perhaps changed.
    pub(super) read: BTreeMap<u64, Option<Read>>,
    pub(super) counts: Counts,
}

#[derive(Default)]
pub(super) struct Counts {
    pub(super) repeated: u64,
    pub(super) merged: u64,
    /// The number of events on disk, by queue, that another copy replaced.
    pub(super) taken_out: BTreeMap<Queue, u64>,
}

pub(super) struct DraftRow {
    pub(super) queue: Queue,
    pub(super) due_millis: u64,
    pub(super) block: Block,
    pub(super) keys: Vec<u8>,
    pub(super) bytes: usize,
    /// The index of the intake whose events were added last.
    pub(super) parcel: usize,
}

/// A row that was read from disk.
pub(super) struct Read {
    pub(super) segment: u64,
    pub(super) queue: Queue,
    pub(super) keys: Vec<u8>,
    pub(super) block: Block,
    /// The size of the block, in bytes; an estimate once it is changed.
    pub(super) bytes: usize,
    /// The number of bytes by which it grew.
    pub(super) grown: usize,
    pub(super) is_changed: bool,
}

/// An earlier copy of an event.
pub(super) enum Copy {
    /// It waits in the outbox.
    Waiting(Spot),
    /// It left its queue, or it is in flight.
    Gone {
        /// The event in JSON, if the outbox still has it.
        json: Option<String>,
        /// True if Meta accepted it. A copy that failed or was withheld was not sent.
        is_sent: bool,
    },
}

impl Copy {
    /// A copy that the outbox no longer has.
    pub(super) const FORGOTTEN: Self = Self::Gone { json: None, is_sent: true };
}

#[derive(Clone, Copy)]
pub(super) enum Spot {
    Draft(usize, usize),
    Row(u64, usize),
}

impl Draft {
    #[expect(clippy::too_many_arguments, reason = "an event as it came, and as it is stored")]
    pub(super) fn append(
        &mut self,
        parcel: &Parcel,
        number: usize,
        arrival: &Arrival,
        key: Key,
        facts: u16,
        event: String,
        (config, now_millis): (&Config, u64),
    ) {
        // An event that would expire during the hold is not held.
        let send_before = u64::try_from(arrival.send_before).unwrap_or(0).saturating_mul(1_000);
        let due_millis = now_millis.saturating_add(arrival.hold_millis);
        let (hold_millis, due_millis) = match config.on_grid(due_millis) < send_before {
            true => (arrival.hold_millis, due_millis),
            false => (0, config.due_at_once(now_millis)),
        };
        let queue = Queue { trust: parcel.trust, hold_millis };
        let bytes = event.len() + Key::BYTES + 16;
        let facts_bytes: usize = parcel.facts.iter().map(|fact| fact.member.len()).sum();
        let fits = |row: &DraftRow| {
            row.bytes + bytes + facts_bytes <= MAX_BLOCK_BYTES
                && row.block.len() < MAX_EVENTS_PER_REQUEST
        };
        let open = self.open.get(&queue).copied();
        let open = open.filter(|&at| self.rows.get(at).is_some_and(fits));
        let at = open.unwrap_or_else(|| {
            self.rows.push(DraftRow {
                queue,
                due_millis,
                block: Block::default(),
                keys: Vec::new(),
                bytes: 0,
                parcel: usize::MAX,
            });
            self.open.insert(queue, self.rows.len() - 1);
            self.rows.len() - 1
        });
        let Some(row) = self.rows.get_mut(at) else { return };
        row.due_millis = row.due_millis.min(due_millis);
        let is_new_request = row.parcel != number;
        let stored = Stored {
            send_before: arrival.send_before,
            is_withheld: arrival.is_withheld,
            facts,
            event,
        };
        self.fresh.insert(key, (at, row.block.len()));
        row.block.push(&parcel.main_body, &parcel.facts, stored, is_new_request);
        row.keys.extend(key.to_bytes());
        row.bytes += bytes + if is_new_request { facts_bytes } else { 0 };
        row.parcel = number;
    }

    fn block(&mut self, spot: Spot) -> Option<(&mut Block, usize)> {
        match spot {
            Spot::Draft(row, at) => self.rows.get_mut(row).map(|row| (&mut row.block, at)),
            Spot::Row(seq, at) => {
                let read = self.read.get_mut(&seq)?.as_mut()?;
                read.is_changed = true;
                Some((&mut read.block, at))
            }
        }
    }

    fn entry(&self, spot: Spot) -> Option<Entry<'_>> {
        match spot {
            Spot::Draft(row, at) => self.rows.get(row)?.block.entry(at),
            Spot::Row(seq, at) => self.read.get(&seq)?.as_ref()?.block.entry(at),
        }
    }

    pub(super) fn json(&self, spot: Spot) -> String {
        self.entry(spot).map(|entry| entry.json()).unwrap_or_default()
    }

    /// Replaces an event by the merged one, unless its block would be too large for a row. The
    /// first copy then stays as it is.
    pub(super) fn replace(&mut self, spot: Spot, event: String) {
        let before = self.entry(spot).map_or(0, |entry| entry.stored().event.len());
        let more = event.len().saturating_sub(before);
        let bytes = match spot {
            Spot::Draft(row, _) => self.rows.get(row).map(|row| row.bytes),
            Spot::Row(seq, _) => {
                self.read.get(&seq).and_then(Option::as_ref).map(|read| read.bytes)
            }
        };
        if bytes.is_none_or(|bytes| bytes + more > MAX_BLOCK_BYTES) {
            return;
        }
        if let Some((block, at)) = self.block(spot) {
            block.replace(at, event);
        }
        match spot {
            Spot::Draft(row, _) => {
                self.rows.get_mut(row).into_iter().for_each(|row| row.bytes += more);
            }
            Spot::Row(seq, _) => {
                for read in self.read.get_mut(&seq).into_iter().flatten() {
                    read.bytes += more;
                    read.grown += more;
                }
            }
        }
    }

    pub(super) fn take_out(&mut self, spot: Spot) {
        if let Spot::Row(seq, _) = spot
            && let Some(Some(read)) = self.read.get(&seq)
        {
            *self.counts.taken_out.entry(read.queue).or_default() += 1;
        }
        if let Some((block, at)) = self.block(spot) {
            block.take_out(at);
        }
    }
}
