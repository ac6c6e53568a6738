//! Keeps an outbox in memory: for hosts without a disk, and for tests.

use std::collections::BTreeMap;

use super::disk::{
    Disk, DiskError, Done, OldCounts, OldEvent, QuarantineRow, RetryHead, Row, RowHead,
};
use super::orders::OrderKey;
use super::queue::Queue;
use crate::event::Trust;

/// The maximum number of rows of the order memory for each trust: about 10 MB.
const MAX_ORDERS: u64 = 20_000;

/// A disk in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct MemoryDisk {
    state: Option<Vec<u8>>,
    segments: BTreeMap<u64, BTreeMap<u64, Row>>,
    buckets: BTreeMap<u32, Vec<u8>>,
    retries: BTreeMap<u64, (RetryHead, Vec<u8>)>,
    quarantine: BTreeMap<u64, QuarantineRow>,
    persons: BTreeMap<String, (Trust, String, u64)>,
    orders: BTreeMap<OrderKey, (Trust, Vec<u8>, u64)>,
    old_events: Vec<OldEvent>,
    old_seen: BTreeMap<String, u64>,
    old_counts: Option<OldCounts>,
    is_full: bool,
    /// The number of writes after which the disk is full.
    full_after: Option<u64>,
    rows_written: u64,
}

impl MemoryDisk {
    /// Returns the number of written rows. A deleted row and a created or deleted table count as
    /// one row each.
    #[must_use]
    pub fn rows_written(&self) -> u64 {
        self.rows_written
    }

    /// Makes every write fail, or lets writes succeed again.
    pub fn set_full(&mut self, is_full: bool) {
        (self.is_full, self.full_after) = (is_full, None);
    }

    /// Makes every write fail after the next `writes` writes.
    pub fn fill_after(&mut self, writes: u64) {
        self.full_after = Some(writes);
    }

    /// Returns the number of bytes in rows, buckets, retry batches, the quarantine and the state.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let rows = self.segments.values().flat_map(BTreeMap::values);
        let rows: usize = rows.map(|row| row.data.len() + row.head.keys.len() + 32).sum();
        let buckets: usize = self.buckets.values().map(Vec::len).sum();
        let retries: usize = self.retries.values().map(|(_, data)| data.len()).sum();
        let quarantine: usize = self.quarantine.values().map(|row| row.event.len()).sum();
        rows + buckets + retries + quarantine + self.state.as_ref().map_or(0, Vec::len)
    }

    /// Returns the contents of the order memory: keys, and encrypted rows.
    pub fn orders(&self) -> impl Iterator<Item = (&OrderKey, &[u8])> {
        self.orders.iter().map(|(key, (_, sealed, _))| (key, sealed.as_slice()))
    }

    /// Fills the tables that a release before this layout left.
    pub fn leave_old(
        &mut self,
        events: Vec<OldEvent>,
        seen: BTreeMap<String, u64>,
        counts: OldCounts,
    ) {
        (self.old_events, self.old_seen, self.old_counts) = (events, seen, Some(counts));
    }

    /// Returns the size of the largest row, in bytes.
    #[must_use]
    pub fn largest_row(&self) -> usize {
        let rows = self.segments.values().flat_map(BTreeMap::values).map(|row| row.data.len());
        let retries = self.retries.values().map(|(_, data)| data.len());
        let buckets = self.buckets.values().map(Vec::len);
        rows.chain(retries).chain(buckets).max().unwrap_or(0)
    }

    /// Damages the events of a row.
    pub fn damage(&mut self, seq: u64) {
        for row in self.segments.values_mut().filter_map(|rows| rows.get_mut(&seq)) {
            if let Some(byte) = row.data.last_mut() {
                *byte ^= 1;
            }
        }
    }

    /// Moves the due time of every waiting event into the future, as a clock that jumped does.
    pub fn jump(&mut self, millis: u64) {
        for row in self.segments.values_mut().flat_map(BTreeMap::values_mut) {
            row.head.due_millis = row.head.due_millis.saturating_add(millis);
        }
        for (head, _) in self.retries.values_mut() {
            head.due_millis = head.due_millis.saturating_add(millis);
        }
    }

    fn wrote(&mut self, rows: u64) -> Done<()> {
        if let Some(left) = &mut self.full_after {
            self.is_full |= *left == 0;
            *left = left.saturating_sub(1);
        }
        if self.is_full {
            return Err(DiskError { is_full: true, message: "the disk is full".to_owned() });
        }
        self.rows_written += rows;
        Ok(())
    }
}

impl Disk for MemoryDisk {
    fn state(&mut self) -> Done<Option<Vec<u8>>> {
        Ok(self.state.clone())
    }

