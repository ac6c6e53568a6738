//! Delivers accepted events: stores them, sends them to Meta, reads the answers, retries, and
//! reports the status.

mod backoff;
mod block;
mod copies;
mod delivery;
mod disk;
mod key;
mod memory_disk;
mod orders;
mod outboxes;
mod outcome;
mod parcel;
mod plain_words;
mod plan;
mod queue;
mod seen;
mod state;
mod status;
mod table;
mod throttling;
mod traits;
mod unsure;
mod verdict;

pub use backoff::retry_delay_millis;
pub use delivery::{Delivery, Secrets, delivery};
pub use disk::{
    Disk, DiskError, Done, OldCounts, OldEvent, QuarantineRow, RetryHead, Row, RowHead,
};
pub use memory_disk::MemoryDisk;
pub use orders::OrderKey;
pub use outboxes::outbox_of;
pub use outcome::{Attempt, Fate, Outcome, Sending, outcome};
pub use parcel::{Arrival, Fact, MAX_FACTS, Parcel, Person};
pub use plan::{
    AcceptedParcels, Answered, Care, DiskRoom, Next, Ordered, Outbox, Outgoing, Replayed, Sealing,
    Settled,
};
pub use queue::Queue;
pub use state::Layout;
pub use status::{
    DatasetStatus, LaneStatus, Lanes, Quarantined, Rates, RefusedAt, Status, Totals, status,
};
pub use throttling::asked_wait_millis;
pub use verdict::{Refusal, Verdict, unwritable, verdict};
