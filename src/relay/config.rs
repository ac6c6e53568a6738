//! The operator's configuration: one JSON document, checked at start.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::RateLimit;
use super::documents::{Documents, Origin};
use super::segment::SegmentSettings;
use crate::identifiers::{ClientIpOptions, HopsHeader};
use crate::sources::mapping::{Changes, Source, Table};

/// What an operator sets. Tokens are secrets and live apart from it.
///
/// ```
/// use capi_bridge::relay::Config;
///
/// let config = Config::read(r#"{
///     "datasets": ["1234567890"],
///     "allowedOrigins": ["https://shop.example"]
/// }"#).unwrap();
/// assert_eq!(config.graph_version, "v26.0");
///
/// let error = Config::read(r#"{ "datasets": ["1234567890"], "allowdOrigins": [] }"#).unwrap_err();
/// assert!(error.to_string().contains("allowdOrigins"));
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
    /// Which version of it. Default `v26.0`.
    #[serde(default = "default_graph_version")]
    pub graph_version: String,
    /// Shows the events in Events Manager under Test Events. They count all the same.
    #[serde(default)]
    pub test_event_code: Option<String>,
    /// Which headers say a visitor's address. Default: on Cloudflare its own, elsewhere none but the
    /// connection's own address.
    #[serde(default)]
    pub client_ip: Option<ClientIp>,
    /// How long an event waits, so that the browser's copy arrives first. Default 2 seconds.
    #[serde(default = "default_hold_seconds")]
    pub hold_seconds: u32,
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
    /// How much one visitor's address may ask. Default 20 requests a second, 200 at once.
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

/// Which headers say a visitor's address. Anyone can send a header: believe only what a proxy of
/// yours overwrites.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClientIp {
    /// Every request comes through Cloudflare: believe `CF-Connecting-IP`.
    #[serde(default)]
    pub cloudflare: bool,
    /// How many proxies of yours stand in front, each adding the address it saw to the header.
    #[serde(default)]
    pub trusted_hops: u8,
    /// The header that they write. Default `x-forwarded-for`.
    #[serde(default)]
    pub hops_header: HopsHeaderName,
}

/// The header that proxies add the address of their client to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HopsHeaderName {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded`, RFC 7239.
    Forwarded,
}

fn default_base() -> String {
    "/bridge".to_owned()
}
fn default_graph_url() -> String {
    "https://graph.facebook.com".to_owned()
}
fn default_graph_version() -> String {
    "v26.0".to_owned()
}
fn default_hold_seconds() -> u32 {
    2
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
fn default_body_timeout_millis() -> u32 {
    10_000
}
fn default_quarantine_days() -> u32 {
    30
}

/// What is wrong with a configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    path: String,
    message: String,
}

impl ConfigError {
    pub(super) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// The JSON path of the culprit, such as `datasets[2]`; `.` for the document itself.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "configuration, {}: {}", self.path, self.message)
    }
}

impl std::error::Error for ConfigError {}

