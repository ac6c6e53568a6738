//! The Meta Pixel and the Conversions API, one event id on both sides.
//!
//! The crate has three floors. A room (module) never uses a room of a floor above.
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

/// Looks up the cookie domains of hosts, so it needs the public suffix list.
#[cfg(any(feature = "public-suffix-list", not(target_family = "wasm")))]
pub mod relay;
pub mod sandbox;
pub mod sources;

#[cfg(feature = "shell")]
pub mod shell;
