//! Remembers the events that were accepted within 48 hours, by event name, event id and trust.
//!
//! The keys of new events are stored in the rows of their events, and in memory. Once there are
//! enough, they are merged into buckets on the disk. A look-up reads one bucket. The number of
//! buckets grows by linear hashing (Litwin, 1980): one bucket is split at a time, so no merge
//! rewrites all of them.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::disk::{Disk, Done};
use super::key::Key;

/// The size of an entry in bytes: a key and the number of its row.
const ENTRY_BYTES: usize = Key::BYTES + SEQ_BYTES;
const SEQ_BYTES: usize = 5;
/// The average number of entries per bucket above which a bucket is split. A look-up reads 3 kB.
const MAX_ENTRIES_PER_BUCKET: u64 = 256;
/// The number of new keys per bucket that makes a merge worth its rows.
const NEW_PER_BUCKET: usize = 16;
/// The number of new keys that a merge needs on top, so that few buckets are not merged too often.
const NEW_AT_LEAST: usize = 64;

/// The part of the deduplication memory that is saved with the state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Buckets {
    /// There are 2^`level` buckets, plus one for each bucket that was split since.
    level: u32,
    split: u32,
    /// The number of entries in all buckets.
    entries: u64,
    /// The keys of rows below this number are in the buckets.
    pub merged_seq: u64,
}

/// The part that is not in the buckets yet: the keys of rows from `merged_seq` on.
#[derive(Debug, Default)]
pub struct Recent {
    keys: HashMap<Key, u64>,
    pass: Option<Pass>,
}

/// A merge that is in progress.
#[derive(Debug)]
struct Pass {
    todo: BTreeMap<u32, Vec<(Key, u64)>>,
    /// The keys of rows below this number are merged when it ends.
    until_seq: u64,
}

/// The rows of the earlier copies of an event, by trust.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// The row of the copy with the same trust.
    pub own: Option<u64>,
    /// The row of the copy with the other trust.
    pub other: Option<u64>,
}

impl Recent {
    /// Adds the key of an event in row `seq`.
    pub fn note(&mut self, key: Key, seq: u64) {
        self.keys.insert(key, seq);
    }

    /// Cancels a merge that is in progress. It starts again with the buckets of then.
    pub fn cancel_merge(&mut self) {
        self.pass = None;
    }

    /// Returns the number of keys that are not in the buckets yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

impl Buckets {
    fn count(self) -> u32 {
        (1 << self.level) + self.split
    }

    /// Returns the bucket of a key. The keys of both copies are in the same bucket.
    fn of(self, key: Key) -> u32 {
        let hash = u32::try_from(key.hash() & u64::from(u32::MAX)).unwrap_or_default();
        let bucket = hash & ((1 << self.level) - 1);
        if bucket < self.split { hash & ((1 << (self.level + 1)) - 1) } else { bucket }
    }

    /// Looks up the rows of both copies of an event. Ignores rows below `oldest_seq`, which are
    /// older than 48 hours.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn find(
        self,
        disk: &mut impl Disk,
        recent: &Recent,
        key: Key,
        oldest_seq: u64,
    ) -> Done<Found> {
        let in_memory = |key: Key| recent.keys.get(&key).copied();
        let mut found = Found { own: in_memory(key), other: in_memory(key.other()) };
        let has_buckets = self.entries > 0 || self.merged_seq > 0;
        if has_buckets && (found.own.is_none() || found.other.is_none()) {
            let bucket = disk.bucket(self.of(key))?.unwrap_or_default();
            found.own = found.own.or_else(|| search(&bucket, key));
            found.other = found.other.or_else(|| search(&bucket, key.other()));
        }
        let is_fresh = |seq: &u64| *seq >= oldest_seq;
        Ok(Found { own: found.own.filter(is_fresh), other: found.other.filter(is_fresh) })
    }

    /// Returns true if a merge is in progress, or if there are enough new keys for one.
    #[must_use]
    pub fn is_merge_due(self, recent: &Recent) -> bool {
        let worth = NEW_PER_BUCKET * self.count() as usize + NEW_AT_LEAST;
        recent.pass.is_some() || recent.len() >= worth
    }

