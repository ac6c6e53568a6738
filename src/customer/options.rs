//! The context that the caller gives with a value.

use bumpalo::Bump;

use super::forms::Known;
use super::written::Written;

/// The context that the caller gives with a value.
///
/// ```
/// use capi_bridge::customer::{Field, Options, normalize};
///
/// let options = Options { default_country: Some("GB"), ..Options::default() };
/// let phone = normalize(Field::Phone, "07911 123456", &options).unwrap();
/// assert_eq!(phone[0].as_str(), "447911123456");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Options<'a> {
    /// The country of a value that does not name one itself: a national phone number, a state, a
    /// postal code or a date in digits. It is an ISO 3166-1 code or a name. An unknown country
    /// counts as none.
    pub default_country: Option<&'a str>,
    /// The current year. No date of birth is later. `None` allows years up to 2100.
    pub this_year: Option<u16>,
}

impl<'a> Options<'a> {
    pub(super) fn known(&self, place: &'a Bump) -> Known<Written<'a>> {
        let default_country = Written { text: self.default_country.unwrap_or_default(), place };
        Known { default_country, this_year: self.this_year.map_or(2100, u32::from) }
    }
}
