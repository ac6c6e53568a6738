//! Limits the bytes that one request may take on disk.
//!
//! Facts that all events of a request share (address, user agent, page, cookies) are stored once.
//! The other bytes are limited here, so that a small request cannot fill the disk.

use super::connection::Connection;
use super::intake::{Accepted, Person};
use super::sharing::Sharing;
use crate::event::{Problem, Trust};
use crate::relay::config::{MAX_ORDER_ROW_BYTES, MAX_TRAITS_BYTES};

/// The maximum number of stored bytes for each received byte.
const STORED_PER_RECEIVED: usize = 4;
/// The number of stored bytes that even the smallest request may have.
const MAX_BYTES_OF_ANY_REQUEST: usize = 64 * 1024;
/// The bytes of a row in addition to its texts.
const ROW_BYTES: usize = 24;

/// The stored bytes that are left to a request.
pub(super) struct StorageBudget {
    left: usize,
    sharing: Sharing,
}

impl StorageBudget {
    /// Returns the budget of a request. `received` is the number of bytes of its headers and body.
    pub fn of_request(received: usize, connection: &Connection) -> Self {
        Self {
            sharing: Sharing::of(connection),
            left: received
                .saturating_mul(STORED_PER_RECEIVED)
                .saturating_add(MAX_BYTES_OF_ANY_REQUEST),
        }
    }

    /// Counts an event that is stored with `main_body`.
    ///
    /// # Errors
    /// Returns a problem if the event does not fit.
    pub fn event(&mut self, event: &Accepted, main_body: &str, path: &str) -> Result<(), Problem> {
        let traits = if event.known_as.is_empty() { 0 } else { MAX_TRAITS_BYTES };
        let own = self.sharing.own_bytes(&event.event);
        let bytes = own + main_body.len() + traits + ROW_BYTES;
        self.spend(bytes, path)
    }

    /// Counts the rows of the order memory, once all events of the request were counted. If the rows
    /// of an event do not fit, its order is not remembered.
    pub fn orders(&mut self, events: &mut [Accepted]) {
        for event in events {
            let Some(order) = &event.order else { continue };
            let rows = match event.trust {
                // A name has a row for each of `fbp`, IP address and event id.
                Trust::Page => order.names.len() * 3 + order.secrets.len(),
                // And one for an event id that is taken from a page.
                Trust::Server => order.names.len() + order.accounts.len() + 1,
            };
            // A row has nothing that the event lacks.
            let bytes = rows * (event.event.len().min(MAX_ORDER_ROW_BYTES) + ROW_BYTES);
            match self.left.checked_sub(bytes) {
                Some(left) => self.left = left,
                None => event.order = None,
            }
        }
    }

    /// Counts the customer information of a person, once for each key. A key that is a second name
    /// of a known person gets all that is stored under the first.
    ///
    /// # Errors
    /// Returns a problem if it does not fit.
    pub fn person(&mut self, person: &Person, path: &str) -> Result<(), Problem> {
        let known = if person.same_as.is_empty() { 0 } else { MAX_TRAITS_BYTES };
        let row = |key: &String| key.len() + person.user_data.len().max(known) + ROW_BYTES;
        self.spend(person.keys.iter().map(row).sum(), path)
    }

    fn spend(&mut self, bytes: usize, path: &str) -> Result<(), Problem> {
        match self.left.checked_sub(bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                let message = "expected events that are stored in at most 4 times the bytes of their request and 65536 more; send fewer events at once";
                Err(Problem::refused("request_too_large_to_store", path, message))
            }
        }
    }
}
