//! The settings for Segment's calls: `segment` in the configuration.

use serde::Deserialize;

use super::ConfigError;
use crate::event::ActionSource;

/// The settings for Segment's calls.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SegmentSettings {
    /// The write keys of sources in pages. Anyone can read them there, so they are no secrets, and
    /// their calls have the trust of a page. Default none.
    #[serde(default)]
    pub pages: Vec<SegmentPage>,
    /// The source of the event id: `messageId`, as in Segment's own destinations, or the event name
    /// and order id if there is an order. Default `messageId`.
    #[serde(default)]
    pub event_id: EventIdOf,
    /// The action source of a server's event that has neither an action source nor a page. Default
    /// none: such an event is refused.
    #[serde(default)]
    pub action_source: Option<String>,
    /// The time for which the traits of `identify` are stored, in days. Default 30. 0 stores none.
    #[serde(default = "default_traits_days")]
    pub traits_days: u32,
    /// The events that get the traits of a page's `identify`. Default: those of pages.
    #[serde(default)]
    pub traits_of_pages: TraitsOfPages,
    /// The maximum number of ids with stored traits, in one outbox and for each trust. Default
    /// 100000.
    #[serde(default = "default_traits_most")]
    pub traits_most: u32,
}

/// A source in pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SegmentPage {
    /// The write key.
    pub write_key: String,
    /// The dataset of its events. Default: the first.
    #[serde(default)]
    pub dataset: Option<String>,
}

/// The source of the event id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EventIdOf {
    /// Segment's id of the call.
    #[default]
    MessageId,
    /// The event name and the order id if there is an order, else Segment's id of the call.
    OrderId,
}

/// The events that get the traits of a page's `identify`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TraitsOfPages {
    /// Events of pages only. With a write key that is in a page, anyone can send traits of any
    /// user.
    #[default]
    Pages,
    /// All events of the same user.
    Everywhere,
}

fn default_traits_days() -> u32 {
    30
}
fn default_traits_most() -> u32 {
    100_000
}

impl Default for SegmentSettings {
    fn default() -> Self {
        Self {
            pages: Vec::new(),
            event_id: EventIdOf::default(),
            action_source: None,
            traits_days: default_traits_days(),
            traits_of_pages: TraitsOfPages::default(),
            traits_most: default_traits_most(),
        }
    }
}

impl SegmentSettings {
    pub(in crate::relay) fn check(&self, datasets: &[String]) -> Result<(), ConfigError> {
        for (index, page) in self.pages.iter().enumerate() {
            let error = |field: &str, message: &str| {
                Err(ConfigError::new(format!("segment.pages[{index}].{field}"), message))
            };
            if page.write_key.trim().is_empty() {
                return error("writeKey", "expected the write key of a source in pages");
            }
            if page.dataset.as_ref().is_some_and(|dataset| !datasets.contains(dataset)) {
                return error("dataset", "expected one of \"datasets\"");
            }
        }
        if let Some(name) = &self.action_source
            && ActionSource::from_name(name).is_none()
        {
            let names = ActionSource::ALL.map(ActionSource::name).join(", ");
            let message = format!("expected one of {names}");
            return Err(ConfigError::new("segment.actionSource", message));
        }
        Ok(())
    }
}
