//! How much one address may ask of a worker.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

use crate::relay::config::RateLimit;

/// More addresses than a worker sees in a burst; beyond them the limit forgets rather than grows.
const MOST_ADDRESSES: usize = 20_000;
const MICROS_PER_SECOND: u64 = 1_000_000;

/// What was asked of late, by address. Kept by one worker in its memory: many workers allow as many
/// times as much.
#[derive(Debug, Default)]
pub struct RateLimiter {
    /// When each address will have all of its burst again, in microseconds (the "theoretical arrival
    /// time" of the generic cell rate algorithm).
    full_at: BTreeMap<IpAddr, u64>,
}

impl RateLimiter {
    /// Whether an address has a request left; takes none.
    ///
    /// # Errors
    /// After how many seconds to come again, when it has none left.
    pub fn check(&self, limit: RateLimit, address: IpAddr, now_millis: u64) -> Result<(), u64> {
        let Some(rate) = Rate::of(limit, now_millis) else { return Ok(()) };
        let full_at = self.full_at.get(&network(address)).copied().unwrap_or(0);
        rate.within(rate.after(full_at, 1))
    }

    /// Takes one request off what an address has left.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn take(&mut self, limit: RateLimit, address: IpAddr, now_millis: u64) -> Result<(), u64> {
        self.check(limit, address, now_millis)?;
        self.charge(limit, address, 1, now_millis);
        Ok(())
    }

    /// Takes more than an address may have: it waits until that is paid, a minute at the most.
    pub fn charge(&mut self, limit: RateLimit, address: IpAddr, cost: u32, now_millis: u64) {
        let Some(rate) = Rate::of(limit, now_millis) else { return };
        if self.full_at.len() >= MOST_ADDRESSES {
            self.full_at.retain(|_, full_at| *full_at > rate.now);
            if self.full_at.len() >= MOST_ADDRESSES {
                self.full_at.clear();
            }
        }
        let full_at = self.full_at.entry(network(address)).or_insert(rate.now);
        *full_at = rate.after(*full_at, cost).min(rate.latest + 60 * MICROS_PER_SECOND);
    }
}

/// A limit at a moment, in microseconds.
struct Rate {
    now: u64,
    interval: u64,
    latest: u64,
}

impl Rate {
    fn of(limit: RateLimit, now_millis: u64) -> Option<Self> {
        let interval = MICROS_PER_SECOND.checked_div(u64::from(limit.per_second))?;
        // Far from the end of time, whatever a clock says.
        let now = now_millis.min(u64::MAX / 4_000) * 1_000;
        Some(Self { now, interval, latest: now + interval * u64::from(limit.burst) })
    }

    fn after(&self, full_at: u64, cost: u32) -> u64 {
        full_at.max(self.now) + self.interval * u64::from(cost)
    }

    fn within(&self, after: u64) -> Result<(), u64> {
        if after > self.latest {
            return Err((after - self.latest).div_ceil(MICROS_PER_SECOND));
        }
        Ok(())
    }
}

/// One customer of a provider: with IPv6, the 64 bits that a household has at least.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: RateLimit = RateLimit { per_second: 2, burst: 4 };
    const NOW: u64 = 1_790_000_000_000;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_its_burst_and_then_so_many_a_second() {
        let mut limiter = RateLimiter::default();
        let mut take = |millis| limiter.take(LIMIT, ip("8.8.4.4"), NOW + millis);
        assert!((0..4).all(|_| take(0).is_ok()));
        assert_eq!(take(0), Err(1));
        assert_eq!(take(499), Err(1));
        assert_eq!(take(500), Ok(()));
        assert_eq!(take(500), Err(1));
        assert!((0..4).all(|_| take(60_000).is_ok()));
    }

    #[test]
    fn one_address_does_not_use_up_anothers() {
        let mut limiter = RateLimiter::default();
        limiter.charge(LIMIT, ip("8.8.4.4"), 4, NOW);
        limiter.charge(LIMIT, ip("2606:4700::1"), 4, NOW);
        assert_eq!(limiter.check(LIMIT, ip("8.8.4.5"), NOW), Ok(()));
        // The same household.
        assert_eq!(limiter.check(LIMIT, ip("2606:4700::2"), NOW), Err(1));
        assert_eq!(limiter.check(LIMIT, ip("2606:4700:0:1::2"), NOW), Ok(()));
    }

    #[test]
    fn what_costs_more_than_is_left_is_waited_for_a_minute_at_the_most() {
        let mut limiter = RateLimiter::default();
        limiter.charge(LIMIT, ip("8.8.4.4"), 20, NOW);
        assert_eq!(limiter.check(LIMIT, ip("8.8.4.4"), NOW), Err(9));
        limiter.charge(LIMIT, ip("8.8.4.4"), u32::MAX, NOW);
        assert_eq!(limiter.check(LIMIT, ip("8.8.4.4"), NOW), Err(61));
    }

    #[test]
    fn no_limit_is_no_limit_and_memory_is_bounded() {
        let mut limiter = RateLimiter::default();
        let none = RateLimit { per_second: 0, burst: 0 };
        assert!((0..100).all(|_| limiter.take(none, ip("8.8.4.4"), NOW).is_ok()));
        for address in 0..50_000_u32 {
            let _ = limiter.take(LIMIT, IpAddr::V4(address.into()), NOW);
        }
        assert!(limiter.full_at.len() <= MOST_ADDRESSES);
    }
}
