//! Keeps the admitted requests whose bodies are being read.

use std::collections::BTreeMap;

use super::admission::Admitted;
use crate::relay::config::Config;

/// The time that a request may stay after its `bodyTimeoutMillis`, in milliseconds. The host's
/// timer may fire late.
const GRACE_MILLIS: u64 = 5_000;
/// The minimum time between two searches for old requests, in milliseconds.
const FORGET_EVERY_MILLIS: u64 = 1_000;

/// The requests whose bodies are being read, each by its number.
#[derive(Default)]
pub struct AdmittedRequests {
    requests: BTreeMap<u64, Waiting>,
    forgot_millis: u64,
}

/// A request, and the time at which it was admitted, in Unix milliseconds.
struct Waiting {
    admitted: Admitted,
    since_millis: u64,
}

impl AdmittedRequests {
    /// Adds a request.
    pub fn insert(&mut self, number: u64, admitted: Admitted, now_millis: u64) {
        self.requests.insert(number, Waiting { admitted, since_millis: now_millis });
    }

    /// Returns a request.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&Admitted> {
        self.requests.get(&number).map(|waiting| &waiting.admitted)
    }

    /// Returns a request that may be changed.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Admitted> {
        self.requests.get_mut(&number).map(|waiting| &mut waiting.admitted)
    }

    /// Removes a request and returns it.
    pub fn remove(&mut self, number: u64) -> Option<Admitted> {
        self.requests.remove(&number).map(|waiting| waiting.admitted)
    }

    /// Removes the requests whose bodies should have arrived some seconds ago, and gives their
    /// memory back. A host may end a request without running its cleanup code, such as workerd when
    /// the client resets the connection. A request that still runs is admitted again by its head.
    pub fn forget_old(&mut self, config: &Config, now_millis: u64) {
        if now_millis.abs_diff(self.forgot_millis) < FORGET_EVERY_MILLIS {
            return;
        }
        self.forgot_millis = now_millis;
        let max_millis = u64::from(config.body_timeout_millis) + GRACE_MILLIS;
        // A clock that went back makes a request old, too. Otherwise it could stay for years.
        self.requests.retain(|_, waiting| now_millis.abs_diff(waiting.since_millis) <= max_millis);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay::door::{Admission, Door, DoorSecrets, Head, Moment, Place};

    const NOW: u64 = 1_790_000_000_000;

    /// Admits a call whose key is in its body, with 400 bytes that stay in memory.
    fn admit(door: &mut Door, config: &Config) -> Option<Admitted> {
        let secrets = DoorSecrets::default();
        let (entropy, now_millis) = (&mut || Some([7; 16]), NOW);
        let mut moment = Moment { config, secrets: &secrets, now_millis, entropy };
        let url = format!("https://bridge.example/v26.0/1/events?{}", "x".repeat(400));
        let place = Place::default();
        let head = Head { method: "POST", url: &url, header: &|_| None, peer: None, place };
        match door.admit(&mut moment, &head).unwrap() {
            Admission::Admitted(admitted) => Some(*admitted),
            _ => None,
        }
    }

    fn config() -> Config {
        let text = r#"{"datasets":["1"],"allowedOrigins":[],"maxBodyBytesInFlight":2000,"bodyTimeoutMillis":10000}"#;
        Config::read(text).unwrap()
    }

    /// Fills the memory that senders without a proof may have.
    fn full(door: &mut Door, config: &Config) -> AdmittedRequests {
        let mut requests = AdmittedRequests::default();
        for number in 0..2 {
            requests.insert(number, admit(door, config).unwrap(), NOW);
        }
        assert!(admit(door, config).is_none());
        requests
    }

    #[test]
    fn a_request_that_the_host_lost_gives_its_memory_back() {
        let (mut door, config) = (Door::default(), config());
        let mut requests = full(&mut door, &config);
        requests.forget_old(&config, NOW + 15_000);
        assert!(requests.get(0).is_some() && admit(&mut door, &config).is_none());
        requests.forget_old(&config, NOW + 16_000);
        assert!(requests.get(0).is_none() && admit(&mut door, &config).is_some());
    }

    #[test]
    fn a_clock_that_went_back_keeps_no_request_for_good() {
        let (mut door, config) = (Door::default(), config());
        let mut requests = full(&mut door, &config);
        requests.forget_old(&config, NOW - 86_400_000);
        assert!(admit(&mut door, &config).is_some());
    }
}
