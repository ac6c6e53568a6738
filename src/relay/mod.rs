//! The relay without its I/O: turns requests into enriched events, builds batches, reads Meta's
//! answers, and decides on retries.
//!
//! The host passes in bytes, headers, the time and entropy. It carries out the decisions: send an
//! answer, store events, post a batch, wait.

mod config;
mod documents;
mod door;
mod outbox;
mod site;

pub use crate::sources::NoEntropy;
pub use config::*;
pub use documents::{
    Address, DocumentChanges, DocumentRequest, DocumentResponse, Forwarding, HeaderChange, Resolve,
    asks_callback, document_changes, forwarding, host_problem, script_tag,
};
pub use door::*;
pub use outbox::*;
