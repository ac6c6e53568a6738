//! Stores keys on disk in a hash table of buckets. The number of buckets grows by linear hashing
//! (Litwin, 1980): one bucket is split at a time, so no write rewrites all of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::disk::{Disk, Done};
use super::key::Key;

/// The size of an entry in bytes: a key and the number of its row.
const ENTRY_BYTES: usize = Key::BYTES + SEQ_BYTES;
const SEQ_BYTES: usize = 5;

/// Keys, each with the number of its row.
pub type Entries = Vec<(Key, u64)>;

/// A table whose buckets have the numbers from `FIRST` on. Once they hold more than `FULL` entries
/// on average, one is split.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Table<const FIRST: u32, const FULL: u64> {
    /// There are 2^`level` buckets, plus one for each bucket that was split since.
    level: u32,
    split: u32,
    /// The number of entries in all buckets.
    entries: u64,
}

impl<const FIRST: u32, const FULL: u64> Table<FIRST, FULL> {
    /// Returns the number of buckets.
    pub const fn count(self) -> u32 {
        (1 << self.level) + self.split
    }

    /// Returns the number of entries in all buckets.
    pub const fn entries(self) -> u64 {
        self.entries
    }

    /// Returns the bucket of a key. The keys of both copies are in the same bucket.
    fn bucket_of(self, key: Key) -> u32 {
        let hash = u32::try_from(key.hash() & u64::from(u32::MAX)).unwrap_or_default();
        let bucket = hash & ((1 << self.level) - 1);
        if bucket < self.split { hash & ((1 << (self.level + 1)) - 1) } else { bucket }
    }

    /// Sorts entries by their buckets.
    pub fn by_bucket(self, entries: impl Iterator<Item = (Key, u64)>) -> BTreeMap<u32, Entries> {
        let mut sorted = BTreeMap::<u32, Entries>::new();
        for (key, seq) in entries {
            sorted.entry(self.bucket_of(key)).or_default().push((key, seq));
        }
        sorted
    }

    /// Returns the rows of a key and of the other copy's key.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn find(self, disk: &mut impl Disk, key: Key) -> Done<[Option<u64>; 2]> {
        let bucket = disk.bucket(FIRST + self.bucket_of(key))?.unwrap_or_default();
        Ok([search(&bucket, key), search(&bucket, key.other())])
    }

    /// Adds entries to one bucket. Removes from it the rows below `oldest_seq`.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn add(
        &mut self,
        disk: &mut impl Disk,
        bucket: u32,
        new: &[(Key, u64)],
        oldest_seq: u64,
    ) -> Done<()> {
        let old = disk.bucket(FIRST + bucket)?.unwrap_or_default();
        let merged = union(entries(&old), new, oldest_seq);
        disk.put_bucket(FIRST + bucket, &written(&merged))?;
        let before = entries(&old).count() as u64;
        self.entries = (self.entries + merged.len() as u64).saturating_sub(before);
        Ok(())
    }

    /// Removes all entries of a bucket, and returns them.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn empty(&mut self, disk: &mut impl Disk, bucket: u32) -> Done<Entries> {
        let old = disk.bucket(FIRST + bucket)?.unwrap_or_default();
        let taken: Entries = entries(&old).collect();
        if !taken.is_empty() {
            disk.put_bucket(FIRST + bucket, &[])?;
        }
        self.entries = self.entries.saturating_sub(taken.len() as u64);
        Ok(taken)
    }

    /// Splits at most `most` buckets. Returns true once none is too full on average.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn grow(&mut self, disk: &mut impl Disk, most: usize) -> Done<bool> {
        for _ in 0..most {
            if !self.is_full() {
                break;
            }
            self.split_next(disk)?;
        }
        Ok(!self.is_full())
    }

    const fn is_full(self) -> bool {
        self.entries > FULL * self.count() as u64
    }

    /// Splits the next bucket in the order of linear hashing.
    fn split_next(&mut self, disk: &mut impl Disk) -> Done<()> {
        let bucket = self.split;
        let old = disk.bucket(FIRST + bucket)?.unwrap_or_default();
        let mut after = *self;
        after.split += 1;
        if after.split == 1 << after.level {
            after.level += 1;
            after.split = 0;
        }
        let (stay, go): (Entries, Entries) =
            entries(&old).partition(|(key, _)| after.bucket_of(*key) == bucket);
        disk.put_bucket(FIRST + bucket, &written(&stay))?;
        disk.put_bucket(FIRST + bucket + (1 << self.level), &written(&go))?;
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
fn union(old: impl Iterator<Item = (Key, u64)>, new: &[(Key, u64)], oldest_seq: u64) -> Entries {
    let mut all: Entries =
        old.chain(new.iter().copied()).filter(|(_, seq)| *seq >= oldest_seq).collect();
    all.sort_unstable_by_key(|(key, seq)| (*key, u64::MAX - seq));
    all.dedup_by_key(|(key, _)| *key);
    all
}
