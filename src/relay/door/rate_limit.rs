//! Counts the use of each address against its limits.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::relay::config::{Allowance, Budget, RateLimit};

/// The maximum number of addresses and networks in the table. That many take about 1.5 MB.
const MAX_NETWORKS: usize = 20_000;
/// The minimum number of networks that are removed when the table is full. Otherwise a flood of new
/// addresses would search the whole table for each one.
const FREED_AT_ONCE: usize = MAX_NETWORKS / 8;
/// The maximum wait for a limit, in seconds.
const MAX_WAIT_SECONDS: u64 = 60;
const NANOS_PER_SECOND: u64 = 1_000_000_000;
/// The maximum duration, in nanoseconds: 100 years. A time and two such durations add up without an
/// overflow.
const MAX_NANOS: u64 = 100 * 366 * 86_400 * NANOS_PER_SECOND;

/// Counts the recent use of each address. The counts are in one worker's memory, so two workers
/// together allow twice as much.
#[derive(Debug, Default)]
pub struct RateLimiter {
    used: BTreeMap<Network, Used>,
}

/// The times at which a network has its full bursts again, in nanoseconds, by [`Budget`]. (The
/// "theoretical arrival time" of the generic cell rate algorithm.)
type Used = [u64; 4];

/// An IPv4 address, or an IPv6 network by the length of its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Network {
    prefix_bits: u8,
    prefix: u64,
}

impl RateLimiter {
    /// Checks that an address has something left of a budget. Uses nothing.
    ///
    /// # Errors
    /// Returns the seconds after which something is left.
    pub fn check(
        &self,
        limit: &RateLimit,
        address: IpAddr,
        budget: Budget,
        now_millis: u64,
    ) -> Result<(), u64> {
        let Some(allowance) = limit.allowance(budget) else { return Ok(()) };
        let waits = networks(limit, address).filter_map(|(network, factor)| {
            let rate = Rate::of(allowance, factor, now_millis);
            let used = self.used.get(&network).map_or(0, |used| used[budget as usize]);
            rate.wait_after(rate.after(used, 1))
        });
        waits.max().map_or(Ok(()), Err)
    }

    /// Charges an amount to a budget of an address. If the amount is more than is left, the address
    /// has to wait, but about a minute at most.
    pub fn charge(
        &mut self,
        limit: &RateLimit,
        address: IpAddr,
        budget: Budget,
        amount: u64,
        now_millis: u64,
    ) {
        let Some(allowance) = limit.allowance(budget) else { return };
        if amount == 0 {
            return;
        }
        for (network, factor) in networks(limit, address) {
            let rate = Rate::of(allowance, factor, now_millis);
            if self.used.len() >= MAX_NETWORKS && !self.used.contains_key(&network) {
                self.make_room(rate.now);
            }
            let used = self.used.entry(network).or_default();
            let full_at = &mut used[budget as usize];
            *full_at = rate.after(*full_at, amount).min(rate.last());
        }
    }

    /// Removes the networks that have their full bursts again. If those are too few, also removes
    /// the ones that will have them soonest. The networks that sent most stay.
    fn make_room(&mut self, now: u64) {
        let load = |used: &Used| used.iter().copied().max().unwrap_or(0);
        self.used.retain(|_, used| load(used) > now);
        let excess = (self.used.len() + FREED_AT_ONCE).saturating_sub(MAX_NETWORKS);
        if excess == 0 {
            return;
        }
        let mut loads: Vec<(u64, Network)> =
            self.used.iter().map(|(network, used)| (load(used), *network)).collect();
        loads.select_nth_unstable(excess - 1);
        for (_, network) in loads.into_iter().take(excess) {
            self.used.remove(&network);
        }
    }
}

/// Returns the networks that an address counts for, each with the factor of its limits. An IPv4
/// address counts for itself. An IPv6 address counts for its /64, which is the least that a
/// household gets, and for its /48, which is the network of a hosting company's customer.
fn networks(limit: &RateLimit, address: IpAddr) -> impl Iterator<Item = (Network, u32)> + use<> {
    let (own, wider) = match address {
        IpAddr::V4(v4) => (Network { prefix_bits: 32, prefix: v4.to_bits().into() }, None),
        IpAddr::V6(v6) => {
            let high = u64::try_from(v6.to_bits() >> 64).unwrap_or_default();
            let wider = Network { prefix_bits: 48, prefix: high >> 16 };
            (Network { prefix_bits: 64, prefix: high }, Some((wider, limit.ipv6_network_factor)))
        }
    };
    std::iter::once((own, 1)).chain(wider)
}

