//! The operator's configuration: what can be set, and what follows from it.

mod client_ip;
mod documents;
mod error;
mod hold;
mod limits;
mod rate_limit;
mod reading;
mod secrets;
mod segment;
mod spelling;
mod trusted_headers;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::sources::mapping::{Source, Table};

pub use client_ip::{ClientIp, HopsHeaderName};
pub use documents::{
    ConsentCookie, Cookies, Documents, Origin, Script, ScriptConsent, ScriptPixel, ScriptPrivacy,
};
pub use error::ConfigError;
pub use hold::{Held, Hold};
pub use limits::{MAX_BYTES_PER_REQUEST, MAX_EVENT_BYTES, MAX_EVENTS_PER_REQUEST};
pub use rate_limit::{Allowance, Budget, RateLimit};
pub(super) use reading::is_origin;
pub use secrets::SecretUse;
pub use segment::{EventIdOf, SegmentPage, SegmentSettings, TraitsOfPages};
pub use spelling::nearest;

/// Alarms of a quiet site fall together on this grid: a row is written for each.
const DEFAULT_ALARM_GRID_SECONDS: u64 = 15;
pub use trusted_headers::TrustedHeaders;
pub(super) use trusted_headers::{is_forwarded, is_method_override, is_of_cloudflare};

/// What an operator sets. Tokens are secrets and live apart from it.
///
/// ```
/// use capi_bridge::relay::Config;
///
/// let config = Config::read(r#"{
///     "datasets": ["1234567890"],
///     "allowedOrigins": ["https://shop.example"]
/// }"#).unwrap();
/// assert_eq!(config.graph_version, "v27.0");
///
/// let error = Config::read(r#"{ "datasets": ["1234567890"], "allowdOrigins": [] }"#).unwrap_err();
/// assert_eq!(error.path(), "allowdOrigins");
/// assert!(error.to_string().contains("did you mean \"allowedOrigins\"?"));
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// The datasets (pixel ids) that events may go to; the first one is the default.
    pub datasets: Vec<String>,
    /// The origins whose pages may send events, such as `https://shop.example`.
    pub allowed_origins: Vec<String>,
    /// The path below which the worker answers pages. Default `/bridge`.
    #[serde(default = "default_base")]
    pub base: String,
    /// Where the Graph API is. Default `https://graph.facebook.com`.
    #[serde(default = "default_graph_url")]
    pub graph_url: String,
    /// The version of the Graph API. Default `v27.0`, which Meta released on 4 November 2026.
    #[serde(default = "default_graph_version")]
    pub graph_version: String,
    /// Shows the events in Events Manager under Test Events. They count all the same.
    #[serde(default)]
    pub test_event_code: Option<String>,
    /// Which headers say a visitor's address. Default: on Cloudflare its own, elsewhere none but the
    /// connection's own address.
    #[serde(default)]
    pub client_ip: Option<ClientIp>,
    /// How long an event is held in the outbox, so that the other copy arrives in time. A number for every event,
    /// or a number by event name. Default 2 seconds; at most a day.
    #[serde(default)]
    pub hold_seconds: Hold,
    /// The fixed times at which the outbox sends: multiples of so many seconds. Default 15. 0 sends each event as
    /// soon as it is due; so does `holdSeconds` 0.
    #[serde(default)]
    pub alarm_grid_seconds: Option<u32>,
    /// How many bytes the outbox of a dataset may hold. Pages have four fifths of them. Default 8 GB.
    #[serde(default)]
    pub max_backlog_bytes: Option<u64>,
    /// How many events may be in the quarantine of a dataset. The oldest leave it when it is full. Default 10000.
    #[serde(default = "default_max_quarantined_events")]
    pub max_quarantined_events: u32,
    /// How many outboxes share the events of a dataset. Default 1, at most 64.
    #[serde(default = "default_outboxes")]
    pub outboxes: u32,
    /// Where Cloudflare keeps and runs the outboxes. Default: near where an outbox is first needed.
    #[serde(default)]
    pub jurisdiction: Option<Jurisdiction>,
    /// The forwarded headers that a proxy of the operator's overwrites, besides the visitor's address.
    /// Default: none.
    #[serde(default)]
    pub trusted_headers: TrustedHeaders,
    /// How long Meta may take to answer. Default 1500 milliseconds, as Meta recommends.
    #[serde(default = "default_timeout_millis")]
    pub timeout_millis: u32,
    /// The longest wait between two tries, in seconds. Default 300.
    #[serde(default = "default_retry_at_most_seconds")]
    pub retry_at_most_seconds: u32,
    /// The largest body a page may send, in bytes. Default 131072; a browser's beacon has at most 65536.
    #[serde(default = "default_max_body_bytes")]
    pub max_body_bytes: u32,
    /// The largest body a server may send, in bytes. Default 4194304.
    #[serde(default = "default_max_server_body_bytes")]
    pub max_server_body_bytes: u32,
    /// How long a body may take to arrive. Default 10000 milliseconds.
    #[serde(default = "default_body_timeout_millis")]
    pub body_timeout_millis: u32,
    /// How many bytes of bodies the worker holds in memory at a time, of all requests together. Pages may
    /// fill three quarters of it, senders whose key is in the body a half. Default 67108864, 64 MiB:
    /// Cloudflare gives a worker 128 MB.
    #[serde(default = "default_max_body_bytes_in_flight")]
    pub max_body_bytes_in_flight: u32,
    /// The limits on one address. Default 200 requests and 200 events a second, 1000 at once.
    #[serde(default)]
    pub rate_limit: RateLimit,
    /// What happens to a page's events when its browser sends `Sec-GPC: 1`. Default: they are refused.
    #[serde(default)]
    pub global_privacy_control: GlobalPrivacyControl,
    /// Which events of pages have limited data use. Default: those that say so.
    #[serde(default)]
    pub limited_data_use: LimitedDataUse,
    /// How long an event stays in quarantine, in days. Default 30.
    #[serde(default = "default_quarantine_days")]
    pub quarantine_days: u32,
    /// What is done with the documents of a site that the worker stands before. Default: nothing.
    #[serde(default)]
    pub documents: Documents,
    /// Segment's calls.
    #[serde(default)]
    pub segment: SegmentSettings,
    /// What is changed in the tables of other people's events, by source.
    #[serde(default)]
    pub mappings: BTreeMap<Source, Value>,
    #[serde(skip)]
    tables: BTreeMap<Source, Table>,
}

