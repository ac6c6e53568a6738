//! Thin shells, one per host.
