//! The origin's answer, with the parts that decide about its changes.

use super::Resolve;

/// The origin's answer.
#[derive(Clone, Copy)]
pub struct DocumentResponse<'a> {
    /// The address of the request to the origin. The origin's relative links refer to it.
    pub url: &'a str,
    /// The URL parser of the runtime.
    pub resolve: Resolve<'a>,
    /// The status.
    pub status: u16,
    /// Looks up a header by its lower-case name.
    pub header: &'a dyn Fn(&str) -> Option<String>,
    /// Its `Set-Cookie` headers.
    pub set_cookies: &'a [String],
}

impl DocumentResponse<'_> {
    pub(super) fn header(&self, name: &str) -> String {
        (self.header)(name).unwrap_or_default()
    }

    pub(super) fn is_html(&self) -> bool {
        let content_type = self.header("content-type").to_ascii_lowercase();
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        matches!(kind, "text/html" | "application/xhtml+xml")
    }

    pub(super) fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }

    /// Returns true if the body is a whole document.
    pub(super) fn has_document(&self) -> bool {
        self.is_html() && !self.is_redirect() && !matches!(self.status, 101 | 204 | 205 | 206 | 304)
    }

    /// Returns true if the origin itself sets a cookie of this name.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.set_cookies.iter().any(|cookie| {
            cookie.split_once('=').is_some_and(|(found, _)| found.trim_ascii() == name)
        })
    }
}
