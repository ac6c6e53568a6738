//! A request for something of the site, and what it tells about itself.

use crate::relay::Config;

/// A request that is not for the worker itself.
#[derive(Clone, Copy)]
pub struct DocumentRequest<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The whole address, as the host saw it.
    pub url: &'a str,
    /// Looks a header up by its lower-case name.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The address at the other end of the connection; `None` where the host cannot say it.
    pub peer: Option<&'a str>,
}

impl DocumentRequest<'_> {
    pub(super) fn header(&self, name: &str) -> String {
        (self.header)(name).unwrap_or_default()
    }

    /// Whether a browser asked for a document to show in a window of its own. Not one in a frame:
    /// there, the cookies would not be kept.
    pub(super) fn is_navigation(&self) -> bool {
        match (self.header)("sec-fetch-dest") {
            Some(dest) => {
                matches!(self.method, "GET" | "POST")
                    && dest == "document"
                    && self.header("sec-fetch-mode") == "navigate"
            }
            // Browsers before 2023, and all of them over plain http, do not say.
            None => {
                self.method == "GET"
                    && (self.header)("x-requested-with").is_none()
                    && (self.header)("upgrade").is_none()
                    && self.header("accept").contains("text/html")
            }
        }
    }

    /// Whether it was sent ahead of a visit that may never come.
    pub(super) fn is_ahead(&self) -> bool {
        ["sec-purpose", "purpose", "x-purpose", "x-moz"].iter().any(|name| {
            let purpose = self.header(name).to_ascii_lowercase();
            ["prefetch", "prerender", "preview"].iter().any(|word| purpose.contains(word))
        })
    }

    /// Whether the visitor asked not to be sold or shared.
    pub(super) fn has_global_privacy_control(&self) -> bool {
        self.header("sec-gpc").trim() == "1"
    }

    /// `http` or `https`: what the visitor's browser used.
    pub(super) fn scheme(&self, config: &Config) -> &'static str {
        let forwarded = self.forwarded(config, "x-forwarded-proto");
        let scheme = forwarded.as_deref().or_else(|| self.url.split("://").next());
        if scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")) {
            "https"
        } else {
            "http"
        }
    }

    /// The host, and the port if it is not the scheme's own, in the visitor's address bar.
    pub(super) fn host(&self, config: &Config) -> String {
        self.forwarded(config, "x-forwarded-host").unwrap_or_else(|| {
            let (_, after) = self.url.split_once("://").unwrap_or_default();
            after.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
        })
    }

    /// Path and query.
    pub(super) fn path(&self) -> &str {
        let (_, after) = self.url.split_once("://").unwrap_or_default();
        after.find('/').and_then(|slash| after.get(slash..)).unwrap_or("/")
    }

    /// The first entry of a header that only proxies of the operator's own may have written.
    fn forwarded(&self, config: &Config, name: &str) -> Option<String> {
        let value = config.is_behind_proxy(self.peer).then(|| (self.header)(name)).flatten()?;
        let first = value.split(',').next().unwrap_or_default().trim();
        (!first.is_empty()).then(|| first.to_owned())
    }
}
