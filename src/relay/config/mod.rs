//! The operator's configuration: the settings, their defaults, and the values that follow from
//! them.

mod client_ip;
mod documents;
mod error;
mod hold;
mod limits;
mod order_memory;
mod origin;
mod rate_limit;
mod reading;
mod secrets;
mod segment;
mod spelling;
mod trusted_headers;
mod webhooks;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::event::Trust;
use crate::sources::mapping::{Source, Table};

pub use client_ip::{ClientIp, HopsHeaderName};
pub use documents::{
    ConsentCookie, Cookies, Documents, Origin, RewriteCookies, Script, ScriptConsent, ScriptPixel,
    ScriptPrivacy,
};
pub use error::ConfigError;
pub use hold::{BackEnd, Held, Hold};
pub use limits::{
    MAX_BYTES_PER_REQUEST, MAX_EVENT_BYTES, MAX_EVENTS_PER_REQUEST, MAX_ORDER_ROW_BYTES,
    MAX_TRAITS_BYTES,
};
pub use order_memory::OrderMemory;
pub(super) use origin::{is_host, is_origin};
pub use rate_limit::{Allowance, Budget, RateLimit};
pub use secrets::SecretUse;
pub use segment::{EventIdOf, SegmentPage, SegmentSettings, TraitsOfPages};
pub use spelling::nearest;

/// The default of `alarmGridSeconds`. Each alarm writes a row, so the alarms of a quiet site share
/// the times of this grid.
const DEFAULT_ALARM_GRID_SECONDS: u64 = 15;
pub use trusted_headers::TrustedHeaders;
pub(super) use trusted_headers::{is_forwarded, is_method_override, is_of_cloudflare};
pub use webhooks::{Encoding, WebhookSettings};

/// The settings of an operator. Tokens are secrets and are set separately.
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
    /// The origin of the Graph API. Default `https://graph.facebook.com`.
    #[serde(default = "default_graph_url")]
    pub graph_url: String,
    /// The version of the Graph API. Default `v27.0`, which Meta released on 4 November 2026.
    #[serde(default = "default_graph_version")]
    pub graph_version: String,
    /// The code that shows the events in Events Manager under Test Events. Meta counts them all the
    /// same.
    #[serde(default)]
    pub test_event_code: Option<String>,
    /// The headers that have a visitor's address. Default: on Cloudflare its own header, elsewhere
    /// none, so the connection's address counts.
    #[serde(default)]
    pub client_ip: Option<ClientIp>,
    /// The time for which the outbox holds an event, in seconds, so that the other copy arrives in
    /// time. A number for every event, or by event name a number or `"server"`. Default 2. A page's
    /// Purchase is held for 30 seconds if a back end may send it too, and for 600 if a shop's
    /// webhook does. At most 86400 (a day).
    #[serde(default)]
    pub hold_seconds: Hold,
    /// The grid of fixed times at which the outbox sends, in seconds. Default 15. With 0, or with
    /// `holdSeconds` 0, each event is sent as soon as it is due.
    #[serde(default)]
    pub alarm_grid_seconds: Option<u32>,
    /// The maximum size of an outbox, in bytes. Pages may fill four fifths of it. Default 8 GB.
    #[serde(default)]
    pub max_backlog_bytes: Option<u64>,
    /// The maximum number of events in the quarantine of an outbox. If it is full, the oldest event
    /// of a page is dropped first. Default 10000.
    #[serde(default = "default_max_quarantined_events")]
    pub max_quarantined_events: u32,
    /// The number of outboxes that share the events of a dataset. Default 1, at most 64.
    #[serde(default = "default_outboxes")]
    pub outboxes: u32,
    /// The region in which Cloudflare stores and runs the outboxes. Default: near the place where
    /// an outbox is first needed.
    #[serde(default)]
    pub jurisdiction: Option<Jurisdiction>,
    /// The forwarded headers that a proxy of the operator's overwrites, besides those with the
    /// visitor's address. Default: none.
    #[serde(default)]
    pub trusted_headers: TrustedHeaders,
    /// The maximum time until Meta answers, in milliseconds. Default 1500, as Meta recommends.
    #[serde(default = "default_timeout_millis")]
    pub timeout_millis: u32,
    /// The maximum backoff between two tries, in seconds. Meta may ask for a longer wait. Default
    /// 300.
    #[serde(default = "default_retry_at_most_seconds")]
    pub retry_at_most_seconds: u32,
    /// The maximum size of a page's body, in bytes. Default 131072. A browser's beacon has at most
    /// 65536.
    #[serde(default = "default_max_body_bytes")]
    pub max_body_bytes: u32,
    /// The maximum size of a server's body, in bytes. Default 4194304.
    #[serde(default = "default_max_server_body_bytes")]
    pub max_server_body_bytes: u32,
    /// The maximum size of a webhook's body, in bytes. Default 1048576. An order of WooCommerce with
    /// 100 lines has about 100000.
    #[serde(default = "default_max_webhook_body_bytes")]
    pub max_webhook_body_bytes: u32,
    /// The maximum time until a body has arrived, in milliseconds. Default 10000.
    #[serde(default = "default_body_timeout_millis")]
    pub body_timeout_millis: u32,
    /// The maximum size of all bodies in memory together, in bytes. Pages may fill three quarters
    /// of it, and senders whose key is in the body may fill half. Default 67108864 (64 MiB),
    /// because Cloudflare gives a worker 128 MB.
    #[serde(default = "default_max_body_bytes_in_flight")]
    pub max_body_bytes_in_flight: u32,
    /// The limits on one address. Default 200 requests and 200 events a second, 1000 at once.
    #[serde(default)]
    pub rate_limit: RateLimit,
    /// The treatment of a page's events if its browser sends `Sec-GPC: 1`. Default: they are
    /// refused.
    #[serde(default)]
    pub global_privacy_control: GlobalPrivacyControl,
    /// The events of pages that get limited data use. Default: those that ask for it.
    #[serde(default)]
    pub limited_data_use: LimitedDataUse,
    /// The time for which an event stays in quarantine, in days. Default 30.
    #[serde(default = "default_quarantine_days")]
    pub quarantine_days: u32,
    /// The settings for the documents of a site that the worker stands in front of. Default: no
    /// changes.
    #[serde(default)]
    pub documents: Documents,
    /// The settings for Segment's calls.
    #[serde(default)]
    pub segment: SegmentSettings,
    /// The webhooks of other senders than the shops that the worker knows, by name. Each is at
    /// `{base}/webhooks/<name>` once its secret is set.
    #[serde(default)]
    pub webhooks: BTreeMap<String, WebhookSettings>,
    /// The test event code with which orders of a shop's test mode go to Meta. Default: they are
    /// left out.
    #[serde(default)]
    pub test_order_event_code: Option<String>,
    /// The settings of the order memory.
    #[serde(default)]
    pub order_memory: OrderMemory,
    /// The changes to the mapping tables for events of other tools, by source.
    #[serde(default)]
    pub mappings: BTreeMap<Source, Value>,
    #[serde(skip)]
    tables: BTreeMap<Source, Table>,
}

