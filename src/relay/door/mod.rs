//! Everything before an event is accepted: who sends it, whether that is allowed, how much of it, and the answer.

mod admission;
mod answer;
mod connection;
mod graph;
mod graph_answer;
mod intake;
mod rate_limit;
mod segment;
mod sender;
mod storage_budget;

pub use crate::sources::graph::Call as GraphCall;
pub use admission::{admit, admit_operator, preflight};
pub use answer::Answer;
pub use connection::{Connection, Place};
pub use graph::GraphApi;
pub use intake::{Accepted, Intake, Person, from_page, from_server, take};
pub use rate_limit::RateLimiter;
pub use segment::{SegmentCall, SegmentSecrets, admit_segment, segment_preflight, take_segment};
pub use sender::{AllowedOrigin, BridgeKeys, KnownServer, Rejection, Sender};
