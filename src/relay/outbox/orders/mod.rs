//! Remembers the visitor of an order, so that a later event that knows only the order gets the
//! visitor's identifiers.
//!
//! Each row has a key that includes the proof of the visitor (`fbp`, IP address, a secret of the
//! order). So a sender only reads and writes rows whose proof it has. [`Place`] lists the rows.
//! Their contents, a [`Visitor`] each, are encrypted by a [`Vault`].

mod event;
mod names;
mod vault;
mod visitor;

pub(super) use event::Event;
pub(super) use names::{accounts, names, secrets};
pub use vault::OrderKey;
pub(super) use vault::{Nonces, Place, Vault};
pub(super) use visitor::Visitor;
