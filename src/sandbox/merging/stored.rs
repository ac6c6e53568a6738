//! The events as they are stored, and what is left of them when one dataset is forgotten.

use super::{Channel, Event, Events, Totals};

impl Events {
    /// Returns the events, oldest first, to be stored.
    pub(in crate::sandbox) fn oldest_first(&self) -> Vec<&Event> {
        self.kept.iter().collect()
    }

    /// Returns stored events, oldest first, with new indexes.
    pub(in crate::sandbox) fn restored(events: Vec<Event>, totals: Totals) -> Self {
        let mut all = Self { totals, ..Self::default() };
        for mut event in events {
            let number = all.kept.len() as u64;
            let browser = event
                .browser
                .as_ref()
                .map(|copy| (copy.event_id.clone(), copy.persons(), copy.weight()));
            let server = event
                .server
                .as_ref()
                .map(|copy| (copy.event_id.clone(), copy.persons(), copy.weight()));
            (event.number, event.weight) = (number, 0);
            event.persons.clear();
            all.kept.push_back(event);
            for (channel, copy) in [(Channel::Browser, browser), (Channel::Server, server)] {
                if let Some((id, persons, weight)) = copy {
                    all.index(number, channel, id, persons, weight);
                }
            }
        }
        all.forget_beyond_limits();
        all
    }

    /// Forgets the events of a dataset. Returns how many there were.
    pub(in crate::sandbox) fn forget_dataset(&mut self, dataset_id: &str) -> usize {
        let Self { kept, mut totals, .. } = std::mem::take(self);
        let before = kept.len();
        let (gone, stay): (Vec<_>, Vec<_>) =
            kept.into_iter().partition(|event| event.dataset_id == dataset_id);
        for event in gone {
            totals.subtract(&event);
        }
        *self = Self::restored(stay, totals);
        before - self.kept.len()
    }
}

impl Totals {
    /// Takes away an event that is forgotten on request.
    fn subtract(&mut self, event: &Event) {
        let browser = event.browser.as_ref().map_or(0, |copy| copy.copies);
        let server = event.server.as_ref().map_or(0, |copy| copy.copies);
        let repeated = browser.saturating_sub(1) + server.saturating_sub(1);
        self.browser_copies = self.browser_copies.saturating_sub(browser);
        self.server_copies = self.server_copies.saturating_sub(server);
        self.repeated_copies = self.repeated_copies.saturating_sub(repeated);
        self.events = self.events.saturating_sub(1);
        self.merged = self.merged.saturating_sub(u64::from(event.merged_by.is_some()));
    }
}
