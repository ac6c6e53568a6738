//! Defines a queue: events of one trust that are held for the same time, in the order of their
//! arrival.

use serde::{Deserialize, Serialize};

use crate::event::Trust;

/// A queue of a lane. All its events are held for the same time, so they are due in the order of
/// their arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Queue {
    /// The trust in its events, which names its lane.
    pub trust: Trust,
    /// The time for which its events are held, in milliseconds.
    pub hold_millis: u64,
}

/// A position in the rows of a queue.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Place {
    /// The number of the row.
    pub seq: u64,
    /// The index of the event in the row.
    pub at: u32,
}

impl Queue {
    /// Returns the queue as a number for a database column. It is below 2^53, so every host can
    /// represent it.
    #[must_use]
    pub fn to_number(self) -> u64 {
        self.hold_millis.min(u64::from(u32::MAX)) * 2 + u64::from(self.trust == Trust::Server)
    }

    /// Reads the queue from that number.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        let trust = if number % 2 == 1 { Trust::Server } else { Trust::Page };
        Self { trust, hold_millis: number / 2 }
    }
}
