//! A `Cookie` header, or `document.cookie`: the values of one name.

use super::pieces::{cut, pieces};

/// Every value of a name in the order of the header, without the white space around pairs.
///
/// There may be several: a host-only cookie and one for the domain can share a name.
pub(super) fn values<'a, 'n>(
    cookies: &'a str,
    name: &'n str,
) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
    pieces(cookies, b';').filter_map(move |pair| {
        let (found, value) = cut(pair, b'=');
        (found.trim_ascii() == name).then_some(value?.trim_ascii())
    })
}

/// The first value of a name in a `Cookie` header or in `document.cookie`, as it stands there;
/// `None` when the name does not occur.
///
/// For `_fbp` and `_fbc` ask [`Fbp::in_cookies`](super::Fbp::in_cookies) and
/// [`Fbc::in_cookies`](super::Fbc::in_cookies), which know what to do with duplicates.
///
/// ```
/// use capi_bridge::identifiers::cookie;
///
/// assert_eq!(cookie("a=1; theme=dark; theme=light", "theme"), Some("dark"));
/// assert_eq!(cookie("a=1; theme=dark", "them"), None);
/// ```
pub fn cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    values(cookies, name).next()
}
