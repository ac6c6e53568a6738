//! Limits that are not settings.

/// The maximum number of events in one request. (Meta, "Using the API")
pub const MAX_EVENTS_PER_REQUEST: usize = 1_000;
/// The maximum size of the events of one request to Meta together, in bytes. Meta documents no
/// limit.
pub const MAX_BYTES_PER_REQUEST: usize = 4 * 1024 * 1024;
/// The maximum size of one event, in bytes. Documented events have a tenth of it.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;
/// The maximum size of the customer information that the outbox remembers of a person, in bytes:
/// all fields of Meta's with one hash each.
pub const MAX_TRAITS_BYTES: usize = 1_024;
/// The maximum size of a row of the order memory before it is encrypted, in bytes: a user agent, an
/// address and identifiers.
pub const MAX_ORDER_ROW_BYTES: usize = 2_048;