/// An allowance at a moment, in nanoseconds.
struct Rate {
    now: u64,
    latest: u64,
    allowance: Allowance,
    factor: u32,
}

impl Rate {
    fn of(allowance: Allowance, factor: u32, now_millis: u64) -> Self {
        // Caps the time, so that the sums below do not overflow if a clock is wrong.
        let now = now_millis.min(u64::MAX / 4_000_000) * 1_000_000;
        let mut rate = Self { now, latest: now, allowance, factor };
        // The factor multiplies the burst and the rate, so the time that a burst takes is the same.
        rate.latest = now + rate.nanos(u64::from(allowance.burst) * u64::from(factor));
        rate
    }

    /// Returns the nanoseconds that an amount takes at this rate.
    fn nanos(&self, amount: u64) -> u64 {
        let rate = u128::from(self.allowance.amount) * u128::from(self.factor.max(1));
        let period = u128::from(self.allowance.period_seconds) * u128::from(NANOS_PER_SECOND);
        let nanos = (u128::from(amount) * period).checked_div(rate).unwrap_or(0);
        u64::try_from(nanos).unwrap_or(u64::MAX).min(MAX_NANOS)
    }

    /// Returns the latest time that is stored. Without this cap, an address would stay blocked
    /// after a clock was set back.
    fn last(&self) -> u64 {
        self.latest + MAX_WAIT_SECONDS * NANOS_PER_SECOND
    }

    fn after(&self, full_at: u64, amount: u64) -> u64 {
        full_at.clamp(self.now, self.last()) + self.nanos(amount)
    }

