//! `fbc`, the click that brought the visitor.

use std::borrow::Cow;

use core::cmp::Ordering;

use super::{
    ClickId, CookieDomain, Reason,
    click_id::{self, Dotted},
    cookie_header::{self, Kept},
    segments::{self, Segments},
};

/// The maximum age of a click, in milliseconds: the lifetime that Meta gives the cookie.
const FRESH_MILLIS: u64 = 90 * 24 * 60 * 60 * 1000;

/// The maximum difference between clocks, in milliseconds. The clock of a device may be behind the
/// edge that wrote the cookie.
const CLOCK_SKEW_MILLIS: u64 = 5 * 60 * 1000;

/// The minimum creation time, in milliseconds: 2001-09-09. A smaller one was written in seconds.
const EARLIEST_MILLIS: u64 = 1_000_000_000_000;

/// A click: `fb.<subdomain index>.<creation time in milliseconds>.<click id>`, with or without the
/// appendix of Meta's parameter builder.
///
/// Valid by construction, kept byte for byte, and made only of characters that are safe in a
/// cookie, a header and a URL's query. Format: Meta, "ClickID and the fbp and fbc Parameters".
///
/// ```
/// use capi_bridge::identifiers::Fbc;
///
/// let fbc = Fbc::parse("fb.1.1554763741205.AbCdEf__DOT__123.AQYAAQMB").unwrap();
/// assert_eq!(fbc.as_str(), "fb.1.1554763741205.AbCdEf__DOT__123.AQYAAQMB");
/// assert_eq!(fbc.creation_millis(), 1_554_763_741_205);
/// assert_eq!(fbc.click_id(), "AbCdEf.123");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fbc {
    text: String,
    creation_millis: u64,
}

impl Fbc {
    pub(super) const COOKIE: &'static str = "_fbc";

    /// Reads a value as it stands in a cookie or in an event; nothing is trimmed or decoded.
    ///
    /// # Errors
    ///
    /// The [`Reason`] for anything but four or five segments of this shape, and for a click id of
    /// more than 500 characters.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        let segments = segments::split(text)?;
        if has_too_long_click_id(&segments) {
            return Err(Reason::CLICK_ID_TOO_LONG);
        }
        Ok(segments.into())
    }

    /// Returns the click in a `Cookie` header or in `document.cookie` that may be sent at
    /// `now_millis` ([`is_fresh`](Self::is_fresh)). Of several clicks it takes the latest.
    /// Malformed ones count as absent.
    ///
    /// ```
    /// use capi_bridge::identifiers::Fbc;
    ///
    /// let cookies = "_fbc=fb.1.1700000000000.IwAR1";
    /// let day = 86_400_000;
    /// assert!(Fbc::in_cookies(cookies, 1_700_000_000_000 + 89 * day).is_some());
    /// assert!(Fbc::in_cookies(cookies, 1_700_000_000_000 + 91 * day).is_none());
    /// ```
    pub fn in_cookies(cookies: &str, now_millis: u64) -> Option<Self> {
        Self::kept_in(cookies, now_millis)
            .value
            .map(Self::from)
            .filter(|fbc| fbc.is_fresh(now_millis))
    }

    /// Returns the latest click with a credible time, fresh or not.
    pub(super) fn kept_in(cookies: &str, now_millis: u64) -> Kept<'_> {
        cookie_header::kept(cookies, Self::COOKIE, Ordering::Greater, |fbc| {
            is_credible(fbc.creation_millis, now_millis) && !has_too_long_click_id(fbc)
        })
    }

    /// Appends the value for a click that is seen for the first time now.
    pub(super) fn of_click(
        text: &mut String,
        domain: &CookieDomain,
        creation_millis: u64,
        click: &ClickId,
    ) {
        segments::start(text, domain.subdomain_index(), creation_millis);
        click.escape(text);
    }

    /// Returns the value, byte for byte as it was read. Send it as `user_data.fbc`; never hash it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the time at which the click was first seen, in milliseconds since 1970.
    pub fn creation_millis(&self) -> u64 {
        self.creation_millis
    }

    /// Returns the click id as the page's address had it: `__DOT__` becomes a dot, and
    /// percent-encoding is decoded once.
    ///
    /// Percent signs that do not encode UTF-8 stay unchanged. The result may contain any character.
    /// To send the click, use [`as_str`](Self::as_str).
    pub fn click_id(&self) -> Cow<'_, str> {
        let payload = self.text.split('.').nth(3).unwrap_or_default();
        String::from_utf8_lossy(
            &Dotted(click_id::unescape(payload).as_bytes()).collect::<Vec<u8>>(),
        )
        .into_owned()
        .into()
    }

    /// Returns true if the click may be sent at `now_millis`: it is at most 90 days old, and at
    /// most five minutes in the future, because clocks differ.
    pub fn is_fresh(&self, now_millis: u64) -> bool {
        is_fresh(self.creation_millis, now_millis)
    }
}

impl From<Segments<'_>> for Fbc {
    fn from(segments: Segments<'_>) -> Self {
        Self { text: segments.text.into(), creation_millis: segments.creation_millis }
    }
}

fn has_too_long_click_id(segments: &Segments<'_>) -> bool {
    let payload = segments.payload();
    // Decoding never makes a text longer.
    click_id::may_be_too_long(payload)
        && click_id::is_too_long(Dotted(click_id::unescape(payload).as_bytes()))
}

pub(super) fn is_fresh(creation_millis: u64, now_millis: u64) -> bool {
    !is_from_the_future(creation_millis, now_millis)
        && now_millis.saturating_sub(creation_millis) <= FRESH_MILLIS
}

/// Returns true if the creation time is credible: in milliseconds, and not in the future.
fn is_credible(creation_millis: u64, now_millis: u64) -> bool {
    creation_millis >= EARLIEST_MILLIS && !is_from_the_future(creation_millis, now_millis)
}

fn is_from_the_future(creation_millis: u64, now_millis: u64) -> bool {
    creation_millis > now_millis.saturating_add(CLOCK_SKEW_MILLIS)
}
