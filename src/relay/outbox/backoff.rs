//! Computes the delay before the next try of a request that failed.

/// The longest delay if `attempts` is 0, in milliseconds.
const FIRST_MILLIS: u64 = 1_000;

/// Returns the delay before the next try, in milliseconds. The delay is at most one second if
/// `attempts` is 0. It doubles with each attempt, up to `at_most_seconds`. Its upper half is
/// random, so that many workers do not retry at the same moment. `entropy` is any random number.
#[must_use]
pub fn retry_delay_millis(attempts: u32, at_most_seconds: u32, entropy: u32) -> u64 {
    let most = u64::from(at_most_seconds.max(1)) * 1_000;
    let full = FIRST_MILLIS.saturating_mul(1_u64 << attempts.min(32)).min(most);
    let half = full / 2;
    // The longest delay that can be configured is 136 years. The product does not fit into 64 bits.
    let by_chance = u128::from(half) * u128::from(entropy) / u128::from(u32::MAX);
    half + u64::try_from(by_chance).unwrap_or(half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_from_a_second_to_the_most() {
        let waits: Vec<u64> = [0, 1, 2, 3, 20, u32::MAX]
            .map(|attempts| retry_delay_millis(attempts, 300, u32::MAX))
            .to_vec();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 300_000, 300_000]);
    }

    #[test]
    fn chance_takes_away_at_most_half() {
        assert_eq!(retry_delay_millis(3, 300, 0), 4_000);
        assert_eq!(retry_delay_millis(3, 300, u32::MAX / 2), 5_999);
    }

    #[test]
    fn the_longest_wait_that_can_be_configured_is_no_more_than_that() {
        let wait = retry_delay_millis(u32::MAX, u32::MAX, u32::MAX);
        assert_eq!(wait, u64::from(u32::MAX) * 1_000);
    }
}