    fn save_state(&mut self, state: &[u8]) -> Done<()> {
        self.wrote(1)?;
        self.state = Some(state.to_vec());
        Ok(())
    }

    fn segments(&mut self) -> Done<Vec<u64>> {
        Ok(self.segments.keys().copied().collect())
    }

    fn make_segment(&mut self, first: u64) -> Done<()> {
        self.wrote(1)?;
        self.segments.entry(first).or_default();
        Ok(())
    }

    fn drop_segment(&mut self, first: u64) -> Done<()> {
        self.wrote(1)?;
        self.segments.remove(&first);
        Ok(())
    }

    fn insert(&mut self, segment: u64, row: &Row) -> Done<()> {
        self.wrote(1)?;
        let rows = self.segments.get_mut(&segment);
        let rows =
            rows.ok_or_else(|| DiskError { is_full: false, message: "no segment".to_owned() })?;
        rows.insert(row.head.seq, row.clone());
        Ok(())
    }

    fn replace(&mut self, segment: u64, seq: u64, data: &[u8]) -> Done<()> {
        self.wrote(1)?;
        if let Some(row) = self.segments.get_mut(&segment).and_then(|rows| rows.get_mut(&seq)) {
            row.data = data.to_vec();
        }
        Ok(())
    }

    fn heads(&mut self, segment: u64, from: u64, most: u32) -> Done<Vec<RowHead>> {
        let rows = self.segments.get(&segment).into_iter().flat_map(|rows| rows.range(from..));
        Ok(rows.take(most as usize).map(|(_, row)| row.head.clone()).collect())
    }

    fn rows_of(&mut self, segment: u64, queue: Queue, from: u64, most: u32) -> Done<Vec<Row>> {
        let rows = self.segments.get(&segment).into_iter().flat_map(|rows| rows.range(from..));
        let rows = rows.map(|(_, row)| row).filter(|row| row.head.queue == queue);
        Ok(rows.take(most as usize).cloned().collect())
    }

    fn row(&mut self, segment: u64, seq: u64) -> Done<Option<Row>> {
        Ok(self.segments.get(&segment).and_then(|rows| rows.get(&seq)).cloned())
    }

    fn bucket(&mut self, number: u32) -> Done<Option<Vec<u8>>> {
        Ok(self.buckets.get(&number).cloned())
    }

    fn put_bucket(&mut self, number: u32, entries: &[u8]) -> Done<()> {
        self.wrote(1)?;
        self.buckets.insert(number, entries.to_vec());
        Ok(())
    }

    fn retries(&mut self, most: u32) -> Done<Vec<RetryHead>> {
        Ok(self.retries.values().take(most as usize).map(|(head, _)| head.clone()).collect())
    }

    fn retry(&mut self, id: u64) -> Done<Option<Vec<u8>>> {
        Ok(self.retries.get(&id).map(|(_, data)| data.clone()))
    }

    fn put_retry(&mut self, head: &RetryHead, data: &[u8]) -> Done<()> {
        self.wrote(1)?;
        self.retries.insert(head.id, (head.clone(), data.to_vec()));
        Ok(())
    }

    fn touch_retry(&mut self, head: &RetryHead) -> Done<()> {
        self.wrote(1)?;
        if let Some((old, _)) = self.retries.get_mut(&head.id) {
            old.clone_from(head);
        }
        Ok(())
    }

    fn drop_retry(&mut self, id: u64) -> Done<()> {
        self.wrote(1)?;
        self.retries.remove(&id);
        Ok(())
    }

    fn quarantine(&mut self, row: &QuarantineRow) -> Done<()> {
        self.wrote(1)?;
        self.quarantine.insert(row.id, row.clone());
        Ok(())
    }

    fn quarantined(&mut self, newest: u32) -> Done<Vec<QuarantineRow>> {
        let mut all: Vec<_> = self.quarantine.values().cloned().collect();
        all.sort_by_key(|row| (u64::MAX - row.since_millis, u64::MAX - row.id));
        all.truncate(newest as usize);
        Ok(all)
    }

    fn quarantined_from(&mut self, id: u64, most: u32) -> Done<Vec<QuarantineRow>> {
        Ok(self.quarantine.range(id..).take(most as usize).map(|(_, row)| row.clone()).collect())
    }

    fn quarantined_before(
        &mut self,
        before_millis: u64,
        trust: Option<Trust>,
        most: u32,
    ) -> Done<Vec<(u64, Trust)>> {
        let old = self.quarantine.values().filter(|row| {
            row.since_millis < before_millis && trust.is_none_or(|trust| trust == row.trust)
        });
        Ok(old.take(most as usize).map(|row| (row.id, row.trust)).collect())
    }

