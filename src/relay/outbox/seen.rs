//! Remembers the events that were accepted within 48 hours, by event name, event id and trust.
//!
//! The keys of new events are stored in the rows of their events, and in memory. Once there are
//! enough, they are merged into the main table on the disk. A busy outbox has so many buckets that
//! too many keys would wait in memory for that. It merges them into a smaller middle table first,
//! and moves the keys from there once there are enough for the main table. A look-up reads one
//! bucket of each table.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::disk::{Disk, Done};
use super::key::Key;
use super::table::{Entries, Table};

/// The number of new keys per bucket that makes a merge into the main table worth its rows.
const NEW_PER_BUCKET: usize = 16;
/// The same number for the middle table.
const NEW_PER_MIDDLE_BUCKET: usize = 32;
/// The number of new keys that a merge needs on top, so that few buckets are not merged too often.
const NEW_AT_LEAST: usize = 64;
/// The number of keys in memory above which the middle table is used.
const KEYS_IN_MEMORY: usize = 32_768;

/// The table of all keys. A bucket of it has 3 kB.
type Main = Table<0, 256>;
/// The table of the keys that wait for the main table. A full bucket of it has 7 kB.
type Middle = Table<{ 1 << 31 }, 512>;

/// The part of the deduplication memory that is saved with the state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Seen {
    main: Main,
    /// The keys of rows below this number are in the tables.
    pub merged_seq: u64,
    /// The state encodes this and the next field after the rest.
    #[serde(skip)]
    pub(super) middle: Middle,
    /// The next bucket of the middle table whose keys move to the main table; `None` while no move
    /// is in progress.
    #[serde(skip)]
    pub(super) moving: Option<u32>,
}

/// The part that is not in the tables yet: the keys of rows from `merged_seq` on.
#[derive(Debug)]
pub struct Recent {
    keys: HashMap<Key, u64>,
    pass: Option<Pass>,
    /// The number of keys above which the middle table is used.
    room: usize,
}

impl Default for Recent {
    fn default() -> Self {
        Self::with_room(KEYS_IN_MEMORY)
    }
}

/// A merge that is in progress.
#[derive(Debug)]
struct Pass {
    todo: BTreeMap<u32, Entries>,
    is_into_middle: bool,
    /// The keys of rows below this number are merged when it ends.
    until_seq: u64,
    /// True if these are all the keys that the merge was asked for.
    is_whole: bool,
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
    fn with_room(room: usize) -> Self {
        Self { keys: HashMap::new(), pass: None, room }
    }

    /// Sets the number of keys above which the middle table is used.
    #[cfg(test)]
    pub fn set_room(&mut self, room: usize) {
        self.room = room;
    }

    /// Adds the key of an event in row `seq`.
    pub fn note(&mut self, key: Key, seq: u64) {
        self.keys.insert(key, seq);
    }

    /// Cancels a merge that is in progress. It starts again with the buckets of then.
    pub fn cancel_merge(&mut self) {
        self.pass = None;
    }

    /// Returns the number of keys that are not in the tables yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Returns the number of a row up to which a merge takes keys: `until_seq`, or an earlier one if
    /// there are more than `most` keys before it.
    fn until(&self, until_seq: u64, most: usize) -> u64 {
        if self.keys.len() <= most {
            return until_seq;
        }
        let mut rows: Vec<u64> =
            self.keys.values().copied().filter(|seq| *seq < until_seq).collect();
        if rows.len() <= most {
            return until_seq;
        }
        let (earlier, &mut until, _) = rows.select_nth_unstable(most);
        // A row with more than `most` keys is merged whole.
        if earlier.iter().all(|seq| *seq == until) { until + 1 } else { until }
    }
}

