//! Decides after a try what happens to its events, and when the next request may be sent.
//!
//! Meta may fail permanently on one event without saying so: it answers 500 whenever that event is
//! in the request. Such an event must not block its dataset. So the events of a failed try become a
//! retry batch while other events are sent. A retry batch that keeps failing is halved. The same
//! rules are safe during an outage: the wait grows with each failure, and no failure of Meta puts
//! an event into quarantine before Meta has accepted others.

use serde::{Deserialize, Serialize};

use super::backoff::retry_delay_millis;
use super::verdict::{Refusal, Verdict};
use crate::relay::config::Config;

/// The number of failed tries after which a batch is halved.
const TRIES_TOGETHER: u32 = 3;
/// The number of failed tries after which a single event goes to quarantine, if Meta accepts
/// others.
const TRIES_ALONE: u32 = 10;
/// The wait after a [`Verdict::Stop`], in milliseconds. A new token takes effect within this time.
const STOPPED_MILLIS: u64 = 60_000;
/// The minimum wait after a policy block (code 368), in milliseconds. Such a block does not end
/// soon.
const BLOCKED_MILLIS: u64 = 15 * 60_000;

/// A try to send a batch, with the failures before it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attempt {
    /// The number of events in the request.
    pub events: u32,
    /// The number of earlier failed tries of these events.
    pub tries: u32,
    /// The number of failed requests in a row before this one, in the same lane.
    pub failures: u32,
    /// True if Meta accepted other events since these events first failed.
    pub others_taken: bool,
}

/// The next step for the events of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Fate {
    /// Meta accepted them. They leave the outbox.
    Delivered,
    /// They stay where they are. The try says nothing about them.
    Kept,
    /// They become a retry batch, or stay one.
    Again,
    /// Each half of them becomes a retry batch.
    Halved,
    /// They go to quarantine, with the reason.
    Quarantined,
}

/// The state of sending, of a lane or of an outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Sending {
    /// Meta answers.
    Fine,
    /// Meta does not answer, or answers with a failure of its own.
    Failing,
    /// Meta asks the worker to wait.
    Throttled,
    /// The operator must act: the token, the permission or the dataset is wrong, or a lane stopped.
    Stopped,
}

/// The decision after a try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The next step for the events.
    pub fate: Fate,
    /// The state of sending.
    pub sending: Sending,
    /// The wait in milliseconds: of the lane after a fault, else of the whole outbox.
    pub dataset_waits_millis: u64,
    /// The number of failed tries that count for these events, or for each half of them.
    pub tries: u32,
    /// The wait of the retry batch before its next try, in milliseconds.
    pub events_wait_millis: u64,
    /// The reason, if Meta did not accept the events.
    pub refusal: Option<Refusal>,
}

