//! The relay, without its I/O: requests in, enriched events out; batches; what an answer from Meta
//! means; when to try again.
//!
//! The host hands in what arrived (bytes, headers, the time, entropy) and carries out what is
//! decided here: answer this, store that, post this batch, wait so long.

mod backoff;
mod config;
mod connection;
mod delivery;
mod intake;
mod outcome;
mod throttling;
mod verdict;

pub use backoff::retry_delay_millis;
pub use config::{ClientIp, Config, ConfigError, HopsHeaderName};
pub use connection::Connection;
pub use delivery::{Delivery, MAX_BYTES_PER_REQUEST, MAX_EVENTS_PER_REQUEST, Secrets, delivery};
pub use intake::{Accepted, Answer, Intake, from_page, preflight};
pub use outcome::{Attempt, Fate, Outcome, Sending, outcome};
pub use throttling::asked_wait_millis;
pub use verdict::{Refusal, Verdict, verdict};