    /// Returns the seconds until a time is within the burst; `None` when it is.
    fn wait_after(&self, after: u64) -> Option<u64> {
        (after > self.latest).then(|| (after - self.latest).div_ceil(NANOS_PER_SECOND))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000_000;

    fn limit() -> RateLimit {
        RateLimit { per_second: 2, burst: 4, ..RateLimit::default() }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    /// Charges one request if there is one left.
    fn take(limiter: &mut RateLimiter, address: &str, now: u64) -> Result<(), u64> {
        limiter.check(&limit(), ip(address), Budget::Requests, now)?;
        limiter.charge(&limit(), ip(address), Budget::Requests, 1, now);
        Ok(())
    }

    #[test]
    fn an_address_has_its_burst_and_then_so_many_a_second() {
        let mut limiter = RateLimiter::default();
        let mut take = |millis| take(&mut limiter, "8.8.4.4", NOW + millis);
        assert!((0..4).all(|_| take(0).is_ok()));
        assert_eq!(take(0), Err(1));
        assert_eq!(take(499), Err(1));
        assert_eq!(take(500), Ok(()));
        assert_eq!(take(500), Err(1));
        assert!((0..4).all(|_| take(60_000).is_ok()));
    }

    #[test]
    fn each_budget_is_counted_by_itself() {
        let mut limiter = RateLimiter::default();
        let (limit, address) = (RateLimit::default(), ip("8.8.4.4"));
        limiter.charge(&limit, address, Budget::Events, 999, NOW);
        assert_eq!(limiter.check(&limit, address, Budget::Events, NOW), Ok(()));
        limiter.charge(&limit, address, Budget::Events, 1, NOW);
        assert_eq!(limiter.check(&limit, address, Budget::Events, NOW), Err(1));
        assert_eq!(limiter.check(&limit, address, Budget::Requests, NOW), Ok(()));
        // A second later there are two hundred again.
        assert_eq!(limiter.check(&limit, address, Budget::Events, NOW + 1_000), Ok(()));
        limiter.charge(&limit, address, Budget::Events, 200, NOW + 1_000);
        assert_eq!(limiter.check(&limit, address, Budget::Events, NOW + 1_000), Err(1));
        limiter.charge(&limit, address, Budget::Bytes, 4_096_000, NOW);
        assert_eq!(limiter.check(&limit, address, Budget::Bytes, NOW), Err(1));
        limiter.charge(&limit, address, Budget::WrongKeys, 10, NOW);
        assert_eq!(limiter.check(&limit, address, Budget::WrongKeys, NOW), Err(1));
        assert_eq!(limiter.check(&limit, address, Budget::Requests, NOW), Ok(()));
    }

    #[test]
    fn one_address_does_not_use_up_anothers() {
        let mut limiter = RateLimiter::default();
        for address in ["8.8.4.4", "2606:4700::1"] {
            assert!((0..4).all(|_| take(&mut limiter, address, NOW).is_ok()));
        }
        assert_eq!(take(&mut limiter, "8.8.4.5", NOW), Ok(()));
        // The same household, and its neighbour.
        assert_eq!(take(&mut limiter, "2606:4700::2", NOW), Err(1));
        assert_eq!(take(&mut limiter, "2606:4700:0:1::2", NOW), Ok(()));
    }

    #[test]
    fn a_network_of_many_households_has_a_limit_of_its_own() {
        let mut limiter = RateLimiter::default();
        let taken = (0..200_u16)
            .filter(|house| take(&mut limiter, &format!("2606:4700:0:{house:x}::1"), NOW).is_ok())
            .count();
        assert_eq!(taken, 4 * 8);
        assert_eq!(take(&mut limiter, "2606:4700:1::1", NOW), Ok(()));
    }

    #[test]
    fn what_costs_more_than_is_left_is_waited_for_a_minute_at_the_most() {
        let mut limiter = RateLimiter::default();
        let (limit, address) = (limit(), ip("8.8.4.4"));
        limiter.charge(&limit, address, Budget::Requests, 20, NOW);
        assert_eq!(limiter.check(&limit, address, Budget::Requests, NOW), Err(9));
        limiter.charge(&limit, address, Budget::Requests, u64::MAX, NOW);
        assert_eq!(limiter.check(&limit, address, Budget::Requests, NOW), Err(61));
    }

    #[test]
    fn a_clock_far_ahead_and_back_again_is_no_trap_and_blocks_nobody_for_good() {
        let mut limiter = RateLimiter::default();
        let (limit, address) = (limit(), ip("8.8.4.4"));
        for _ in 0..4 {
            limiter.charge(&limit, address, Budget::Requests, 1, u64::MAX);
        }
        assert_eq!(limiter.check(&limit, address, Budget::Requests, u64::MAX), Err(1));
        assert_eq!(limiter.check(&limit, address, Budget::Requests, NOW), Err(61));
        assert_eq!(limiter.check(&limit, address, Budget::Requests, u64::MAX - 1), Err(1));
    }

    #[test]
    fn a_full_table_forgets_those_who_sent_least_and_never_all() {
        let mut limiter = RateLimiter::default();
        let (limit, flooder) = (limit(), ip("9.9.9.9"));
        limiter.charge(&limit, flooder, Budget::Requests, 20, NOW);
        for address in 0..100_000_u32 {
            limiter.charge(&limit, IpAddr::V4(address.into()), Budget::Requests, 1, NOW);
            assert!(limiter.used.len() <= MAX_NETWORKS);
        }
        assert_eq!(limiter.check(&limit, flooder, Budget::Requests, NOW), Err(9));
        assert!(limiter.used.len() > MAX_NETWORKS / 2);
    }

    #[test]
    fn a_forty_eight_full_of_households_does_not_empty_the_table() {
        let mut limiter = RateLimiter::default();
        let mut requests = 0_u32;
        limiter.charge(&limit(), ip("9.9.9.9"), Budget::Requests, 20, NOW);
        for house in 0..=u16::MAX {
            if take(&mut limiter, &format!("2606:4700:0:{house:x}::1"), NOW).is_ok() {
                requests += 1;
            }
        }
        assert_eq!(requests, 4 * 8);
        assert_eq!(take(&mut limiter, "9.9.9.9", NOW), Err(9));
    }

    #[test]
    fn a_slow_rate_has_its_whole_burst() {
        let mut limiter = RateLimiter::default();
        let limit = RateLimit {
            bytes_per_second: Some(1),
            bytes_burst: Some(200_000),
            ..RateLimit::default()
        };
        limiter.charge(&limit, ip("8.8.4.4"), Budget::Bytes, 180_000, NOW);
        assert_eq!(limiter.check(&limit, ip("8.8.4.4"), Budget::Bytes, NOW), Ok(()));
        limiter.charge(&limit, ip("8.8.4.4"), Budget::Bytes, 20_000, NOW);
        assert!(limiter.check(&limit, ip("8.8.4.4"), Budget::Bytes, NOW).is_err());
    }

    #[test]
    fn no_limit_is_no_limit() {
        let mut limiter = RateLimiter::default();
        let none = RateLimit { per_second: 0, burst: 0, ..RateLimit::default() };
        for _ in 0..100 {
            limiter.charge(&none, ip("8.8.4.4"), Budget::Requests, 1, NOW);
        }
        assert!(limiter.check(&none, ip("8.8.4.4"), Budget::Requests, NOW).is_ok());
        assert!(limiter.used.is_empty());
    }
}