    /// Merges new keys into at most `most` buckets. The first call sets `until_seq` for the whole
    /// merge. Returns true once the keys of all rows below it are merged.
    ///
    /// # Errors
    /// An error of the disk. The same merge may be tried again.
    pub fn merge(
        &mut self,
        disk: &mut impl Disk,
        recent: &mut Recent,
        until_seq: u64,
        oldest_seq: u64,
        most: usize,
    ) -> Done<bool> {
        let pass = recent.pass.get_or_insert_with(|| {
            let mut todo = BTreeMap::<u32, Vec<(Key, u64)>>::new();
            for (&key, &seq) in recent.keys.iter().filter(|(_, seq)| **seq < until_seq) {
                todo.entry(self.of(key)).or_default().push((key, seq));
            }
            Pass { todo, until_seq }
        });
        for _ in 0..most {
            let Some((&bucket, new)) = pass.todo.first_key_value() else { break };
            let old = disk.bucket(bucket)?.unwrap_or_default();
            let before = entries(&old).count() as u64;
            let merged = union(entries(&old), new, oldest_seq);
            disk.put_bucket(bucket, &written(&merged))?;
            self.entries = (self.entries + merged.len() as u64).saturating_sub(before);
            pass.todo.pop_first();
        }
        if !pass.todo.is_empty() {
            return Ok(false);
        }
        let until_seq = pass.until_seq;
        while self.entries > MAX_ENTRIES_PER_BUCKET * u64::from(self.count()) {
            self.split_one(disk)?;
        }
        recent.pass = None;
        recent.keys.retain(|_, seq| *seq >= until_seq);
        self.merged_seq = self.merged_seq.max(until_seq);
        Ok(true)
    }

    /// Adds keys to the buckets at once.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn add(&mut self, disk: &mut impl Disk, keys: &[(Key, u64)]) -> Done<()> {
        let mut todo = BTreeMap::<u32, Vec<(Key, u64)>>::new();
        for &(key, seq) in keys {
            todo.entry(self.of(key)).or_default().push((key, seq));
        }
        for (bucket, new) in todo {
            let old = disk.bucket(bucket)?.unwrap_or_default();
            let before = entries(&old).count() as u64;
            let merged = union(entries(&old), &new, 0);
            disk.put_bucket(bucket, &written(&merged))?;
            self.entries = (self.entries + merged.len() as u64).saturating_sub(before);
        }
        while self.entries > MAX_ENTRIES_PER_BUCKET * u64::from(self.count()) {
            self.split_one(disk)?;
        }
        Ok(())
    }

    /// Splits the next bucket in the order of linear hashing.
    fn split_one(&mut self, disk: &mut impl Disk) -> Done<()> {
        let bucket = self.split;
        let old = disk.bucket(bucket)?.unwrap_or_default();
        let mut after = *self;
        after.split += 1;
        if after.split == 1 << after.level {
            after.level += 1;
            after.split = 0;
        }
        let (stay, go): (Vec<_>, Vec<_>) =
            entries(&old).partition(|(key, _)| after.of(*key) == bucket);
        disk.put_bucket(bucket, &written(&stay))?;
        disk.put_bucket(bucket + (1 << self.level), &written(&go))?;
        *self = after;
        Ok(())
    }
}

fn entries(bucket: &[u8]) -> impl Iterator<Item = (Key, u64)> + '_ {
    bucket.as_chunks::<ENTRY_BYTES>().0.iter().map(entry)
}

fn entry(bytes: &[u8; ENTRY_BYTES]) -> (Key, u64) {
    let mut key = [0; Key::BYTES];
    let mut seq = [0; 8];
    let (of_key, of_seq) = bytes.split_at(Key::BYTES);
    key.copy_from_slice(of_key);
    seq[8 - SEQ_BYTES..].copy_from_slice(of_seq);
    (Key::from_bytes(key), u64::from_be_bytes(seq))
}

