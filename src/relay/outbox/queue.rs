//! A queue: events of one trust that are held for the same time, in the order in which they came.

use serde::{Deserialize, Serialize};

use crate::event::Trust;

/// A queue of a lane. All its events are held for the same time, so the order of their arrival is the order
/// in which they are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Queue {
    /// The trust in its events: its lane.
    pub trust: Trust,
    /// How long its events are held, in milliseconds.
    pub hold_millis: u64,
}

/// A place in the rows of a queue.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Place {
    /// The row.
    pub seq: u64,
    /// The event in it.
    pub at: u32,
}

impl Queue {
    /// The queue as a number, for a column of the disk: below 2^53, so that every host can carry it.
    #[must_use]
    pub fn to_number(self) -> u64 {
        self.hold_millis.min(u64::from(u32::MAX)) * 2 + u64::from(self.trust == Trust::Server)
    }

    /// Reads that number.
    #[must_use]
    pub const fn from_number(number: u64) -> Self {
        let trust = if number % 2 == 1 { Trust::Server } else { Trust::Page };
        Self { trust, hold_millis: number / 2 }
    }
}
