//! `fbp`, the browser id.

use core::cmp::Ordering;

use super::{
    CookieDomain, Reason,
    cookie_header::{self, Kept},
    decimal,
    segments::{self, Segments},
};

/// A browser id: `fb.<subdomain index>.<creation time in milliseconds>.<random number>`, with or
/// without the appendix of Meta's parameter builder.
///
/// Valid by construction, kept byte for byte, and made only of characters that are safe in a
/// cookie, a header and a URL's query. Format: Meta, "ClickID and the fbp and fbc Parameters".
///
/// ```
/// use capi_bridge::identifiers::Fbp;
///
/// let fbp = Fbp::parse("fb.1.1596403881668.1116446470.AQYAAQMB").unwrap();
/// assert_eq!(fbp.as_str(), "fb.1.1596403881668.1116446470.AQYAAQMB");
/// assert_eq!(fbp.creation_millis(), 1_596_403_881_668);
///
/// assert_eq!(Fbp::parse("fb.1.1596403881668").unwrap_err().code(), "wrong_segment_count");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fbp {
    text: String,
    creation_millis: u64,
}

impl Fbp {
    pub(super) const COOKIE: &'static str = "_fbp";

    /// Reads a value as it stands in a cookie or in an event; nothing is trimmed or decoded.
    ///
    /// The fourth segment may be anything that a cookie can carry. Writers differ in the number of
    /// digits, and an id that Meta already knows must not be lost.
    ///
    /// # Errors
    ///
    /// The [`Reason`] for anything but four or five segments of this shape.
    pub fn parse(text: &str) -> Result<Self, Reason> {
        Ok(Self::from(segments::split(text)?))
    }

    /// Returns the id in a `Cookie` header or in `document.cookie`. Of several ids it takes the
    /// oldest, which Meta has known for longest. Malformed ones count as absent.
    ///
    /// ```
    /// use capi_bridge::identifiers::Fbp;
    ///
    /// let cookies = "_fbp=broken; _fbp=fb.1.1700000000000.2; _fbp=fb.1.1600000000000.1";
    /// assert_eq!(Fbp::in_cookies(cookies).unwrap().as_str(), "fb.1.1600000000000.1");
    /// ```
    pub fn in_cookies(cookies: &str) -> Option<Self> {
        Self::kept_in(cookies).value.map(Self::from)
    }

    pub(super) fn kept_in(cookies: &str) -> Kept<'_> {
        cookie_header::kept(cookies, Self::COOKIE, Ordering::Less, |_| true)
    }

    /// Appends a new id: an unsigned number of 31 bits, as the pixel and Meta's server libraries
    /// make.
    pub(super) fn mint(
        text: &mut String,
        domain: &CookieDomain,
        creation_millis: u64,
        entropy: [u8; 4],
    ) {
        segments::start(text, domain.subdomain_index(), creation_millis);
        decimal::push(text, u64::from(u32::from_be_bytes(entropy) & 0x7fff_ffff));
    }

    /// Returns the value, byte for byte as it was read. Send it as `user_data.fbp`; never hash it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the time at which the id was made, in milliseconds since 1970.
    pub fn creation_millis(&self) -> u64 {
        self.creation_millis
    }
}

impl From<Segments<'_>> for Fbp {
    fn from(segments: Segments<'_>) -> Self {
        Self { text: segments.text.into(), creation_millis: segments.creation_millis }
    }
}
