//! Does the upkeep in slices: merges the deduplication memory, deletes segments that were sent and
//! data that is too old. Also computes the time of the next alarm.

use super::settle::{bytes_of, stored};
use super::{Outbox, accept, waits_until};
use crate::event::Trust;
use crate::relay::config::Config;
use crate::relay::outbox::disk::{Disk, Done, QuarantineRow};
use crate::relay::outbox::queue::Queue;
use crate::relay::outbox::state::State;

/// The maximum number of buckets that one slice merges.
const BUCKETS_PER_SLICE: usize = 64;
/// The number of new events for which intake merges one slice while the upkeep is behind. They fill
/// about 54 buckets: 32 of the main table, 16 of the middle table, and 6 that grow.
const KEYS_PER_SLICE: usize = 512;
/// The maximum number of rows that one slice deletes or moves.
const ROWS_PER_SLICE: u32 = 500;
/// The maximum number of rows that one slice of a replay moves. A post passes several turns of the
/// event loop, and a slice may run in each of them.
const ROWS_PER_REPLAY_SLICE: u32 = 250;
/// The time between two deletions of data that is too old, in milliseconds.
const SWEEP_EVERY_MILLIS: u64 = 60 * 60 * 1_000;
const DAY_MILLIS: u64 = 24 * 60 * 60 * 1_000;

/// The result of a slice of a replay.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replayed {
    /// The number of events that became retry batches.
    pub replayed: u64,
    /// The number of events that stay in quarantine, because they are too old for Meta.
    pub too_old: u64,
    /// The first number of the next slice; `None` after the last slice.
    pub next: Option<u64>,
}

impl Outbox {
    /// Does a slice of the upkeep. Returns true if more is left.
    ///
    /// # Errors
    /// An error of the disk. The host then rolls back and loads the outbox again.
    pub fn upkeep(&mut self, disk: &mut impl Disk, config: &Config, now_millis: u64) -> Done<bool> {
        let mut is_changed = false;
        let mut has_more = false;
        if self.has_old {
            has_more |= self.migrate(disk, now_millis)?;
            is_changed = true;
        }
        let sent = self.sent_segment(disk, config, now_millis)?;
        let is_needed = sent.is_some_and(|(_, next)| self.state.seen.merged_seq < next);
        if is_needed || self.state.seen.is_merge_due(&self.recent) {
            let oldest = self.state.oldest_seq(now_millis);
            let until = self.state.next_seq;
            let is_done =
                self.state.seen.merge(disk, &mut self.recent, until, oldest, BUCKETS_PER_SLICE)?;
            has_more |= !is_done;
            is_changed = true;
        }
        if let Some((segment, next)) = sent
            && self.state.seen.merged_seq >= next
        {
            disk.drop_segment(segment)?;
            self.state.segments.remove(&segment);
            self.state.unsure.forget_before(next);
            has_more = true;
            is_changed = true;
        }
        if now_millis.abs_diff(self.state.swept_millis) >= SWEEP_EVERY_MILLIS {
            let is_done = self.sweep(disk, config, now_millis)?;
            if is_done {
                self.state.swept_millis = now_millis;
            }
            has_more |= !is_done;
            is_changed = true;
        }
        if is_changed {
            self.save(disk)?;
        }
        Ok(has_more)
    }

    /// Merges the deduplication memory for `new_keys` accepted events, if too many keys wait in memory.
    /// The upkeep runs too seldom for that while Meta is away, while all events are on hold, or while
    /// a long backlog is sent.
    ///
    /// # Errors
    /// The same as those of [`upkeep`](Self::upkeep).
    pub(super) fn merge_if_behind(
        &mut self,
        disk: &mut impl Disk,
        new_keys: usize,
        now_millis: u64,
    ) -> Done<()> {
        if !self.state.seen.is_behind(&self.recent) {
            self.unmerged_keys = 0;
            return Ok(());
        }
        self.unmerged_keys += new_keys;
        if self.unmerged_keys < KEYS_PER_SLICE {
            return Ok(());
        }
        let (oldest, until) = (self.state.oldest_seq(now_millis), self.state.next_seq);
        for _ in 0..self.unmerged_keys / KEYS_PER_SLICE {
            self.state.seen.merge(disk, &mut self.recent, until, oldest, BUCKETS_PER_SLICE)?;
        }
        self.unmerged_keys %= KEYS_PER_SLICE;
        self.save(disk)
    }

