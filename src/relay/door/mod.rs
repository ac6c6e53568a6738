//! The one entry point of the worker: authenticates the sender, checks the limits, and answers.

mod admission;
mod admitted;
mod answer;
mod bodies;
mod connection;
mod failure;
mod graph;
mod graph_answer;
mod intake;
mod key_in_body;
mod multipart;
mod order;
mod proof;
mod rate_limit;
mod refusals;
mod rewriting;
mod segment;
mod sender;
mod sharing;
mod signature;
mod source;
mod storage_budget;
mod webhook;

pub use admission::{Admission, Admitted, Door, DoorSecrets, Head, Moment, Unread};
pub use admitted::AdmittedRequests;
pub use answer::Answer;
pub use connection::{Connection, Place};
pub use failure::{Failure, secret_alarm};
pub use intake::{Accepted, Intake, from_page, from_server, take};
pub use rate_limit::RateLimiter;
pub use refusals::Refusals;
pub use segment::{SegmentCall, SegmentSecrets};
pub use sender::{AllowedOrigin, BridgeKeys, KnownServer, Rejection, Sender};
pub use webhook::WebhookSecrets;
