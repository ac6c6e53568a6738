//! Counts refusals by reason, for the operator: in status, in Prometheus and in the log.

use std::collections::BTreeMap;

/// The minimum time between two log lines of one reason, in milliseconds. The first is logged at
/// once.
const LOG_EVERY_MILLIS: u64 = 60_000;

/// The counts of refused requests and events. A reason is the code of a problem, and never a part
/// of a request.
#[derive(Debug, Default)]
pub struct Refusals {
    counts: BTreeMap<&'static str, u64>,
    log: BTreeMap<&'static str, Logged>,
}

/// The state of a reason in the log.
#[derive(Debug, Default)]
struct Logged {
    unsaid: u64,
    next_millis: u64,
}

impl Refusals {
    /// Counts requests or events that were refused for a reason.
    pub fn count(&mut self, reason: &'static str, amount: u64) {
        let add = |count: &mut u64| *count = count.saturating_add(amount);
        add(self.counts.entry(reason).or_default());
        add(&mut self.log.entry(reason).or_default().unsaid);
    }

    /// Returns the lines to log now: reasons, each with its count since its last line.
    pub fn lines(&mut self, now_millis: u64) -> Vec<(&'static str, u64)> {
        let mut lines = Vec::new();
        for (reason, logged) in &mut self.log {
            // A clock that went back does not silence a reason for longer than usual.
            let is_due = now_millis >= logged.next_millis
                || logged.next_millis > now_millis.saturating_add(LOG_EVERY_MILLIS);
            if logged.unsaid > 0 && is_due {
                lines.push((*reason, std::mem::take(&mut logged.unsaid)));
                logged.next_millis = now_millis.saturating_add(LOG_EVERY_MILLIS);
            }
        }
        lines
    }

    /// Returns the counts that were not yet handed on.
    #[must_use]
    pub fn pending(&self) -> &BTreeMap<&'static str, u64> {
        &self.counts
    }

    /// Returns the counts and sets them to nothing.
    pub fn take(&mut self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut self.counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000_000;

    #[test]
    fn a_reason_is_logged_at_once_and_then_once_a_minute_with_its_count() {
        let mut refusals = Refusals::default();
        refusals.count("origin_not_allowed", 1);
        assert_eq!(refusals.lines(NOW), [("origin_not_allowed", 1)]);
        for second in 1..60 {
            refusals.count("origin_not_allowed", 2);
            assert_eq!(refusals.lines(NOW + second * 1_000), []);
        }
        refusals.count("body_too_large", 1);
        assert_eq!(refusals.lines(NOW + 59_999), [("body_too_large", 1)]);
        assert_eq!(refusals.lines(NOW + 60_000), [("origin_not_allowed", 118)]);
        assert_eq!(refusals.lines(NOW + 120_000), []);
    }

    #[test]
    fn counts_are_handed_on_once() {
        let mut refusals = Refusals::default();
        refusals.count("missing_value", 3);
        refusals.count("missing_value", 1);
        assert_eq!(refusals.pending()["missing_value"], 4);
        assert_eq!(refusals.take(), BTreeMap::from([("missing_value", 4)]));
        assert!(refusals.take().is_empty());
    }
}
