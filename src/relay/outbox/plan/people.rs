//! Remembers customer information between requests: hashed, for a limited time, and with a maximum
//! number of keys for each trust.

use super::Outbox;
use crate::event::Trust;
use crate::relay::config::Config;
use crate::relay::outbox::disk::{Disk, Done};
use crate::relay::outbox::parcel::Person;
use crate::relay::outbox::traits::traits;

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1_000;
/// The minimum number of rows that are deleted at once if there are too many.
const MIN_ROWS_PER_SLICE: u32 = 200;

/// Returns the number of rows to delete if there are more than `most`.
pub(super) fn slice_over(count: u64, most: u64) -> u32 {
    let over = u32::try_from(count.saturating_sub(most)).unwrap_or(u32::MAX);
    over.max(MIN_ROWS_PER_SLICE.min(u32::try_from(most).unwrap_or(u32::MAX)))
}

impl Outbox {
    /// Stores customer information of a person, merged with the stored information. New values win.
    /// Servers and pages have a quota each.
    ///
    /// # Errors
    /// An error of the disk. The host then rolls back and loads the outbox again.
    pub(super) fn remember(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        trust: Trust,
        person: &Person,
        now_millis: u64,
    ) -> Done<()> {
        let asked: Vec<String> = person.keys.iter().chain(&person.same_as).cloned().collect();
        let known = self.known(disk, config, &asked, now_millis)?;
        let texts = std::iter::once(person.user_data.as_str())
            .chain(known.iter().flatten().map(String::as_str));
        let Some(all) = traits(texts) else { return Ok(()) };
        let mut counts = self.count_persons(disk)?;
        let most = u64::from(config.segment.traits_most);
        let at = usize::from(trust == Trust::Page);
        for key in &person.keys {
            let is_new = disk.put_person(key, trust, &all, now_millis)?;
            counts[at] += u64::from(is_new);
        }
        if counts[at] > most {
            let slice = slice_over(counts[at], most);
            let later = now_millis.saturating_add(1);
            counts[at] -= u64::from(disk.drop_persons(trust, later, slice)?);
        }
        self.persons = Some(counts);
        Ok(())
    }

    /// Returns the customer information under each key: a JSON object, or `None`.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn known(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        keys: &[String],
        now_millis: u64,
    ) -> Done<Vec<Option<String>>> {
        let days = u64::from(config.segment.traits_days);
        let since = now_millis.saturating_sub(days.saturating_mul(DAY_MILLIS));
        let one = |key: &String| {
            let person = disk.person(key)?.filter(|(_, at)| *at >= since);
            Ok(person.map(|(user_data, _)| user_data))
        };
        keys.iter().map(one).collect()
    }

    /// Deletes a slice of the customer information that is too old. Returns the number of deleted
    /// keys.
    pub(super) fn sweep_persons(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        now_millis: u64,
        most: u32,
    ) -> Done<u32> {
        let days = u64::from(config.segment.traits_days);
        let before = now_millis.saturating_sub(days.saturating_mul(DAY_MILLIS));
        let mut dropped = 0;
        for trust in Trust::ALL {
            dropped += disk.drop_persons(trust, before, most)?;
        }
        self.persons = None;
        Ok(dropped)
    }

    fn count_persons(&mut self, disk: &mut impl Disk) -> Done<[u64; 2]> {
        match self.persons {
            Some(counts) => Ok(counts),
            None => Ok([disk.count_persons(Trust::Server)?, disk.count_persons(Trust::Page)?]),
        }
    }
}
