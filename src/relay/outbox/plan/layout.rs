//! How many outboxes share a dataset, and which of their events an outbox has seen.

use super::Outbox;
use crate::event::Trust;
use crate::relay::config::Config;
use crate::relay::outbox::disk::{Disk, Done};
use crate::relay::outbox::key::Key;
use crate::relay::outbox::parcel::Parcel;
use crate::relay::outbox::state::{Layout, REMEMBERED_MILLIS};

impl Outbox {
    /// Notes how many outboxes the configuration has. The first outbox of a dataset is asked, for all of them.
    ///
    /// # Errors
    /// The disk's.
    pub fn layout(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        now_millis: u64,
    ) -> Done<Layout> {
        let known = self.state.layout;
        if known.outboxes != config.outboxes {
            // An outbox that has events and knows of no others was the only one.
            let before = match (known.outboxes, self.state.totals.accepted) {
                (0, 0) => config.outboxes,
                (0, _) => 1,
                (before, _) => before,
            };
            self.state.layout = Layout {
                outboxes: config.outboxes,
                before,
                since_millis: now_millis,
                most: known.most.max(before).max(config.outboxes),
            };
            self.save(disk)?;
        }
        Ok(self.state.layout)
    }

    /// For each event of a parcel whether a copy of it was accepted here, from either sender.
    ///
    /// # Errors
    /// The disk's.
    pub fn has_seen(
        &mut self,
        disk: &mut impl Disk,
        parcel: &Parcel,
        now_millis: u64,
    ) -> Done<Vec<bool>> {
        let oldest = self.state.oldest_seq(now_millis);
        let since = now_millis.saturating_sub(REMEMBERED_MILLIS);
        parcel
            .events
            .iter()
            .map(|event| {
                let key = Key::of(&self.state.secret, Trust::Page, &event.name_and_id);
                let found = self.state.buckets.find(disk, &self.recent, key, oldest)?;
                let is_known = found.own.is_some() || found.other.is_some();
                Ok(is_known || self.has_old && disk.old_seen(&event.name_and_id, since)?)
            })
            .collect()
    }
}
