//! The limit on what one address may ask.

use serde::Deserialize;

/// The limit per address: so many at once, and so many a second after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RateLimit {
    /// Requests a second that an address may keep up. 0: no limit.
    pub per_second: u32,
    /// Requests that it may make at once.
    pub burst: u32,
}

impl Default for RateLimit {
    /// Far more than a visitor's page makes, also behind an address that an office shares.
    fn default() -> Self {
        Self { per_second: 20, burst: 200 }
    }
}
