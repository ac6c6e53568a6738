//! Limits the bytes of all bodies that are in memory at one time.

use std::cell::Cell;
use std::rc::Rc;

/// The bytes that all requests in flight hold together.
#[derive(Debug, Clone, Default)]
pub(super) struct BodiesInFlight(Rc<Cell<u64>>);

/// The part of the memory for bodies that senders of a kind may fill, in eighths. Servers are
/// refused last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// A server that has shown a right key.
    Server = 8,
    /// A page of an allowed origin.
    Page = 6,
    /// A sender whose proof is in the body.
    Unproven = 4,
    /// A sender whose proof is in the body, at an address that used up its limit for wrong keys and
    /// for bodies that do not come.
    Suspect = 1,
}

/// The bytes that one request holds. Dropping this gives them back.
#[derive(Debug)]
pub(super) struct Held {
    all: BodiesInFlight,
    bytes: u64,
    share: Share,
}

impl BodiesInFlight {
    /// Returns the count of a new request, which holds nothing yet.
    pub(super) fn of(&self, share: Share) -> Held {
        Held { all: self.clone(), bytes: 0, share }
    }
}

impl Held {
    /// Adds bytes to those that the request holds. Returns false, and adds nothing, if its share is
    /// full. A request may always hold its body while no other request holds any bytes.
    pub(super) fn add(&mut self, bytes: u64, max_bytes: u64) -> bool {
        let all = self.all.0.get();
        let share = max_bytes / 8 * (self.share as u64);
        if all > self.bytes && all.saturating_add(bytes) > share {
            return false;
        }
        self.all.0.set(all.saturating_add(bytes));
        self.bytes = self.bytes.saturating_add(bytes);
        true
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.0.set(self.all.0.get().saturating_sub(self.bytes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u64 = 400;

    #[test]
    fn pages_and_senders_without_proof_are_refused_first_and_servers_last() {
        let bodies = BodiesInFlight::default();
        let mut unproven = bodies.of(Share::Unproven);
        let mut page = bodies.of(Share::Page);
        let mut server = bodies.of(Share::Server);
        assert!(unproven.add(150, MAX) && page.add(50, MAX));
        assert!(!unproven.add(1, MAX));
        assert!(page.add(100, MAX) && !page.add(1, MAX));
        assert!(server.add(100, MAX) && !server.add(1, MAX));
        drop(unproven);
        assert!(server.add(1, MAX) && page.add(1, MAX));
    }

    #[test]
    fn a_suspect_fills_an_eighth_and_leaves_the_rest_to_others_without_proof() {
        let bodies = BodiesInFlight::default();
        let mut suspect = bodies.of(Share::Suspect);
        let mut unproven = bodies.of(Share::Unproven);
        assert!(suspect.add(50, MAX));
        assert!(!bodies.of(Share::Suspect).add(1, MAX));
        assert!(unproven.add(150, MAX) && !unproven.add(1, MAX));
    }

    #[test]
    fn what_a_request_held_is_given_back_with_it() {
        let bodies = BodiesInFlight::default();
        for _ in 0..100 {
            let mut page = bodies.of(Share::Page);
            assert!(page.add(200, MAX));
        }
        assert_eq!(bodies.0.get(), 0);
    }

    #[test]
    fn a_single_body_above_the_limit_is_held_while_it_is_alone() {
        let bodies = BodiesInFlight::default();
        let mut first = bodies.of(Share::Unproven);
        assert!(first.add(300, MAX) && first.add(300, MAX));
        assert!(!bodies.of(Share::Server).add(1, MAX));
    }
}
