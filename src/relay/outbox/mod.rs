//! After an event is accepted: the requests to Meta, what an answer means, when to try again, how it goes.

mod backoff;
mod delivery;
mod outcome;
mod plain_words;
mod second_copy;
mod status;
mod throttling;
mod verdict;

pub use backoff::retry_delay_millis;
pub use delivery::{Delivery, Secrets, delivery};
pub use outcome::{Attempt, Fate, Outcome, Sending, outcome};
pub use second_copy::{in_place_of_page, with_page_copy, with_second_copy, with_second_page_copy};
pub use status::{DatasetStatus, Quarantined, Rates, RefusedAt, Status, Totals, status};
pub use throttling::asked_wait_millis;
pub use verdict::{Refusal, Verdict, unwritable, verdict};
