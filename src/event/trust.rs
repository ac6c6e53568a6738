//! The trust in the sender of an event.

use serde::{Deserialize, Serialize};

/// The trust in the sender of an event: what the sender may set. It is stored with the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Trust {
    /// A page of an allowed origin. Anyone can forge its events.
    Page,
    /// A server that sent a valid key, or a webhook with a valid signature.
    Server,
}

impl Trust {
    /// Both values, the more trusted one first.
    pub const ALL: [Self; 2] = [Self::Server, Self::Page];

    /// Returns the other value.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Page => Self::Server,
            Self::Server => Self::Page,
        }
    }
}