/// Decides what follows from a try. `asked_millis` is the wait that Meta's headers ask for
/// ([`asked_wait_millis`](super::asked_wait_millis)). `chance` is any random number; it spreads the
/// retries.
#[must_use]
pub fn outcome(
    config: &Config,
    attempt: Attempt,
    verdict: Verdict,
    asked_millis: u64,
    chance: u32,
) -> Outcome {
    let backoff = |tries| retry_delay_millis(tries, config.retry_at_most_seconds, chance);
    let many = attempt.events > 1;
    let of = |fate, sending, waits: u64, refusal| Outcome {
        fate,
        sending,
        dataset_waits_millis: waits.max(asked_millis),
        tries: attempt.tries,
        events_wait_millis: 0,
        refusal,
    };
    match verdict {
        Verdict::Accepted if asked_millis > 0 => of(Fate::Delivered, Sending::Throttled, 0, None),
        Verdict::Accepted => of(Fate::Delivered, Sending::Fine, 0, None),
        Verdict::BadEvent { refusal } => {
            let fate = if many { Fate::Halved } else { Fate::Quarantined };
            of(fate, Sending::Fine, 0, Some(refusal))
        }
        Verdict::TooLarge { refusal } => {
            // The same events are sent again in smaller requests.
            let fate = if many { Fate::Kept } else { Fate::Quarantined };
            of(fate, Sending::Fine, 0, Some(refusal))
        }
        Verdict::Throttled { refusal } => {
            let least = if refusal.code == 368 { BLOCKED_MILLIS } else { 0 };
            let waits = backoff(attempt.failures).max(least);
            of(Fate::Kept, Sending::Throttled, waits, Some(refusal))
        }
        Verdict::Stop { refusal } => {
            of(Fate::Kept, Sending::Stopped, STOPPED_MILLIS, Some(refusal))
        }
        Verdict::Fault { refusal } => {
            let tries = attempt.tries.saturating_add(1);
            let fate = if many && tries >= TRIES_TOGETHER {
                Fate::Halved
            } else if !many && tries >= TRIES_ALONE && attempt.others_taken {
                Fate::Quarantined
            } else {
                Fate::Again
            };
            // These events seem to be the cause, not Meta. Other events need not wait.
            let alone = attempt.others_taken && attempt.failures == 0;
            let waits = if alone { 0 } else { backoff(attempt.failures) };
            Outcome {
                // A half that fails again is halved at once.
                tries: if fate == Fate::Halved { TRIES_TOGETHER - 1 } else { tries },
                events_wait_millis: if fate == Fate::Halved { 0 } else { backoff(tries) },
                ..of(fate, Sending::Failing, waits, Some(refusal))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(attempt: Attempt, verdict: Verdict, asked_millis: u64) -> Outcome {
        let config = Config::read(r#"{"datasets":["1"],"allowedOrigins":[]}"#).unwrap();
        outcome(&config, attempt, verdict, asked_millis, u32::MAX)
    }

    fn fault(attempt: Attempt) -> Outcome {
        decided(attempt, Verdict::Fault { refusal: Refusal::default() }, 0)
    }

    #[test]
    fn events_that_fail_stay_together_and_are_halved_at_the_third_try() {
        let of = |tries| fault(Attempt { events: 1000, tries, ..Attempt::default() }).fate;
        assert_eq!(
            [of(0), of(1), of(2), of(9)],
            [Fate::Again, Fate::Again, Fate::Halved, Fate::Halved]
        );
        let halved = fault(Attempt { events: 1000, tries: 2, ..Attempt::default() });
        assert_eq!(of(halved.tries), Fate::Halved);
    }

    #[test]
    fn an_event_alone_is_given_up_only_when_meta_takes_others() {
        let of = |tries, others_taken| {
            fault(Attempt { events: 1, tries, others_taken, ..Attempt::default() }).fate
        };
        assert_eq!(of(9, true), Fate::Quarantined);
        assert_eq!(of(8, true), Fate::Again);
        assert_eq!(of(u32::MAX, false), Fate::Again);
    }

    #[test]
    fn a_dataset_that_keeps_failing_waits_longer_each_time() {
        let waits = [0, 1, 2, 30]
            .map(|failures| fault(Attempt { failures, ..Attempt::default() }).dataset_waits_millis);
        assert_eq!(waits, [1_000, 2_000, 4_000, 300_000]);
    }

    #[test]
    fn events_that_fail_while_meta_takes_others_hold_up_nobody() {
        let of = |failures| {
            let attempt = Attempt { events: 1, tries: 3, failures, others_taken: true };
            let outcome = fault(attempt);
            (outcome.dataset_waits_millis, outcome.events_wait_millis)
        };
        assert_eq!(of(0), (0, 16_000));
        // After two failures in a row, Meta may be the cause after all.
        assert_eq!(of(1), (2_000, 16_000));
    }

    #[test]
    fn waits_as_long_as_meta_asks_also_after_a_success() {
        let throttled = Verdict::Throttled { refusal: Refusal::default() };
        assert_eq!(decided(Attempt::default(), throttled, 90_000).dataset_waits_millis, 90_000);
        let after = decided(Attempt::default(), Verdict::Accepted, 60_000);
        assert_eq!((after.fate, after.dataset_waits_millis), (Fate::Delivered, 60_000));
    }

    #[test]
    fn patience_and_a_bad_token_say_nothing_about_the_events() {
        for verdict in [
            Verdict::Throttled { refusal: Refusal::default() },
            Verdict::Stop { refusal: Refusal::default() },
        ] {
            let attempt =
                Attempt { events: 1, tries: 99, others_taken: true, ..Attempt::default() };
            assert_eq!(decided(attempt, verdict, 0).fate, Fate::Kept);
        }
    }

    #[test]
    fn a_policy_block_is_not_tried_again_soon() {
        let refusal = Refusal { code: 368, ..Refusal::default() };
        let outcome = decided(Attempt::default(), Verdict::Throttled { refusal }, 0);
        assert_eq!(outcome.dataset_waits_millis, 900_000);
    }

    #[test]
    fn one_bad_event_of_many_is_looked_for_and_alone_it_is_set_aside() {
        let of = |events| {
            let verdict = Verdict::BadEvent { refusal: Refusal::default() };
            decided(Attempt { events, ..Attempt::default() }, verdict, 0).fate
        };
        assert_eq!([of(2), of(1)], [Fate::Halved, Fate::Quarantined]);
    }
}