impl Config {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// The first thing that is wrong: a misspelt key, a wrong type, a value that cannot work.
    pub fn read(json: &str) -> Result<Self, ConfigError> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let mut config: Self =
            serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
                ConfigError::new(
                    error.path().to_string(),
                    without_value(&error.inner().to_string()),
                )
            })?;
        config.check()?;
        config.segment.check(&config.datasets)?;
        for source in Source::ALL {
            let changes = config.mappings.get(&source).map(Changes::read).transpose();
            let table = changes.and_then(|changes| Table::of(source, &changes.unwrap_or_default()));
            let table = table.map_err(|error| {
                let path = format!("mappings.{}.{}", source.name(), error.path);
                ConfigError::new(path.trim_end_matches('.'), error.message)
            })?;
            config.tables.insert(source, table);
        }
        Ok(config)
    }

    /// The table of a source, with what is changed in it.
    #[must_use]
    pub fn table(&self, source: Source) -> Option<&Table> {
        self.tables.get(&source)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.datasets.is_empty() {
            return Err(ConfigError::new("datasets", "expected at least one dataset id"));
        }
        for (index, dataset) in self.datasets.iter().enumerate() {
            if dataset.is_empty() || !dataset.bytes().all(|byte| byte.is_ascii_digit()) {
                let message = "expected a dataset id, digits in quotes such as \"1234567890\"";
                return Err(ConfigError::new(format!("datasets[{index}]"), message));
            }
        }
        for (index, origin) in self.allowed_origins.iter().enumerate() {
            if !is_origin(origin) {
                let message = "expected an origin as browsers send it, such as \"https://shop.example\": scheme and host in lower case, no path";
                return Err(ConfigError::new(format!("allowedOrigins[{index}]"), message));
            }
        }
        if !self.base.starts_with('/') || self.base.len() < 2 || self.base.ends_with('/') {
            return Err(ConfigError::new("base", "expected a path such as \"/bridge\""));
        }
        if !is_origin(&self.graph_url) {
            return Err(ConfigError::new(
                "graphUrl",
                "expected an origin such as \"https://graph.facebook.com\"",
            ));
        }
        let digits =
            self.graph_version.strip_prefix('v').and_then(|version| version.split_once('.'));
        if !digits.is_some_and(|(major, minor)| {
            major.parse::<u16>().is_ok() && minor.parse::<u16>().is_ok()
        }) {
            return Err(ConfigError::new("graphVersion", "expected a version such as \"v26.0\""));
        }
        for (path, number) in [
            ("timeoutMillis", self.timeout_millis),
            ("bodyTimeoutMillis", self.body_timeout_millis),
            ("quarantineDays", self.quarantine_days),
            (
                "rateLimit.burst",
                self.rate_limit.burst.max(u32::from(self.rate_limit.per_second == 0)),
            ),
        ] {
            if number == 0 {
                return Err(ConfigError::new(path, "expected at least 1"));
            }
        }
        self.documents.check(&self.datasets)
    }

    /// Checks that a host other than Cloudflare can do what is asked.
    ///
    /// # Errors
    /// When documents come from behind a route, which only Cloudflare has.
    pub fn check_off_cloudflare(&self) -> Result<(), ConfigError> {
        if self.documents.origin == Some(Origin::Route) {
            let message = "\"route\" is for Cloudflare alone; expected the server that has the site's documents, such as \"http://127.0.0.1:8080\"";
            return Err(ConfigError::new("documents.origin", message));
        }
        Ok(())
    }

    /// Which sources of a visitor's address to believe. A host that cannot say who is at the other
    /// end of a connection is Cloudflare: there its own header does.
    #[must_use]
    pub fn client_ip_options(&self, peer: Option<&str>) -> ClientIpOptions {
        let set = self
            .client_ip
            .unwrap_or(ClientIp { cloudflare: peer.is_none(), ..ClientIp::default() });
        ClientIpOptions {
            cloudflare: set.cloudflare,
            trusted_hops: set.trusted_hops,
            hops_header: match set.hops_header {
                HopsHeaderName::XForwardedFor => HopsHeader::XForwardedFor,
                HopsHeaderName::Forwarded => HopsHeader::Forwarded,
            },
        }
    }

    /// Whether headers about the visitor's address and connection come from a proxy that is believed.
    pub(super) fn is_behind_proxy(&self, peer: Option<&str>) -> bool {
        let options = self.client_ip_options(peer);
        options.cloudflare || options.trusted_hops > 0
    }

    /// When an event that was accepted now may be sent: after the hold, at the next quarter of a
    /// second, so that what came close together travels together.
    #[must_use]
    pub fn due_millis(&self, now_millis: u64) -> u64 {
        const TOGETHER: u64 = 250;
        now_millis.saturating_add(u64::from(self.hold_seconds) * 1_000).saturating_add(TOGETHER - 1)
            / TOGETHER
            * TOGETHER
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

/// What is wrong, without the value that is: whoever mistakes a place for a secret's must not find it in
/// a log or in an answer. The path says where it stands.
fn without_value(message: &str) -> String {
    let shows_value = ["invalid type: ", "invalid value: ", "unknown variant "]
        .iter()
        .any(|start| message.starts_with(start));
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if shows_value => format!("expected {expected}"),
        _ => message.to_owned(),
    }
}

pub(super) fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty()
            && host.bytes().all(|byte| {
                byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && !b"/?#@\\".contains(&byte)
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of_error(json: &str) -> String {
        Config::read(json).unwrap_err().path().to_owned()
    }

    #[test]
    fn names_the_path_of_what_is_wrong() {
        assert_eq!(path_of_error(r#"{"datasets":["1","x"],"allowedOrigins":[]}"#), "datasets[1]");
        assert_eq!(path_of_error(r#"{"datasets":["1",2],"allowedOrigins":[]}"#), "datasets[1]");
        assert_eq!(path_of_error(r#"{"datasets":[],"allowedOrigins":[]}"#), "datasets");
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":["https://a.example/"]}"#),
            "allowedOrigins[0]"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"base":"bridge"}"#),
            "base"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"graphVersion":"26"}"#),
            "graphVersion"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"holdSeconds":-1}"#),
            "holdSeconds"
        );
        assert_eq!(
            path_of_error(
                r#"{"datasets":["1"],"allowedOrigins":[],"rateLimit":{"perSecond":5,"burst":0}}"#
            ),
            "rateLimit.burst"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"globalPrivacyControl":"no"}"#),
            "globalPrivacyControl"
        );
    }

    #[test]
    fn a_key_it_does_not_know_is_an_error_that_lists_those_it_knows() {
        let error = Config::read(r#"{"datasets":["1"],"allowedOrigins":[],"tokens":"secret"}"#)
            .unwrap_err()
            .to_string();
        assert!(error.contains("tokens") && error.contains("graphVersion"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn a_value_that_is_wrong_is_not_repeated() {
        for place in [
            r#""holdSeconds":"secret""#,
            r#""globalPrivacyControl":"secret""#,
            r#""clientIp":"secret""#,
            r#""documents":{"cookies":"secret, expected more"}"#,
            r#""documents":{"origin":"secret"}"#,
            r#""base":"secret""#,
            r#""graphVersion":"secret""#,
            r#""segment":{"actionSource":"secret"}"#,
        ] {
            let json = format!(r#"{{"datasets":["1"],"allowedOrigins":[],{place}}}"#);
            let error = Config::read(&json).unwrap_err().to_string();
            assert!(error.contains("expected") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_dataset_that_is_not_listed_is_none() {
        let config = Config::read(r#"{"datasets":["1","2"],"allowedOrigins":[]}"#).unwrap();
        assert_eq!(config.dataset(None), Some("1"));
        assert_eq!(config.dataset(Some("2")), Some("2"));
        assert_eq!(config.dataset(Some("3")), None);
    }
}
