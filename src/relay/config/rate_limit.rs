//! The limits on one address: requests, events, bytes and wrong keys.

use serde::Deserialize;

use super::ConfigError;

/// The default number of requests a second, and below it at once. Carrier networks share an address
/// between thousands of visitors, so this is far more than one page sends.
const DEFAULT_PER_SECOND: u32 = 200;
const DEFAULT_BURST: u32 = 1_000;
/// The default number of bytes for each event of `eventsPerSecond`, and below it of `eventsBurst`.
/// An ordinary event has 500 to 2,000.
const BYTES_PER_EVENT: u32 = 2_560;
const BYTES_PER_EVENT_AT_ONCE: u32 = 4_096;
/// The number of requests that a wrong key counts as, if its own limit is not set.
const REQUESTS_PER_WRONG_KEY: u32 = 20;
const MAX_DEFAULT_WRONG_KEYS_AT_ONCE: u32 = 10;
const MAX_DEFAULT_WRONG_KEYS_PER_MINUTE: u32 = 60;

/// The limits on one address. A server with a right key has none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RateLimit {
    /// Requests a second. Default 200. 0: no limit on requests, and none on events and bytes unless
    /// those are set.
    #[serde(default = "default_per_second")]
    pub per_second: u32,
    /// Requests at once. Default 1000.
    #[serde(default = "default_burst")]
    pub burst: u32,
    /// Events a second. Default 200, or `perSecond` where that is more. 0: no limit.
    #[serde(default)]
    pub events_per_second: Option<u32>,
    /// Events at once. Default 1000, or `burst` where that is more.
    #[serde(default)]
    pub events_burst: Option<u32>,
    /// Bytes of bodies a second. Default 2560 for each of `eventsPerSecond`. 0: no limit.
    #[serde(default)]
    pub bytes_per_second: Option<u32>,
    /// Bytes of bodies at once. Default 4096 for each of `eventsBurst`.
    #[serde(default)]
    pub bytes_burst: Option<u32>,
    /// Wrong keys a minute. Default three times `perSecond`, at most 60. 0: no limit.
    #[serde(default)]
    pub wrong_keys_per_minute: Option<u32>,
    /// Wrong keys at once. Default a twentieth of `burst`, at most 10.
    #[serde(default)]
    pub wrong_keys_burst: Option<u32>,
    /// The factor of these limits for a whole IPv6 /48. Each /64 in it has them once. Default 8.
    #[serde(default = "default_ipv6_network_factor")]
    pub ipv6_network_factor: u32,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self {
            per_second: default_per_second(),
            burst: default_burst(),
            events_per_second: None,
            events_burst: None,
            bytes_per_second: None,
            bytes_burst: None,
            wrong_keys_per_minute: None,
            wrong_keys_burst: None,
            ipv6_network_factor: default_ipv6_network_factor(),
        }
    }
}

/// A limited resource of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// Requests.
    Requests,
    /// Events in bodies, whether accepted or refused.
    Events,
    /// Bytes of bodies.
    Bytes,
    /// Requests with a wrong key, or with none where one is needed.
    WrongKeys,
}

/// An amount in a period, and an amount at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The amount in a period.
    pub amount: u32,
    /// The length of the period, in seconds.
    pub period_seconds: u32,
    /// The amount at once.
    pub burst: u32,
}

impl RateLimit {
    /// Returns the allowance of an address for a budget, or `None` if there is no limit.
    #[must_use]
    pub fn allowance(&self, budget: Budget) -> Option<Allowance> {
        let events = || self.events_per_second.unwrap_or(self.or_default(DEFAULT_PER_SECOND));
        let events_burst = || self.events_burst.unwrap_or(self.burst.max(DEFAULT_BURST));
        let (amount, period_seconds, burst) = match budget {
            Budget::Requests => (self.per_second, 1, self.burst),
            Budget::Events => (events(), 1, events_burst()),
            Budget::Bytes => (
                self.bytes_per_second.unwrap_or(events().saturating_mul(BYTES_PER_EVENT)),
                1,
                self.bytes_burst.unwrap_or(events_burst().saturating_mul(BYTES_PER_EVENT_AT_ONCE)),
            ),
            Budget::WrongKeys => {
                let most = MAX_DEFAULT_WRONG_KEYS_PER_MINUTE;
                let per_minute =
                    (self.per_second.saturating_mul(60) / REQUESTS_PER_WRONG_KEY).min(most);
                let at_once = self.burst / REQUESTS_PER_WRONG_KEY;
                (
                    self.wrong_keys_per_minute.unwrap_or(per_minute),
                    60,
                    self.wrong_keys_burst
                        .unwrap_or(at_once.clamp(1, MAX_DEFAULT_WRONG_KEYS_AT_ONCE)),
                )
            }
        };
        (amount > 0).then_some(Allowance { amount, period_seconds, burst })
    }

    /// Returns `usual`, or `perSecond` if that is more. Returns 0, no limit, if `perSecond` is 0.
    fn or_default(&self, usual: u32) -> u32 {
        if self.per_second == 0 { 0 } else { self.per_second.max(usual) }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let bursts = [
            (self.per_second, Some(self.burst), "rateLimit.burst"),
            (1, self.events_burst, "rateLimit.eventsBurst"),
            (1, self.bytes_burst, "rateLimit.bytesBurst"),
            (1, self.wrong_keys_burst, "rateLimit.wrongKeysBurst"),
            (1, Some(self.ipv6_network_factor), "rateLimit.ipv6NetworkFactor"),
        ];
        for (rate, burst, path) in bursts {
            if rate > 0 && burst == Some(0) {
                return Err(ConfigError::new(path, "expected at least 1"));
            }
        }
        Ok(())
    }
}

fn default_per_second() -> u32 {
    DEFAULT_PER_SECOND
}
fn default_burst() -> u32 {
    DEFAULT_BURST
}
fn default_ipv6_network_factor() -> u32 {
    8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> RateLimit {
        serde_json::from_str(json).unwrap()
    }

    fn numbers(limit: &RateLimit, budget: Budget) -> Option<(u32, u32)> {
        limit.allowance(budget).map(|allowance| (allowance.amount, allowance.burst))
    }

    #[test]
    fn by_default_an_address_has_a_thousand_events_at_once_and_two_hundred_a_second() {
        let limit = RateLimit::default();
        assert_eq!(limit, of("{}"));
        assert_eq!(numbers(&limit, Budget::Requests), Some((200, 1_000)));
        assert_eq!(numbers(&limit, Budget::Events), Some((200, 1_000)));
        assert_eq!(numbers(&limit, Budget::Bytes), Some((512_000, 4_096_000)));
        assert_eq!(numbers(&limit, Budget::WrongKeys), Some((60, 10)));
    }

    #[test]
    fn what_is_not_set_follows_the_requests() {
        let more = of(r#"{"perSecond":500,"burst":5000}"#);
        assert_eq!(numbers(&more, Budget::Events), Some((500, 5_000)));
        let none = of(r#"{"perSecond":0,"burst":0}"#);
        assert!(
            [Budget::Requests, Budget::Events, Budget::Bytes, Budget::WrongKeys]
                .into_iter()
                .all(|budget| none.allowance(budget).is_none())
        );
        let events_alone = of(r#"{"perSecond":0,"eventsPerSecond":7,"eventsBurst":9}"#);
        assert_eq!(numbers(&events_alone, Budget::Events), Some((7, 9)));
    }
}