fn written(entries: &[(Key, u64)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(entries.len() * ENTRY_BYTES);
    for (key, seq) in entries {
        bytes.extend(key.to_bytes());
        bytes.extend(&seq.to_be_bytes()[8 - SEQ_BYTES..]);
    }
    bytes
}

fn search(bucket: &[u8], key: Key) -> Option<u64> {
    let all = bucket.as_chunks::<ENTRY_BYTES>().0;
    let at = all.binary_search_by_key(&key, |bytes| entry(bytes).0).ok()?;
    all.get(at).map(|bytes| entry(bytes).1)
}

/// Returns both lists as one, sorted by key. Keeps the newest row of each key, and leaves out rows
/// below `oldest_seq`.
fn union(
    old: impl Iterator<Item = (Key, u64)>,
    new: &[(Key, u64)],
    oldest_seq: u64,
) -> Vec<(Key, u64)> {
    let mut all: Vec<(Key, u64)> =
        old.chain(new.iter().copied()).filter(|(_, seq)| *seq >= oldest_seq).collect();
    all.sort_unstable_by_key(|(key, seq)| (*key, u64::MAX - seq));
    all.dedup_by_key(|(key, _)| *key);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Trust;
    use crate::relay::outbox::memory_disk::MemoryDisk;

    fn key(number: u64) -> Key {
        Key::of(&[7; 16], Trust::Page, &format!("Lead\n{number}"))
    }

    /// Adds keys, each in a row of its own, and merges as soon as a merge is due.
    fn memory_of(count: u64) -> (MemoryDisk, Buckets, Recent) {
        let (mut disk, mut buckets, mut recent) =
            (MemoryDisk::default(), Buckets::default(), Recent::default());
        for number in 0..count {
            recent.note(key(number), number);
            while buckets.is_merge_due(&recent) {
                buckets.merge(&mut disk, &mut recent, number + 1, 0, 3).unwrap();
            }
        }
        (disk, buckets, recent)
    }

    #[test]
    fn every_key_is_found_in_memory_or_in_its_bucket_and_no_other() {
        let (mut disk, buckets, recent) = memory_of(20_000);
        assert!(buckets.count() > 64 && recent.len() < 3_000);
        for number in 0..20_000 {
            let found = buckets.find(&mut disk, &recent, key(number), 0).unwrap();
            assert_eq!(found, Found { own: Some(number), other: None });
            let other = buckets.find(&mut disk, &recent, key(number).other(), 0).unwrap();
            assert_eq!(other, Found { own: None, other: Some(number) });
        }
        for number in 20_000..21_000 {
            let found = buckets.find(&mut disk, &recent, key(number), 0).unwrap();
            assert_eq!(found, Found::default());
        }
    }

    #[test]
    fn what_is_too_old_is_not_found_and_leaves_the_buckets() {
        let (mut disk, mut buckets, mut recent) = memory_of(5_000);
        assert_eq!(buckets.find(&mut disk, &recent, key(10), 11).unwrap(), Found::default());
        for number in 5_000..10_000 {
            recent.note(key(number), number);
        }
        while !buckets.merge(&mut disk, &mut recent, 10_000, 9_000, 8).unwrap() {}
        assert!(buckets.entries < 5_000, "{}", buckets.entries);
        assert_eq!(buckets.find(&mut disk, &recent, key(9_500), 9_000).unwrap().own, Some(9_500));
    }

    #[test]
    fn a_merge_costs_few_rows() {
        let (disk, _, _) = memory_of(50_000);
        assert!(disk.rows_written() < 6_000, "{} rows", disk.rows_written());
    }

    #[test]
    fn a_merge_that_is_done_twice_changes_nothing() {
        let (mut disk, mut buckets, mut recent) = memory_of(10);
        let before = buckets;
        buckets.merge(&mut disk, &mut recent, 10, 0, 99).unwrap();
        let entries = buckets.entries;
        // After a crash, the earlier state is loaded again.
        let mut again = before;
        let mut recent = Recent::default();
        (0..10).for_each(|number| recent.note(key(number), number));
        again.merge(&mut disk, &mut recent, 10, 0, 99).unwrap();
        assert_eq!(again.find(&mut disk, &recent, key(3), 0).unwrap().own, Some(3));
        assert_eq!(entries, 10);
    }
}
