//! What an operator sets for Segment's calls.

use serde::Deserialize;

use super::ConfigError;
use crate::event::ActionSource;

/// How Segment's calls are taken.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SegmentSettings {
    /// The write keys of sources in pages: anyone can read them there, so they are no secrets, and a
    /// call with one is trusted as little as a page. Default none.
    #[serde(default)]
    pub pages: Vec<SegmentPage>,
    /// What the event id is: `messageId`, as Segment's own destinations have it, or derived from event
    /// name and order id where there is an order. Default `messageId`.
    #[serde(default)]
    pub event_id: EventIdOf,
    /// The action source of a server's event that says none and has no page. Default none: such an
    /// event is refused.
    #[serde(default)]
    pub action_source: Option<String>,
    /// How long the traits of `identify` are remembered, in days. Default 30; 0: not at all.
    #[serde(default = "default_traits_days")]
    pub traits_days: u32,
    /// Which events the traits reach that a page says. Default: those of pages.
    #[serde(default)]
    pub traits_of_pages: TraitsOfPages,
    /// Of how many ids traits are remembered at the most, by dataset. Default 100000.
    #[serde(default = "default_traits_most")]
    pub traits_most: u32,
}

/// A source in pages.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SegmentPage {
    /// Its write key.
    pub write_key: String,
    /// The dataset of its events. Default: the first.
    #[serde(default)]
    pub dataset: Option<String>,
}

/// What the event id is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EventIdOf {
    /// Segment's id of the call.
    #[default]
    MessageId,
    /// Event name and order id, where there is an order.
    OrderId,
}

/// Which events the traits reach that a page says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TraitsOfPages {
    /// Those of pages: anyone can say traits of any user with a key that is in a page.
    #[default]
    Pages,
    /// All of the same user.
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