    /// Returns the oldest segment and the first row after it, if the segment is closed and all its
    /// rows were sent.
    fn sent_segment(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        now_millis: u64,
    ) -> Done<Option<(u64, u64)>> {
        let mut segments = self.state.segments.keys().copied();
        let Some(first) = segments.next() else { return Ok(None) };
        let next = segments.next().unwrap_or(self.state.next_seq);
        if !self.is_closed(config, first, now_millis) {
            return Ok(None);
        }
        let is_waiting = |queue: &crate::relay::outbox::state::QueueState| {
            queue.events > 0 && queue.cursor.seq < next
        };
        if self.state.queues.values().any(is_waiting) {
            return Ok(None);
        }
        // The counters say that all rows were sent. The cursors and rows must agree.
        let queues: Vec<Queue> = self.state.queues.keys().copied().collect();
        for queue in queues {
            let cursor =
                self.state.queues.get(&queue).map(|state| state.cursor).unwrap_or_default();
            if !disk.rows_of(first, queue, cursor.seq.max(first), 1)?.is_empty() {
                if let Some(state) = self.state.queues.get_mut(&queue) {
                    state.events = state.events.max(1);
                }
                self.due.remove(&queue);
                return Ok(None);
            }
        }
        Ok(Some((first, next)))
    }

    /// Deletes a slice of the data that is too old. Returns true if none is left.
    fn sweep(&mut self, disk: &mut impl Disk, config: &Config, now_millis: u64) -> Done<bool> {
        let days = u64::from(config.quarantine_days);
        let before = now_millis.saturating_sub(days.saturating_mul(DAY_MILLIS));
        let old = disk.quarantined_before(before, None, ROWS_PER_SLICE)?;
        for &(id, trust) in &old {
            let row = disk.quarantined_from(id, 1)?.into_iter().find(|row| row.id == id);
            disk.drop_quarantined(id, id)?;
            self.left_quarantine(trust, row.as_ref());
        }
        let persons = self.sweep_persons(disk, config, now_millis, ROWS_PER_SLICE)?;
        let orders = self.sweep_orders(disk, config, now_millis, ROWS_PER_SLICE)?;
        Ok(old.len() < ROWS_PER_SLICE as usize
            && persons < ROWS_PER_SLICE
            && orders < ROWS_PER_SLICE)
    }

    /// Updates the counters after an event left the quarantine.
    pub(super) fn left_quarantine(&mut self, trust: Trust, row: Option<&QuarantineRow>) {
        let count = self.state.quarantined_mut(trust);
        *count = count.saturating_sub(1);
        let bytes = row.map_or(0, bytes_of);
        self.state.quarantine_bytes = self.state.quarantine_bytes.saturating_sub(bytes);
    }

    /// Moves a slice of the quarantine into retry batches: all events, or those with the numbers
    /// `ids`, which ascend. `from` is the first number of the slice.
    ///
    /// # Errors
    /// The same as those of [`upkeep`](Self::upkeep).
    pub fn replay(
        &mut self,
        disk: &mut impl Disk,
        ids: Option<&[u64]>,
        from: u64,
        now_millis: u64,
    ) -> Done<Replayed> {
        let rows = disk.quarantined_from(from, ROWS_PER_REPLAY_SLICE)?;
        let is_last = rows.len() < ROWS_PER_REPLAY_SLICE as usize;
        let next = rows.last().map(|row| row.id + 1).filter(|_| !is_last);
        let mut replayed = Replayed { next, ..Replayed::default() };
        let mut blocks = [(Trust::Server, Vec::new()), (Trust::Page, Vec::new())];
        let now = i64::try_from(now_millis).unwrap_or(i64::MAX);
        // The rows that leave, side by side: one statement deletes them.
        let mut leaving: Option<(u64, u64)> = None;
        for row in rows {
            let is_meant = ids.is_none_or(|ids| ids.binary_search(&row.id).is_ok());
            let is_too_old = row.send_before.saturating_mul(1_000) < now;
            if !is_meant || is_too_old {
                replayed.too_old += u64::from(is_meant);
                if let Some((first, last)) = leaving.take() {
                    disk.drop_quarantined(first, last)?;
                }
                continue;
            }
            leaving = Some((leaving.map_or(row.id, |(first, _)| first), row.id));
            self.left_quarantine(row.trust, Some(&row));
            replayed.replayed += 1;
            for (trust, rows) in &mut blocks {
                if *trust == row.trust {
                    rows.push(row.clone());
                }
            }
        }
        if let Some((first, last)) = leaving {
            disk.drop_quarantined(first, last)?;
        }
        for (trust, rows) in blocks {
            // Events with the same main body go into one batch.
            let mut rest = rows.as_slice();
            while let Some(first) = rest.first() {
                let same = rest.iter().take_while(|row| row.main_body == first.main_body).count();
                let (now, later) = rest.split_at(same);
                self.put_back(disk, trust, now, now_millis)?;
                rest = later;
            }
        }
        if replayed.replayed > 0 {
            self.save(disk)?;
        }
        Ok(replayed)
    }