/// What happens to a page's events when its browser sends `Sec-GPC: 1`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GlobalPrivacyControl {
    /// They are refused, and nothing of them is kept.
    #[default]
    Refuse,
    /// They go on, with limited data use.
    Limit,
    /// The header is not looked at.
    Ignore,
}

/// A region that Cloudflare keeps Durable Objects in, by its own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Jurisdiction {
    /// The European Union.
    Eu,
    /// Data centres that FedRAMP has authorised.
    Fedramp,
}

impl Jurisdiction {
    /// Cloudflare's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eu => "eu",
            Self::Fedramp => "fedramp",
        }
    }
}

/// Which events of pages have limited data use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LimitedDataUse {
    /// Those that say so.
    #[default]
    AsSaid,
    /// All that say nothing about it. Meta applies it where it has to, by state.
    Always,
}

fn default_base() -> String {
    "/bridge".to_owned()
}
fn default_graph_url() -> String {
    "https://graph.facebook.com".to_owned()
}
fn default_graph_version() -> String {
    "v27.0".to_owned()
}
fn default_max_quarantined_events() -> u32 {
    10_000
}
fn default_outboxes() -> u32 {
    1
}
fn default_timeout_millis() -> u32 {
    1_500
}
fn default_retry_at_most_seconds() -> u32 {
    300
}
fn default_max_body_bytes() -> u32 {
    131_072
}
fn default_max_server_body_bytes() -> u32 {
    4 * 1024 * 1024
}
fn default_max_body_bytes_in_flight() -> u32 {
    64 * 1024 * 1024
}
fn default_body_timeout_millis() -> u32 {
    10_000
}
fn default_quarantine_days() -> u32 {
    30
}

impl Config {
    /// The table of a source, with what is changed in it.
    #[must_use]
    pub fn table(&self, source: Source) -> Option<&Table> {
        self.tables.get(&source)
    }

    /// How many bytes an outbox may hold. Cloudflare gives an object 10 GB: a fifth is left for the outbox's own
    /// work.
    #[must_use]
    pub fn max_backlog_bytes(&self) -> u64 {
        self.max_backlog_bytes.unwrap_or(8_000_000_000)
    }

    /// The longest time that any event is held, in milliseconds.
    #[must_use]
    pub fn max_hold_millis(&self) -> u64 {
        self.hold_seconds.max_millis()
    }

    /// When the outbox sends what is due at `due_millis`: at the next point of the grid, so that what is due between two
    /// points travels in one request.
    #[must_use]
    pub fn on_grid(&self, due_millis: u64) -> u64 {
        let grid = self.grid_millis();
        due_millis.div_ceil(grid).saturating_mul(grid)
    }

    /// The due time of what is not to wait for the next point of the grid.
    #[must_use]
    pub fn due_at_once(&self, now_millis: u64) -> u64 {
        now_millis - now_millis % self.grid_millis()
    }

    fn grid_millis(&self) -> u64 {
        let seconds = self.alarm_grid_seconds.map_or(DEFAULT_ALARM_GRID_SECONDS, u64::from);
        if self.hold_seconds.is_off() { 1 } else { (seconds * 1_000).max(1) }
    }

    /// The dataset that a page's events go to: the one it named where that is allowed, else the
    /// first; `None` where it named one that is not allowed.
    #[must_use]
    pub fn dataset(&self, named: Option<&str>) -> Option<&str> {
        match named {
            None => self.datasets.first().map(String::as_str),
            Some(named) => {
                self.datasets.iter().find(|dataset| *dataset == named).map(String::as_str)
            }
        }
    }

    /// Whether pages of this origin may send events.
    #[must_use]
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.allowed_origins.iter().any(|allowed| allowed == origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dataset_that_is_not_listed_is_none() {
        let config = Config::read(r#"{"datasets":["1","2"],"allowedOrigins":[]}"#).unwrap();
        assert_eq!(config.dataset(None), Some("1"));
        assert_eq!(config.dataset(Some("2")), Some("2"));
        assert_eq!(config.dataset(Some("3")), None);
    }
}