    fn drop_quarantined(&mut self, first: u64, last: u64) -> Done<()> {
        self.wrote(1)?;
        self.quarantine.retain(|id, _| !(first..=last).contains(id));
        Ok(())
    }

    fn person(&mut self, key: &str) -> Done<Option<(String, u64)>> {
        Ok(self.persons.get(key).map(|(_, user_data, since)| (user_data.clone(), *since)))
    }

    fn put_person(
        &mut self,
        key: &str,
        trust: Trust,
        user_data: &str,
        now_millis: u64,
    ) -> Done<bool> {
        self.wrote(1)?;
        let person = (trust, user_data.to_owned(), now_millis);
        Ok(self.persons.insert(key.to_owned(), person).is_none())
    }

    fn count_persons(&mut self, trust: Trust) -> Done<u64> {
        Ok(self.persons.values().filter(|(of, ..)| *of == trust).count() as u64)
    }

    fn drop_persons(&mut self, trust: Trust, before_millis: u64, most: u32) -> Done<u32> {
        let mut old: Vec<(u64, String)> = self
            .persons
            .iter()
            .filter(|(_, (of, _, since))| *of == trust && *since < before_millis)
            .map(|(key, (_, _, since))| (*since, key.clone()))
            .collect();
        old.sort();
        old.truncate(most as usize);
        self.wrote(old.len() as u64)?;
        old.iter().for_each(|(_, key)| drop(self.persons.remove(key)));
        Ok(u32::try_from(old.len()).unwrap_or(u32::MAX))
    }

    fn max_orders(&self) -> u64 {
        MAX_ORDERS
    }

    fn order(&mut self, key: &OrderKey) -> Done<Option<(Vec<u8>, u64)>> {
        Ok(self.orders.get(key).map(|(_, sealed, since)| (sealed.clone(), *since)))
    }

    fn put_order(
        &mut self,
        key: &OrderKey,
        trust: Trust,
        sealed: &[u8],
        now_millis: u64,
    ) -> Done<()> {
        self.wrote(1)?;
        self.orders.insert(*key, (trust, sealed.to_vec(), now_millis));
        Ok(())
    }

    fn drop_order(&mut self, key: &OrderKey) -> Done<bool> {
        self.wrote(u64::from(self.orders.contains_key(key)))?;
        Ok(self.orders.remove(key).is_some())
    }

    fn has_orders(&mut self) -> Done<bool> {
        Ok(!self.orders.is_empty())
    }

    fn count_orders(&mut self, trust: Trust) -> Done<u64> {
        Ok(self.orders.values().filter(|(of, ..)| *of == trust).count() as u64)
    }

    fn drop_orders(&mut self, trust: Trust, before_millis: u64, most: u32) -> Done<u32> {
        let mut old: Vec<(u64, OrderKey)> = self
            .orders
            .iter()
            .filter(|(_, (of, _, since))| *of == trust && *since < before_millis)
            .map(|(key, (_, _, since))| (*since, *key))
            .collect();
        old.sort_unstable();
        old.truncate(most as usize);
        self.wrote(old.len() as u64)?;
        old.iter().for_each(|(_, key)| drop(self.orders.remove(key)));
        Ok(u32::try_from(old.len()).unwrap_or(u32::MAX))
    }

    fn has_old(&mut self) -> Done<bool> {
        Ok(self.old_counts.is_some())
    }

    fn old_events(&mut self, most: u32) -> Done<Vec<OldEvent>> {
        Ok(self.old_events.iter().take(most as usize).cloned().collect())
    }

    fn drop_old_event(&mut self, id: u64) -> Done<()> {
        self.wrote(1)?;
        self.old_events.retain(|event| event.id != id);
        Ok(())
    }

    fn old_seen(&mut self, name_and_id: &str, since_millis: u64) -> Done<bool> {
        Ok(self.old_seen.get(name_and_id).is_some_and(|seen| *seen >= since_millis))
    }

    fn take_old_seen(&mut self, since_millis: u64, most: u32) -> Done<Vec<String>> {
        self.wrote(1)?;
        // An empty answer says that nothing is left, so the keys that are too old go first.
        self.old_seen.retain(|_, seen| *seen >= since_millis);
        let taken: Vec<String> = self.old_seen.keys().take(most as usize).cloned().collect();
        self.old_seen.retain(|key, _| !taken.contains(key));
        Ok(taken)
    }

    fn old_counts(&mut self) -> Done<Option<OldCounts>> {
        Ok(self.old_counts)
    }

    fn drop_old(&mut self) -> Done<()> {
        self.wrote(1)?;
        self.old_counts = None;
        Ok(())
    }
}
