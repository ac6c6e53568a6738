//! Reads a request for a document of the site, or for another resource of it.

use crate::relay::Config;
use crate::relay::site::RequestAddress;

/// A request that is not for the worker itself.
#[derive(Clone, Copy)]
pub struct DocumentRequest<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The whole address, as the runtime saw it.
    pub url: &'a str,
    /// Looks up a header by its lower-case name.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// The address at the other end of the connection; `None` if the runtime does not know it.
    pub peer: Option<&'a str>,
}

impl DocumentRequest<'_> {
    pub(super) fn header(&self, name: &str) -> String {
        (self.header)(name).unwrap_or_default()
    }

    /// Returns true if a browser asks for a document to show in its own window. A document in a
    /// frame does not count, because the browser would not store its cookies.
    pub(super) fn is_navigation(&self) -> bool {
        match (self.header)("sec-fetch-dest") {
            Some(dest) => {
                matches!(self.method, "GET" | "POST")
                    && dest == "document"
                    && self.header("sec-fetch-mode") == "navigate"
            }
            // Browsers before 2023 do not send this header, and no browser sends it over plain
            // http.
            None => {
                self.method == "GET"
                    && (self.header)("x-requested-with").is_none()
                    && (self.header)("upgrade").is_none()
                    && self.header("accept").contains("text/html")
            }
        }
    }

    /// Returns true if the request was sent ahead of a visit that may never come.
    pub(super) fn is_ahead(&self) -> bool {
        ["sec-purpose", "purpose", "x-purpose", "x-moz"].iter().any(|name| {
            let purpose = self.header(name).to_ascii_lowercase();
            ["prefetch", "prerender", "preview"].iter().any(|word| purpose.contains(word))
        })
    }

    /// Returns true if the visitor asked that their data is not sold or shared.
    pub(super) fn has_global_privacy_control(&self) -> bool {
        self.header("sec-gpc").trim() == "1"
    }

    /// Returns the path and the query. The path starts with a slash.
    pub(super) fn path(&self) -> String {
        let (_, after) = self.url.split_once("://").unwrap_or_default();
        let path = after.find(['/', '?', '#']).and_then(|start| after.get(start..)).unwrap_or("/");
        if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
    }

    /// Returns the scheme that the visitor's browser used: `http` or `https`.
    pub(super) fn scheme(&self, config: &Config) -> &'static str {
        self.address().scheme(config)
    }

    /// Returns the host in the visitor's address bar, with the port if it is not the scheme's
    /// default.
    pub(super) fn host(&self, config: &Config) -> String {
        self.address().host(config)
    }

    /// Returns true if a header comes from a proxy of the operator's.
    pub(super) fn is_trusted(&self, config: &Config, name: &str) -> bool {
        self.address().is_trusted(config, name)
    }

    fn address(&self) -> RequestAddress<'_> {
        RequestAddress { url: self.url, header: self.header }
    }
}