impl Seen {
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
        let mut rows = [in_memory(key), in_memory(key.other())];
        if self.middle.entries() > 0 && rows.contains(&None) {
            rows = first_of(rows, self.middle.find(disk, key)?);
        }
        let is_main_used = self.main.entries() > 0 || self.merged_seq > 0;
        if is_main_used && rows.contains(&None) {
            rows = first_of(rows, self.main.find(disk, key)?);
        }
        let [own, other] = rows.map(|row| row.filter(|seq| *seq >= oldest_seq));
        Ok(Found { own, other })
    }

    /// Returns true if a merge or a move is in progress or due.
    #[must_use]
    pub fn is_merge_due(self, recent: &Recent) -> bool {
        recent.pass.is_some() || recent.len() >= self.worth(recent) || self.is_move_due()
    }

    /// Returns true if so many keys wait in memory that they have to be merged before more arrive.
    #[must_use]
    pub fn is_behind(self, recent: &Recent) -> bool {
        recent.len() >= self.too_many(recent)
    }

    /// Returns the number of keys in memory that makes a merge worth its rows.
    fn worth(self, recent: &Recent) -> usize {
        if self.is_middle_used(recent) {
            recent.room.max(NEW_PER_MIDDLE_BUCKET * self.middle.count() as usize)
        } else {
            NEW_PER_BUCKET * self.main.count() as usize + NEW_AT_LEAST
        }
    }

    /// Returns the number of keys above which none should wait in memory. No merge takes more: a
    /// merge of a million keys would write them into the few buckets of a new outbox, in rows of
    /// many megabytes.
    fn too_many(self, recent: &Recent) -> usize {
        self.worth(recent) + recent.room
    }

    /// Returns true if the keys that a merge into the main table needs do not fit in memory.
    const fn is_middle_used(self, recent: &Recent) -> bool {
        NEW_PER_BUCKET * self.main.count() as usize > recent.room
    }

    /// Returns true if a move from the middle to the main table is in progress or due.
    const fn is_move_due(self) -> bool {
        let worth = NEW_PER_BUCKET as u64 * self.main.count() as u64;
        self.moving.is_some() || self.middle.entries() >= worth
    }

    /// Merges new keys into at most `most` buckets, or moves as many from the middle table. The
    /// first call sets `until_seq` for the whole merge. If there are too many keys, the merge takes
    /// those of the oldest rows. Returns true once the keys of all rows below `until_seq` are merged.
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
        if recent.pass.is_none() && self.is_move_due() {
            self.move_to_main(disk, oldest_seq, most)?;
            return Ok(false);
        }
        let pass = match &mut recent.pass {
            Some(pass) => pass,
            None => {
                let is_into_middle = self.is_middle_used(recent);
                let asked_seq = until_seq;
                let until_seq = recent.until(asked_seq, self.too_many(recent));
                let is_whole = until_seq >= asked_seq;
                let keys = recent.keys.iter().map(|(&key, &seq)| (key, seq));
                let keys = keys.filter(|(_, seq)| *seq < until_seq);
                let todo = if is_into_middle {
                    self.middle.by_bucket(keys)
                } else {
                    self.main.by_bucket(keys)
                };
                recent.pass.insert(Pass { todo, is_into_middle, until_seq, is_whole })
            }
        };
        for _ in 0..most {
            let Some((&bucket, new)) = pass.todo.first_key_value() else { break };
            if pass.is_into_middle {
                self.middle.add(disk, bucket, new, oldest_seq)?;
            } else {
                self.main.add(disk, bucket, new, oldest_seq)?;
            }
            pass.todo.pop_first();
        }
        let is_grown = pass.todo.is_empty()
            && if pass.is_into_middle {
                self.middle.grow(disk, most)?
            } else {
                self.main.grow(disk, most)?
            };
        if !is_grown {
            return Ok(false);
        }
        let (until_seq, is_whole) = (pass.until_seq, pass.is_whole);
        recent.pass = None;
        recent.keys.retain(|_, seq| *seq >= until_seq);
        self.merged_seq = self.merged_seq.max(until_seq);
        Ok(is_whole)
    }

    /// Moves keys from the middle to the main table, until `most` buckets of it were written.
    fn move_to_main(&mut self, disk: &mut impl Disk, oldest_seq: u64, most: usize) -> Done<()> {
        let mut written = 0;
        while written < most {
            let next = self.moving.unwrap_or_default();
            if next >= self.middle.count() {
                self.moving = None;
                return Ok(());
            }
            let taken = self.middle.empty(disk, next)?;
            for (bucket, new) in self.main.by_bucket(taken.into_iter()) {
                self.main.add(disk, bucket, &new, oldest_seq)?;
                written += 1;
            }
            self.moving = Some(next + 1);
            self.main.grow(disk, most)?;
        }
        Ok(())
    }

    /// Adds keys to the main table at once.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn add(&mut self, disk: &mut impl Disk, keys: &[(Key, u64)]) -> Done<()> {
        for (bucket, new) in self.main.by_bucket(keys.iter().copied()) {
            self.main.add(disk, bucket, &new, 0)?;
        }
        self.main.grow(disk, keys.len())?;
        Ok(())
    }
}

