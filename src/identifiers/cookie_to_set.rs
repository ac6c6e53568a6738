//! A cookie to be written, or deleted, in the one form that `Set-Cookie` and `document.cookie` share.

use super::{Fbc, Fbp, decimal};

/// The lifetime that Meta gives both cookies: 90 days.
const LIFETIME_SECONDS: u32 = 90 * 24 * 60 * 60;

/// A cookie to be written or, with a `Max-Age` of 0, deleted.
///
/// It can be made only from a valid [`Fbp`] or [`Fbc`] and a checked domain, so nothing that a
/// visitor sends can add an attribute or a header line.
///
/// The pixel must be able to read both cookies, so they are never `HttpOnly`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieToSet {
    name: &'static str,
    value: String,
    domain: Option<String>,
    max_age_seconds: u32,
    secure: bool,
}

impl CookieToSet {
    pub(super) fn fbp(fbp: &Fbp, domain: Option<&str>, secure: bool) -> Self {
        Self::keeping(Fbp::COOKIE, fbp.as_str(), domain, secure)
    }

    pub(super) fn fbc(fbc: &Fbc, domain: Option<&str>, secure: bool) -> Self {
        Self::keeping(Fbc::COOKIE, fbc.as_str(), domain, secure)
    }

    fn keeping(name: &'static str, value: &str, domain: Option<&str>, secure: bool) -> Self {
        Self {
            name,
            value: value.into(),
            domain: domain.map(Into::into),
            max_age_seconds: LIFETIME_SECONDS,
            secure,
        }
    }

    pub(super) fn deletion(name: &'static str, domain: Option<&str>, secure: bool) -> Self {
        Self {
            name,
            value: String::new(),
            domain: domain.map(Into::into),
            max_age_seconds: 0,
            secure,
        }
    }

    /// `_fbp` or `_fbc`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The value; empty for a deletion.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// The `Domain` attribute, without a leading dot; `None` makes a host-only cookie.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// `Max-Age` in seconds: 7776000 (90 days), or 0 for a deletion.
    pub fn max_age_seconds(&self) -> u32 {
        self.max_age_seconds
    }

    /// Whether the cookie is for https alone.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The text to send as `Set-Cookie` or to assign to `document.cookie`; both take the same.
    ///
    /// `_fbp=…; Path=/; Domain=example.com; Max-Age=7776000; SameSite=Lax; Secure`, without
    /// `Domain` for a host-only cookie and without `Secure` on plain http.
    pub fn serialize(&self) -> String {
        let mut text = String::from(self.name);
        text.push('=');
        text.push_str(&self.value);
        text.push_str("; Path=/");
        if let Some(domain) = &self.domain {
            text.push_str("; Domain=");
            text.push_str(domain);
        }
        text.push_str("; Max-Age=");
        decimal::push(&mut text, u64::from(self.max_age_seconds));
        text.push_str("; SameSite=Lax");
        if self.secure {
            text.push_str("; Secure");
        }
        text
    }
}
