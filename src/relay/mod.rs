//! The relay, without its I/O: requests in, enriched events out; batches; what an answer from Meta
//! means; when to try again.
//!
//! The host hands in what arrived (bytes, headers, the time, entropy) and carries out what is
//! decided here: answer this, store that, post this batch, wait so long.

mod admission;
mod answer;
mod backoff;
mod config;
mod connection;
mod delivery;
mod documents;
mod graph;
mod graph_answer;
mod intake;
mod outcome;
mod rate_limit;
mod second_copy;
mod segment;
mod status;
mod throttling;
mod trust;
mod verdict;

pub use crate::sources::NoEntropy;
pub use crate::sources::graph::Call as GraphCall;
pub use admission::{admit, admit_operator, preflight};
pub use answer::Answer;
pub use backoff::retry_delay_millis;
pub use config::{
    ClientIp, Config, ConfigError, GlobalPrivacyControl, HopsHeaderName, LimitedDataUse,
};
pub use connection::{Connection, Place};
pub use delivery::{Delivery, MAX_BYTES_PER_REQUEST, MAX_EVENTS_PER_REQUEST, Secrets, delivery};
pub use documents::{
    ConsentCookie, Cookies, DocumentChanges, DocumentRequest, DocumentResponse, Documents,
    Forwarding, HeaderChange, Origin, Script, ScriptConsent, ScriptPixel, ScriptPrivacy,
    asks_callback, document_changes, forwarding, script_tag,
};
pub use graph::GraphApi;
pub use intake::{Accepted, Intake, Person, from_page, from_server, take};
pub use outcome::{Attempt, Fate, Outcome, Sending, outcome};
pub use rate_limit::{RateLimit, RateLimiter};
pub use second_copy::with_second_copy;
pub use segment::{
    EventIdOf, SegmentCall, SegmentPage, SegmentSecrets, SegmentSettings, TraitsOfPages,
    admit_segment, segment_preflight, take_segment,
};
pub use status::{DatasetStatus, Quarantined, Rates, RefusedAt, Status, Totals, status};
pub use throttling::asked_wait_millis;
pub use trust::{AllowedOrigin, BridgeKeys, KnownServer, Rejection, Sender};
pub use verdict::{Refusal, Verdict, unwritable, verdict};
