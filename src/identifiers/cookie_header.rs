//! Reads the values of one name from a `Cookie` header or `document.cookie`.

use core::cmp::Ordering;

use super::{
    pieces::take,
    segments::{self, Segments},
};

/// Returns every value of a name in the order of the header, without the white space around pairs.
///
/// There can be several: a host-only cookie and one for the domain can have the same name.
pub(super) fn values<'a, 'n>(cookies: &'a str, name: &'n str) -> Values<'a, 'n> {
    Values { rest: cookies, name }
}

pub(super) struct Values<'a, 'n> {
    rest: &'a str,
    name: &'n str,
}

impl<'a> Iterator for Values<'a, '_> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        while !self.rest.is_empty() {
            let pair = take(&mut self.rest, b';');
            if let Some(after) = pair.trim_ascii_start().strip_prefix(self.name)
                && let Some(value) = after.trim_ascii_start().strip_prefix('=')
            {
                return Some(value.trim_ascii());
            }
        }
        None
    }
}

/// The cookies of one name in a header.
pub(super) struct Kept<'a> {
    /// The number of values, usable or not.
    pub count: usize,
    /// The value that counts.
    pub value: Option<Segments<'a>>,
}

/// Picks the usable value that is first by `order`: `Less` for the oldest, `Greater` for the
/// latest.
pub(super) fn kept<'a>(
    cookies: &'a str,
    name: &str,
    order: Ordering,
    is_usable: impl Fn(&Segments<'a>) -> bool,
) -> Kept<'a> {
    let mut kept = Kept { count: 0, value: None };
    for value in values(cookies, name) {
        kept.count += 1;
        if let Ok(found) = segments::split(value)
            && is_usable(&found)
            // For equal times the text decides, so that the order of the header never does.
            && kept.value.is_none_or(|best| (found.creation_millis, found.text).cmp(&(best.creation_millis, best.text)) == order)
        {
            kept.value = Some(found);
        }
    }
    kept
}

/// Returns the first value of a name in a `Cookie` header or in `document.cookie`, without decoding
/// it. Returns `None` if the name does not occur.
///
/// For `_fbp` and `_fbc` use [`Fbp::in_cookies`](super::Fbp::in_cookies) and
/// [`Fbc::in_cookies`](super::Fbc::in_cookies), which handle duplicates.
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
