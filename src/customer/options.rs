//! The context that the caller gives with a value.

use super::country::Country;
use super::text::clean;

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
    /// counts as none; [`problem`](super::problem) names it.
    pub default_country: Option<&'a str>,
    /// The current year. No date of birth is later. `None` allows years up to 2100.
    pub this_year: Option<u16>,
}

impl Options<'_> {
    /// Returns the default country, if there is one that is known.
    pub(super) fn country(&self) -> Option<Country> {
        Country::named(&clean(self.default_country?))
    }

    /// Returns true if the default country is not known.
    pub(super) fn has_unknown_country(&self) -> bool {
        let name = clean(self.default_country.unwrap_or_default());
        !name.is_empty() && Country::named(&name).is_none()
    }

    /// Returns the latest year of a date of birth.
    pub(super) fn latest_year(&self) -> u32 {
        self.this_year.map_or(2100, u32::from)
    }
}
