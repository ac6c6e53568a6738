//! The clock of the sandbox. Tests can fix the time and move it on.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Response, Sandbox, read};

/// The latest time that can be set: the end of the year 9999, in Unix milliseconds.
const MAX_MILLIS: u64 = 253_402_300_799_999;

/// The time of the sandbox, made from the host's.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Clock {
    /// The time at which it stands, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fixed_millis: Option<u64>,
    /// The time by which it is ahead of the host's, in milliseconds, while it runs.
    #[serde(default)]
    ahead_millis: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    now_millis: Option<u64>,
    advance_seconds: Option<u64>,
}

impl Clock {
    /// Returns the time. `real_millis` is the host's.
    pub(super) fn now(&self, real_millis: u64) -> u64 {
        self.fixed_millis.unwrap_or(real_millis.saturating_add(self.ahead_millis))
    }

    fn set(&mut self, real_millis: u64, wanted: &Wanted) -> Result<(), String> {
        let mut next = self.clone();
        if let Some(now) = wanted.now_millis {
            next.fixed_millis = Some(now);
        }
        let advance_millis = wanted.advance_seconds.unwrap_or_default().saturating_mul(1000);
        match &mut next.fixed_millis {
            Some(fixed) => *fixed = fixed.saturating_add(advance_millis),
            None => next.ahead_millis = next.ahead_millis.saturating_add(advance_millis),
        }
        if next.now(real_millis) > MAX_MILLIS {
            let field = if wanted.now_millis.is_some() { "now_millis" } else { "advance_seconds" };
            return Err(format!("{field}: expected a time before the year 10000."));
        }
        *self = next;
        Ok(())
    }
}

impl Sandbox {
    pub(super) fn set_clock(&mut self, real_millis: u64, body: &[u8]) -> Response {
        let example = "{\"now_millis\": 1790000000000} or {\"advance_seconds\": 3600}";
        let set = read::json(body, example).and_then(|wanted: Wanted| {
            if wanted.now_millis.is_none() && wanted.advance_seconds.is_none() {
                return Err(format!("Expected {example}."));
            }
            self.settings.clock.set(real_millis, &wanted)
        });
        match set {
            Err(sentence) => Response::problem(400, &sentence),
            Ok(()) => {
                self.record_settings();
                self.show_clock(real_millis)
            }
        }
    }

    pub(super) fn reset_clock(&mut self, real_millis: u64) -> Response {
        self.settings.clock = Clock::default();
        self.record_settings();
        self.show_clock(real_millis)
    }

    pub(super) fn show_clock(&self, real_millis: u64) -> Response {
        let clock = &self.settings.clock;
        let shown = json!({
            "now_millis": clock.now(real_millis),
            "is_fixed": clock.fixed_millis.is_some(),
            "ahead_seconds": clock.ahead_millis / 1000,
        });
        Response::json(200, &shown)
    }
}
