//! Migrates the tables of a release before this layout, in slices, while the outbox accepts events.
//! The earlier release cannot read the new layout, so a downgrade is impossible.

use super::Outbox;
use super::settle::QUARANTINE_ROW_BYTES;
use crate::event::Trust;
use crate::relay::outbox::block::{Block, Stored};
use crate::relay::outbox::disk::{Disk, Done, OldEvent};
use crate::relay::outbox::key::Key;
use crate::relay::outbox::state::REMEMBERED_MILLIS;

/// The maximum number of events in one slice.
const EVENTS_PER_SLICE: u32 = 500;
/// The maximum number of keys in one slice.
const KEYS_PER_SLICE: u32 = 1_000;

impl Outbox {
    /// Migrates a slice. Returns true if more is left.
    ///
    /// The old tables do not store the sender. All events count as pages' events, so that they do
    /// not block a server's copy.
    pub(super) fn migrate(&mut self, disk: &mut impl Disk, now_millis: u64) -> Done<bool> {
        let events = disk.old_events(EVENTS_PER_SLICE)?;
        if !events.is_empty() {
            self.take_old_events(disk, &events, now_millis)?;
            return Ok(true);
        }
        let since = now_millis.saturating_sub(REMEMBERED_MILLIS);
        let keys = disk.take_old_seen(since, KEYS_PER_SLICE)?;
        if !keys.is_empty() {
            let seq = self.state.next_seq;
            let secret = self.state.secret;
            let keys: Vec<(Key, u64)> =
                keys.iter().map(|key| (Key::of(&secret, Trust::Page, key), seq)).collect();
            self.state.seen.add(disk, &keys)?;
            // Perhaps it split buckets into which a merge was about to write.
            self.recent.cancel_merge();
            return Ok(true);
        }
        disk.drop_old()?;
        self.has_old = false;
        Ok(false)
    }

    /// Makes a retry batch of each run of events with the same main body. The batch is due when its
    /// last event is due. Due times more than an hour ahead are ignored.
    fn take_old_events(
        &mut self,
        disk: &mut impl Disk,
        events: &[OldEvent],
        now_millis: u64,
    ) -> Done<()> {
        let latest = now_millis.saturating_add(60 * 60 * 1_000);
        for run in events.chunk_by(|one, other| one.main_body == other.main_body) {
            let mut block = Block::default();
            let mut bytes = 0;
            let due = run.iter().map(|event| event.due_millis).filter(|due| *due <= latest).max();
            let due = due.unwrap_or(now_millis);
            for event in run {
                if bytes + event.event.len() > crate::relay::outbox::block::MAX_BLOCK_BYTES {
                    self.put_retry(disk, Trust::Page, &block, 0, due, now_millis)?;
                    (block, bytes) = (Block::default(), 0);
                }
                bytes += event.event.len();
                let stored = Stored {
                    send_before: event.send_before,
                    is_withheld: false,
                    facts: 0,
                    event: event.event.clone(),
                };
                block.push(&event.main_body, &[], stored, block.is_empty());
                disk.drop_old_event(event.id)?;
            }
            if !block.is_empty() {
                self.put_retry(disk, Trust::Page, &block, 0, due, now_millis)?;
            }
        }
        Ok(())
    }

    /// Adds the old counters to the totals, once. The quarantine table stays the same.
    pub(super) fn take_old_counts(&mut self, disk: &mut impl Disk) -> Done<()> {
        if self.state.generation > 0 {
            return Ok(());
        }
        if let Some(counted) = disk.old_counts()? {
            let totals = &mut self.state.totals;
            totals.accepted += counted.accepted;
            totals.repeated += counted.repeated;
            totals.delivered += counted.delivered;
            totals.quarantined += counted.quarantined;
            totals.requests += counted.requests;
            totals.failed_requests += counted.failed_requests;
            totals.writes += counted.writes;
            *self.state.quarantined_mut(Trust::Page) += counted.in_quarantine;
            self.state.quarantine_bytes +=
                counted.quarantine_bytes + counted.in_quarantine * QUARANTINE_ROW_BYTES;
            self.state.next_quarantine =
                self.state.next_quarantine.max(counted.last_quarantine + 1);
        }
        Ok(())
    }
}
