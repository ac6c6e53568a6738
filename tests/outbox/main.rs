//! The plan of the outbox, over a disk in memory and a Meta that answers what a test tells it to.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests are tests")]

mod anything;
mod bounds;
mod damaged;
mod every_order;
mod limits;
mod older_release;
mod orders;
mod outboxes;
mod sending;
mod trust;
mod world;