/// The treatment of a page's events if its browser sends `Sec-GPC: 1`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GlobalPrivacyControl {
    /// The worker refuses them and stores nothing.
    #[default]
    Refuse,
    /// The worker accepts them, with limited data use.
    Limit,
    /// The worker ignores the header.
    Ignore,
}

/// A region in which Cloudflare stores Durable Objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Jurisdiction {
    /// The European Union.
    Eu,
    /// Data centres that FedRAMP has authorised.
    Fedramp,
}

impl Jurisdiction {
    /// Returns Cloudflare's name of the region.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Eu => "eu",
            Self::Fedramp => "fedramp",
        }
    }
}

/// The events of pages that get limited data use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LimitedDataUse {
    /// Only the events that ask for it.
    #[default]
    AsSaid,
    /// Also all events that do not mention it. Meta applies it by state, where it has to.
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
fn default_max_webhook_body_bytes() -> u32 {
    1024 * 1024
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
    /// Returns the mapping table of a source, with the operator's changes.
    #[must_use]
    pub fn table(&self, source: Source) -> Option<&Table> {
        self.tables.get(&source)
    }

    /// Returns true if the order memory completes events of this trust, so that an event may know
    /// only its order.
    #[must_use]
    pub fn completes_orders(&self, trust: Trust) -> bool {
        trust == Trust::Server && self.order_memory.days > 0
    }

    /// Returns the maximum size of an outbox, in bytes. Cloudflare gives a Durable Object 10 GB.
    /// The default leaves a fifth of that to the outbox's own work.
    #[must_use]
    pub fn max_backlog_bytes(&self) -> u64 {
        self.max_backlog_bytes.unwrap_or(8_000_000_000)
    }

    /// Returns the longest time for which any event is held, in milliseconds.
    #[must_use]
    pub fn max_hold_millis(&self) -> u64 {
        self.hold_seconds.max_millis()
    }

    /// Returns the first point of the grid at or after `due_millis`. The outbox sends at that time,
    /// so events that are due between two points share a request.
    #[must_use]
    pub fn on_grid(&self, due_millis: u64) -> u64 {
        let grid = self.grid_millis();
        due_millis.div_ceil(grid).saturating_mul(grid)
    }

    /// Returns the last point of the grid. It is the due time of events that must not wait for the
    /// next point.
    #[must_use]
    pub fn due_at_once(&self, now_millis: u64) -> u64 {
        now_millis - now_millis % self.grid_millis()
    }

    fn grid_millis(&self) -> u64 {
        let seconds = self.alarm_grid_seconds.map_or(DEFAULT_ALARM_GRID_SECONDS, u64::from);
        if self.hold_seconds.is_off() { 1 } else { (seconds * 1_000).max(1) }
    }

    /// Returns the dataset that events go to: the named one, or the first one if none is named.
    /// Returns `None` if the named one is not listed.
    #[must_use]
    pub fn dataset(&self, named: Option<&str>) -> Option<&str> {
        match named {
            None => self.datasets.first().map(String::as_str),
            Some(named) => {
                self.datasets.iter().find(|dataset| *dataset == named).map(String::as_str)
            }
        }
    }

    /// Returns true if pages of this origin may send events.
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