    fn put_back(
        &mut self,
        disk: &mut impl Disk,
        trust: Trust,
        rows: &[QuarantineRow],
        now_millis: u64,
    ) -> Done<()> {
        let mut block = crate::relay::outbox::block::Block::default();
        let mut bytes = 0;
        for row in rows {
            bytes += row.event.len();
            if bytes > crate::relay::outbox::block::MAX_BLOCK_BYTES && !block.is_empty() {
                self.put_retry(disk, trust, &block, 0, now_millis, now_millis)?;
                (block, bytes) = (crate::relay::outbox::block::Block::default(), row.event.len());
            }
            block.push(&row.main_body, &[], stored(row), block.is_empty());
        }
        if block.is_empty() {
            return Ok(());
        }
        self.put_retry(disk, trust, &block, 0, now_millis, now_millis)
    }

    /// Returns the queues with waiting events.
    pub(super) fn waiting_queues(&self) -> Vec<Queue> {
        let queues = self.state.queues.iter();
        queues.filter(|(_, state)| state.events > 0).map(|(queue, _)| *queue).collect()
    }

    /// Returns the time at which the outbox has work again, Unix milliseconds.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn next_alarm(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        now_millis: u64,
    ) -> Done<Option<u64>> {
        let mut earliest: Option<u64> = None;
        let mut sooner = |at: u64| earliest = Some(earliest.map_or(at, |other| other.min(at)));
        let paused =
            |state: &State, trust| waits_until(state.lane(trust).paused_until_millis, now_millis);
        let mut queues = self.waiting_queues();
        queues.retain(|queue| !self.has_too_many_retries(queue.trust));
        for queue in queues {
            if let Some(due) = self.due_of(disk, config, queue, now_millis)? {
                sooner(config.on_grid(due).max(paused(&self.state, queue.trust)));
            }
        }
        for trust in Trust::ALL {
            let budget = self.retry_budgets[usize::from(trust == Trust::Page)];
            let heads = self.retries.iter().filter(|head| head.trust == trust);
            let due = heads.map(|head| waits_until(head.due_millis, now_millis)).min();
            if let Some(due) = due {
                let paused = paused(&self.state, trust);
                sooner(due.max(paused).max(budget.next_millis(now_millis)));
            }
        }
        let sending =
            earliest.map(|at| at.max(waits_until(self.state.paused_until_millis, now_millis)));
        let upkeep = self.upkeep_millis(now_millis);
        Ok([sending, upkeep].into_iter().flatten().min())
    }

    /// Returns the time of the next upkeep: now if old tables are left, or as soon as the oldest
    /// segment is old enough to close, or once a day while orders are remembered.
    fn upkeep_millis(&self, now_millis: u64) -> Option<u64> {
        if self.has_old {
            return Some(now_millis);
        }
        let oldest = self.state.segments.values().next();
        let closes = oldest.map(|one| one.since_millis.saturating_add(accept::SEGMENT_MILLIS));
        let next = [closes, self.next_order_sweep_millis()].into_iter().flatten().min()?;
        // While events wait, sending comes first.
        let is_waiting = self.state.queues.values().any(|queue| queue.events > 0);
        (!is_waiting).then(|| next.max(now_millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::outbox::memory_disk::MemoryDisk;
    use crate::relay::outbox::parcel::{Arrival, Parcel};
    use crate::relay::outbox::plan::Care;

    const NOW: u64 = 1_790_000_000_000;
    /// The largest value of a row. (Cloudflare, "Limits" of SQLite in Durable Objects: 2 MB)
    const MAX_ROW_BYTES: usize = 2_000_000;

    /// An outbox whose events are on hold for an hour, so that no alarm runs its upkeep.
    struct Held {
        config: Config,
        disk: MemoryDisk,
        outbox: Outbox,
    }

    impl Held {
        fn new() -> Self {
            let config = r#"{"datasets":["1"],"allowedOrigins":[],"holdSeconds":3600}"#;
            let mut disk = MemoryDisk::default();
            let outbox = Outbox::wake(&mut disk, "1", [7; 16], NOW).unwrap();
            Self { config: Config::read(config).unwrap(), disk, outbox }
        }

        /// Posts the events with these numbers in one request. Returns how many are new.
        fn post(&mut self, numbers: std::ops::Range<u64>) -> Done<u64> {
            let events = numbers.map(|number| Arrival {
                name_and_id: format!("Lead\n{number}"),
                hold_millis: 3_600_000,
                is_withheld: false,
                send_before: i64::try_from(NOW / 1_000).unwrap() + 600_000,
                facts: 0,
                known_as: Vec::new(),
                order: None,
                event: format!(r#"{{"event_id":"{number}","user_data":{{}}}}"#),
            });
            let parcel = Parcel {
                trust: Trust::Server,
                main_body: String::new(),
                people: Vec::new(),
                facts: Vec::new(),
                events: events.collect(),
                withdrawn: Vec::new(),
            };
            let Self { config, disk, outbox } = self;
            outbox.accept(disk, config, &[parcel], Care::Whole, NOW).map(|done| done.accepted)
        }

        fn wake(&mut self, room: usize) {
            self.outbox = Outbox::wake(&mut self.disk, "1", [9; 16], NOW).unwrap();
            self.outbox.recent.set_room(room);
        }
    }

    #[test]
    fn events_that_wait_keep_few_keys_in_memory() {
        let mut held = Held::new();
        let mut most = 0;
        for call in 0..150 {
            assert_eq!(held.post(call * 1_000..(call + 1) * 1_000), Ok(1_000));
            most = most.max(held.outbox.recent.len());
        }
        assert!(most < 100_000, "{most} keys");
        assert!(held.disk.largest_row() < MAX_ROW_BYTES);
        // The copies of events are found.
        for call in (0..150).step_by(7) {
            assert_eq!(held.post(call * 1_000..(call + 1) * 1_000), Ok(0));
        }
    }

    #[test]
    fn keys_that_an_earlier_release_left_in_memory_are_merged_into_small_rows() {
        let mut held = Held::new();
        // That release did not merge at intake.
        held.outbox.recent.set_room(usize::MAX / 8);
        for call in 0..170 {
            held.post(call * 1_000..(call + 1) * 1_000).unwrap();
        }
        assert_eq!(held.outbox.recent.len(), 170_000);
        let Held { config, disk, outbox } = &mut held;
        *outbox = Outbox::wake(disk, "1", [9; 16], NOW).unwrap();
        while outbox.upkeep(disk, config, NOW).unwrap() {}
        assert!(disk.largest_row() < MAX_ROW_BYTES, "{} bytes", disk.largest_row());
        for call in (0..170).step_by(7) {
            assert_eq!(held.post(call * 1_000..(call + 1) * 1_000), Ok(0));
        }
    }

    #[test]
    fn a_crash_or_a_full_disk_while_intake_merges_loses_no_key() {
        const ROOM: usize = 1_000;
        let mut held = Held::new();
        held.wake(ROOM);
        let (mut number, mut refused) = (0, 0);
        held.disk.fill_after(40);
        for call in 0..600_u64 {
            let events = call * 7 % 120 + 1;
            let before = held.disk.clone();
            // Most writes are those of a merge, so the disk is mostly full in the middle of one.
            match held.post(number..number + events) {
                Ok(accepted) => {
                    assert_eq!(accepted, events);
                    number += events;
                }
                Err(_) => {
                    refused += 1;
                    held.disk = before;
                    held.disk.fill_after(call * 31 % 211);
                    held.wake(ROOM);
                }
            }
            if call % 97 == 0 {
                held.wake(ROOM);
            }
        }
        held.disk.set_full(false);
        assert!(refused > 8 && number > 30_000, "{refused} refused, {number} events");
        assert!(held.outbox.recent.len() < 8_000, "{} keys", held.outbox.recent.len());
        for first in (0..number).step_by(100) {
            assert_eq!(held.post(first..number.min(first + 100)), Ok(0));
        }
        assert_eq!(held.post(number..number + 100), Ok(100));
    }
}
