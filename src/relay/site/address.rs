//! Reads the address of a request as the visitor's browser saw it, before a proxy changed it.

use super::forwarded;
use crate::relay::Config;
use crate::relay::config::is_host;

/// The address of a request.
#[derive(Clone, Copy)]
pub(in crate::relay) struct RequestAddress<'a> {
    /// The whole address, as the runtime saw it.
    pub url: &'a str,
    /// Looks up a header by its lower-case name.
    pub header: &'a dyn Fn(&str) -> Option<String>,
}

impl RequestAddress<'_> {
    /// Returns the scheme that the visitor's browser used: `http` or `https`.
    pub(in crate::relay) fn scheme(&self, config: &Config) -> &'static str {
        let (own, _) = self.url.split_once("://").unwrap_or_default();
        let forwarded = self.trusted(config, "x-forwarded-proto", "proto");
        let known = [forwarded.as_deref(), Some(own)].into_iter().flatten().find_map(scheme);
        known.unwrap_or("http")
    }

    /// Returns the host in the visitor's address bar, with the port if it is not the scheme's
    /// default.
    pub(in crate::relay) fn host(&self, config: &Config) -> String {
        let forwarded = self.trusted(config, "x-forwarded-host", "host");
        forwarded.filter(|host| is_host(host)).unwrap_or_else(|| authority(self.url).to_owned())
    }

    /// Returns true if a header comes from a proxy of the operator's: it is in `trustedHeaders` and
    /// has one value.
    ///
    /// A proxy that overwrites a header writes one value. If more arrive, one may be the visitor's
    /// own.
    pub(in crate::relay) fn is_trusted(&self, config: &Config, name: &str) -> bool {
        config.trusted_headers.has(name)
            && (self.header)(name).is_some_and(|value| !value.contains(','))
    }

    /// Returns the value of a trusted header, else of the parameter of a trusted `Forwarded`.
    fn trusted(&self, config: &Config, name: &str, parameter: &str) -> Option<String> {
        let value = |name: &str| {
            let value =
                self.is_trusted(config, name).then(|| (self.header)(name).unwrap_or_default());
            value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
        };
        value(name).or_else(|| forwarded::parameter(&value("forwarded")?, 0, parameter))
    }
}

/// Returns a scheme that browsers use for documents, in lower case.
fn scheme(text: &str) -> Option<&'static str> {
    ["http", "https"].into_iter().find(|known| text.eq_ignore_ascii_case(known))
}

/// Returns the host and the port of an address, as they stand in it.
pub(in crate::relay) fn authority(url: &str) -> &str {
    let (_, after) = url.split_once("://").unwrap_or_default();
    after.split(['/', '?', '#']).next().unwrap_or_default()
}