/// Returns the newer rows, and the older ones where there are none.
fn first_of(newer: [Option<u64>; 2], older: [Option<u64>; 2]) -> [Option<u64>; 2] {
    let [[own, other], [older_own, older_other]] = [newer, older];
    [own.or(older_own), other.or(older_other)]
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
    fn memory_of(count: u64, room: usize) -> (MemoryDisk, Seen, Recent) {
        let (mut disk, mut seen, mut recent) =
            (MemoryDisk::default(), Seen::default(), Recent::with_room(room));
        for number in 0..count {
            recent.note(key(number), number);
            while seen.is_merge_due(&recent) {
                seen.merge(&mut disk, &mut recent, number + 1, 0, 3).unwrap();
            }
        }
        (disk, seen, recent)
    }

    fn each_key_is_found(count: u64, (mut disk, seen, recent): (MemoryDisk, Seen, Recent)) {
        for number in 0..count {
            let found = seen.find(&mut disk, &recent, key(number), 0).unwrap();
            assert_eq!(found, Found { own: Some(number), other: None });
            let other = seen.find(&mut disk, &recent, key(number).other(), 0).unwrap();
            assert_eq!(other, Found { own: None, other: Some(number) });
        }
        for number in count..count + 1_000 {
            let found = seen.find(&mut disk, &recent, key(number), 0).unwrap();
            assert_eq!(found, Found::default());
        }
    }

    #[test]
    fn every_key_is_found_in_memory_or_in_its_bucket_and_no_other() {
        let memory = memory_of(20_000, KEYS_IN_MEMORY);
        assert!(memory.1.main.count() > 64 && memory.1.middle.entries() == 0);
        assert!(memory.2.len() < 3_000);
        each_key_is_found(20_000, memory);
    }

    #[test]
    fn a_busy_outbox_keeps_few_keys_in_memory() {
        let memory = memory_of(100_000, 500);
        assert!(memory.1.main.count() > 256 && memory.1.middle.count() > 4);
        // Without the middle table, a merge would need 16 keys for each bucket of the main table.
        assert!(memory.2.len() <= 500, "{} keys", memory.2.len());
        let rows = memory.0.rows_written();
        assert!(rows < 15_000, "{rows} rows");
        each_key_is_found(100_000, memory);
    }

    #[test]
    fn a_key_that_is_accepted_again_is_found_in_its_newest_row() {
        let (mut disk, mut seen, mut recent) = memory_of(50_000, 500);
        for number in 0..2_000 {
            recent.note(key(number), 50_000 + number);
            while seen.is_merge_due(&recent) {
                seen.merge(&mut disk, &mut recent, 50_001 + number, 0, 3).unwrap();
            }
        }
        for number in 0..2_000 {
            let found = seen.find(&mut disk, &recent, key(number), 0).unwrap();
            assert_eq!(found.own, Some(50_000 + number));
        }
    }

    #[test]
    fn a_move_between_the_tables_goes_on_after_a_crash() {
        let (mut disk, mut seen, mut recent) = memory_of(40_000, 500);
        let mut number = 40_000;
        while seen.moving.is_none() {
            recent.note(key(number), number);
            number += 1;
            if seen.is_merge_due(&recent) {
                seen.merge(&mut disk, &mut recent, number, 0, 3).unwrap();
            }
        }
        // The tables are saved with the state. The keys in memory come from their rows.
        let mut loaded = Recent::with_room(500);
        (seen.merged_seq..number).for_each(|number| loaded.note(key(number), number));
        while !seen.merge(&mut disk, &mut loaded, number, 0, 3).unwrap() {}
        assert_eq!((seen.moving, seen.merged_seq), (None, number));
        each_key_is_found(number, (disk, seen, loaded));
    }

    #[test]
    fn what_is_too_old_is_not_found_and_leaves_the_buckets() {
        let (mut disk, mut seen, mut recent) = memory_of(5_000, KEYS_IN_MEMORY);
        assert_eq!(seen.find(&mut disk, &recent, key(10), 11).unwrap(), Found::default());
        for number in 5_000..10_000 {
            recent.note(key(number), number);
        }
        while !seen.merge(&mut disk, &mut recent, 10_000, 9_000, 8).unwrap() {}
        assert!(seen.main.entries() < 5_000, "{}", seen.main.entries());
        assert_eq!(seen.find(&mut disk, &recent, key(9_500), 9_000).unwrap().own, Some(9_500));
    }

    #[test]
    fn a_state_from_before_the_middle_table_is_encoded_alike() {
        let (_, seen, _) = memory_of(20_000, KEYS_IN_MEMORY);
        // Level, split, entries of the one table, and the first row that is not merged.
        let (level, split, entries, merged_seq): (u32, u32, u64, u64) =
            postcard::from_bytes(&postcard::to_allocvec(&seen).unwrap()).unwrap();
        assert_eq!((1 << level) + split, seen.main.count());
        assert_eq!((entries, merged_seq), (seen.main.entries(), seen.merged_seq));
    }

    #[test]
    fn a_merge_costs_few_rows() {
        let (disk, _, _) = memory_of(50_000, KEYS_IN_MEMORY);
        assert!(disk.rows_written() < 6_000, "{} rows", disk.rows_written());
    }

    #[test]
    fn a_merge_that_is_done_twice_changes_nothing() {
        let (mut disk, mut seen, mut recent) = memory_of(10, KEYS_IN_MEMORY);
        let before = seen;
        seen.merge(&mut disk, &mut recent, 10, 0, 99).unwrap();
        let entries = seen.main.entries();
        // After a crash, the earlier state is loaded again.
        let mut again = before;
        let mut recent = Recent::default();
        (0..10).for_each(|number| recent.note(key(number), number));
        again.merge(&mut disk, &mut recent, 10, 0, 99).unwrap();
        assert_eq!(again.find(&mut disk, &recent, key(3), 0).unwrap().own, Some(3));
        assert_eq!(entries, 10);
    }
}
