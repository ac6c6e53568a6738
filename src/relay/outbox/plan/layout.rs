//! Stores how many outboxes share a dataset, and finds the events that this outbox has accepted.

use super::Outbox;
use crate::event::Trust;
use crate::relay::config::Config;
use crate::relay::outbox::disk::{Disk, Done};
use crate::relay::outbox::key::Key;
use crate::relay::outbox::parcel::Parcel;
use crate::relay::outbox::state::{Layout, REMEMBERED_MILLIS};

impl Outbox {
    /// Stores the number of outboxes of the configuration, and returns the layout. The host calls
    /// this on the first outbox of a dataset, which stores it for all.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn layout(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        now_millis: u64,
    ) -> Done<Layout> {
        let known = self.state.layout;
        if known.outboxes != config.outboxes {
            // An outbox that has events but no layout was the only outbox of the dataset.
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

    /// Returns, for each event of an intake, true if this outbox accepted a copy of either trust
    /// within 48 hours.
    ///
    /// # Errors
    /// An error of the disk.
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
                let found = self.state.seen.find(disk, &self.recent, key, oldest)?;
                let is_known = found.own.is_some() || found.other.is_some();
                Ok(is_known || self.has_old && disk.old_seen(&event.name_and_id, since)?)
            })
            .collect()
    }
}
