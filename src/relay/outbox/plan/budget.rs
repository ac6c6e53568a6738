//! Limits the rate of retries: each request spends one from a budget, which refills with time.

/// The maximum number of retries in one burst.
const MOST: u32 = 600;
/// The time in which the budget gains one request, in milliseconds: ten requests a second.
const ONE_EVERY_MILLIS: u64 = 100;

/// The number of retries that may still be made. Finding the bad events of a batch takes many
/// requests. The budget leaves room for new events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    left: u32,
    since_millis: u64,
}

impl Budget {
    pub(super) fn full(now_millis: u64) -> Self {
        Self { left: MOST, since_millis: now_millis }
    }

    /// Returns the time of the next permitted request, Unix milliseconds.
    pub(super) fn next_millis(&self, now_millis: u64) -> u64 {
        if self.refilled(now_millis).left > 0 {
            now_millis
        } else {
            self.since_millis.saturating_add(ONE_EVERY_MILLIS)
        }
    }

    /// Spends one request. Returns false if none is left.
    pub(super) fn spend(&mut self, now_millis: u64) -> bool {
        *self = self.refilled(now_millis);
        let is_left = self.left > 0;
        self.left -= u32::from(is_left);
        is_left
    }

    fn refilled(self, now_millis: u64) -> Self {
        // If the clock went back, refilling starts at the new time.
        let Some(passed) = now_millis.checked_sub(self.since_millis) else {
            return Self { since_millis: now_millis, ..self };
        };
        let back = passed / ONE_EVERY_MILLIS;
        let left = u64::from(self.left) + back;
        if left >= u64::from(MOST) {
            return Self::full(now_millis);
        }
        Self {
            left: u32::try_from(left).unwrap_or(MOST),
            since_millis: self.since_millis + back * ONE_EVERY_MILLIS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_spent_and_comes_back() {
        let mut budget = Budget::full(1_000);
        assert!((0..MOST).all(|_| budget.spend(1_000)));
        assert!(!budget.spend(1_099));
        assert_eq!(budget.next_millis(1_099), 1_100);
        assert!(budget.spend(1_100) && !budget.spend(1_100));
        assert!(!budget.spend(500), "a clock that went back gives nothing");
        assert!((0..MOST).all(|_| budget.spend(10_000_000)));
    }
}
