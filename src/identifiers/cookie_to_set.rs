//! A cookie to write or delete, in the form that `Set-Cookie` and `document.cookie` share.

use super::decimal;

/// The lifetime that Meta gives both cookies, in seconds: 90 days.
const LIFETIME_SECONDS: u32 = 90 * 24 * 60 * 60;

/// A cookie to write or, with a `Max-Age` of 0, to delete.
///
/// It can be made only from a valid [`Fbp`](super::Fbp) or [`Fbc`](super::Fbc) and a checked
/// domain, so a visitor cannot add an attribute or a header line.
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
    /// Returns `_fbp` or `_fbc`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the value, which is empty for a deletion.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Returns the `Domain` attribute, without a leading dot, or `None` for a host-only cookie.
    pub fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// Returns `Max-Age` in seconds: 7776000 (90 days), or 0 for a deletion.
    pub fn max_age_seconds(&self) -> u32 {
        self.max_age_seconds
    }

    /// Returns true if the cookie is for https only.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Returns the text to send as `Set-Cookie` or to assign to `document.cookie`. Both take the
    /// same.
    ///
    /// `_fbp=…; Path=/; Domain=example.com; Max-Age=7776000; SameSite=Lax; Secure`, without
    /// `Domain` for a host-only cookie and without `Secure` on plain http.
    pub fn serialize(&self) -> String {
        let mut text = String::new();
        self.borrow().write(&mut text);
        text
    }

    fn borrow(&self) -> Cookie<'_> {
        Cookie { name: self.name, value: &self.value, domain: self.domain(), secure: self.secure }
    }
}

/// A [`CookieToSet`] that borrows its texts.
#[derive(Clone, Copy)]
pub(super) struct Cookie<'a> {
    pub(super) name: &'static str,
    /// The value. It is empty for a deletion only.
    pub(super) value: &'a str,
    pub(super) domain: Option<&'a str>,
    pub(super) secure: bool,
}

impl Cookie<'_> {
    fn max_age_seconds(&self) -> u32 {
        if self.value.is_empty() { 0 } else { LIFETIME_SECONDS }
    }

    pub(super) fn write(&self, text: &mut String) {
        text.push_str(self.name);
        text.push_str("=");
        text.push_str(self.value);
        text.push_str("; Path=/");
        if let Some(domain) = self.domain {
            text.push_str("; Domain=");
            text.push_str(domain);
        }
        text.push_str("; Max-Age=");
        decimal::push(text, u64::from(self.max_age_seconds()));
        text.push_str("; SameSite=Lax");
        if self.secure {
            text.push_str("; Secure");
        }
    }
}

impl From<Cookie<'_>> for CookieToSet {
    fn from(cookie: Cookie<'_>) -> Self {
        Self {
            name: cookie.name,
            value: cookie.value.into(),
            domain: cookie.domain.map(Into::into),
            max_age_seconds: cookie.max_age_seconds(),
            secure: cookie.secure,
        }
    }
}
