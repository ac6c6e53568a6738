//! The Meta Pixel and the Conversions API, one event id on both sides.
//!
//! The crate is a house of three floors; a room never knows the rooms above it.
//!
//! | floor | rooms | rule |
//! |---|---|---|
//! | ground | [`identifiers`], [`customer`], [`event`] | pure: time and entropy are arguments |
//! | first | [`sources`], [`relay`], [`sandbox`] | sans-IO: values in, decisions out |
//! | top | `shell` (features `browser`, `edge`, `sandbox`) | thin: moves values between a host and the floors below |

pub mod customer;
pub mod event;
pub mod identifiers;
mod sha256;

/// Knows the cookie domains of hosts, so it needs the list of them.
#[cfg(any(feature = "public-suffix-list", not(target_family = "wasm")))]
pub mod relay;
pub mod sandbox;
pub mod sources;

#[cfg(feature = "shell")]
pub mod shell;
