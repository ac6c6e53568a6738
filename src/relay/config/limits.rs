//! Limits that are not settings.

/// The most events that one request may carry (Meta, "Using the API").
pub const MAX_EVENTS_PER_REQUEST: usize = 1_000;
/// The most bytes that the events of one request to Meta have together. Meta documents no limit.
pub const MAX_BYTES_PER_REQUEST: usize = 4 * 1024 * 1024;
/// The most bytes of one event. Documented events have a tenth of it.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;
