//! What the caller knows beyond the value itself.

use super::text::fold;

/// What the caller knows beyond the value itself.
///
/// ```
/// use capi_bridge::customer::{Field, Options, normalize};
///
/// let options = Options { default_country: Some("GB"), ..Options::default() };
/// let phone = normalize(Field::Phone, "07911 123456", &options).unwrap();
/// assert_eq!(phone[0].as_str(), "447911123456");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The country that a national phone number, a state, a postal code or a date in figures is
    /// from, if it does not say so itself: its ISO 3166-1 code or its name. One that is not known
    /// counts as none.
    pub default_country: Option<&'a str>,
    /// The year it is now; no date of birth is later. `None`: none is later than 2100.
    pub this_year: Option<u16>,
    /// Full lower-casing, then Unicode's NFC: in JavaScript `text.toLowerCase().normalize("NFC")`.
    ///
    /// The default does it with tables of this crate. A build that never names the default can pass
    /// its host's own functions instead and links none of those tables; both give the same bytes,
    /// because Unicode never changes either for a character that it has assigned. It is only called
    /// for text that is not ASCII.
    pub fold: fn(&str) -> String,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { default_country: None, this_year: None, fold }
    }
}
