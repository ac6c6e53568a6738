//! What the caller knows beyond the value itself.

use super::characters::{Class, class};
use super::lists::Lists;
use super::sha256_hex;
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
///
/// The default answers what there is to ask about characters and words with tables of this crate. A
/// build that never names the default can answer with its host's own functions instead, and links none
/// of those tables. Both give the same bytes: Unicode never changes lower case and NFC of a character
/// that it has assigned, and hardly ever its class.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// The country that a national phone number, a state, a postal code or a date in figures is
    /// from, if it does not say so itself: its ISO 3166-1 code or its name. One that is not known
    /// counts as none.
    pub default_country: Option<&'a str>,
    /// The year it is now; no date of birth is later. `None`: none is later than 2100.
    pub this_year: Option<u16>,
    /// Full lower-casing, then Unicode's NFC: in JavaScript `text.toLowerCase().normalize("NFC")`.
    /// Only the build that a page loads asks it about ASCII too.
    pub fold: fn(&str) -> String,
    /// What a character is. Only the build that a page loads asks it about ASCII too.
    pub class: fn(char) -> Class,
    /// The SHA-256 of a text's UTF-8 in lower-case hexadecimal.
    pub sha256: fn(&str) -> String,
    /// Words and what they stand for.
    pub lists: Lists<'a>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            default_country: None,
            this_year: None,
            fold,
            class,
            sha256: |text| sha256_hex(text.as_bytes()),
            lists: Lists::default(),
        }
    }
}
