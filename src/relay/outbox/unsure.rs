//! Remembers the rows with page events that Meta may not have, because their batch failed.

use serde::{Deserialize, Serialize};

/// The maximum number of ranges. Above it, the two nearest become one.
const MAX_RANGES: usize = 64;

/// Ranges of row numbers in ascending order, both ends included.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsure(Vec<(u64, u64)>);

impl Unsure {
    /// Adds the rows from `from` to `until`.
    pub fn add(&mut self, from: u64, until: u64) {
        self.0.push((from, until));
        self.0.sort_unstable();
        let mut ranges: Vec<(u64, u64)> = Vec::with_capacity(self.0.len());
        for &(from, until) in &self.0 {
            match ranges.last_mut() {
                Some(last) if from <= last.1.saturating_add(1) => last.1 = last.1.max(until),
                _ => ranges.push((from, until)),
            }
        }
        if ranges.len() > MAX_RANGES {
            let gaps = ranges.windows(2).map(|pair| pair[1].0 - pair[0].1);
            if let Some((at, _)) = gaps.enumerate().min_by_key(|(_, gap)| *gap) {
                let (_, until) = ranges.remove(at + 1);
                ranges[at].1 = until;
            }
        }
        self.0 = ranges;
    }

    /// Returns true if a row is in one of the ranges.
    #[must_use]
    pub fn has(&self, seq: u64) -> bool {
        self.0.iter().any(|&(from, until)| from <= seq && seq <= until)
    }

    /// Forgets the rows before `seq`, which the outbox no longer has.
    pub fn forget_before(&mut self, seq: u64) {
        self.0.retain(|&(_, until)| until >= seq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_touch_become_one() {
        let mut unsure = Unsure::default();
        for (from, until) in [(10, 12), (1, 2), (13, 20), (2, 4)] {
            unsure.add(from, until);
        }
        assert_eq!(unsure, Unsure(vec![(1, 4), (10, 20)]));
        assert!(unsure.has(1) && unsure.has(20) && !unsure.has(5) && !unsure.has(21));
        unsure.forget_before(5);
        assert_eq!(unsure, Unsure(vec![(10, 20)]));
    }

    #[test]
    fn no_row_is_forgotten_when_there_are_too_many_ranges() {
        let mut unsure = Unsure::default();
        (0..1_000).for_each(|number| unsure.add(number * 10, number * 10 + 1));
        assert!(unsure.0.len() <= MAX_RANGES);
        assert!((0..1_000).all(|number| unsure.has(number * 10) && unsure.has(number * 10 + 1)));
    }
}
