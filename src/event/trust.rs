//! How far the sender of an event is believed.

use serde::{Deserialize, Serialize};

/// The trust in the sender of an event. It is stored with the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Trust {
    /// A page of an allowed origin. Anyone can forge it.
    Page,
    /// A server that showed a key, or a webhook with a valid signature.
    Server,
}

impl Trust {
    /// Both, the more trusted one first.
    pub const ALL: [Self; 2] = [Self::Server, Self::Page];

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Page => Self::Server,
            Self::Server => Self::Page,
        }
    }
}
