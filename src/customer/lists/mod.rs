//! Lists of words and their meanings: names of countries and states, and words for genders.
//!
//! Each list is a file in this folder. A line has a word, a space and the meaning. Lines ascend by
//! bytes, for binary search. Words are in the form that [`letters`](super::text::letters) returns:
//! lower case, without spaces and punctuation. A server has all lists. A page loads a list only when
//! a value needs it.

#[cfg(not(all(feature = "customer", target_family = "wasm")))]
mod held;
#[cfg(all(feature = "customer", target_family = "wasm"))]
mod lent;

#[cfg(not(all(feature = "customer", target_family = "wasm")))]
use held as host;
#[cfg(test)]
pub(super) use held::lines;
#[cfg(all(feature = "customer", target_family = "wasm"))]
use lent as host;

/// A list of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum List {
    /// Names of countries: in English and in the country's own languages, with and without accents,
    /// and the three-letter codes of ISO 3166-1. The meaning is the two-letter code. A name that
    /// several countries share has its ISO 3166-1 meaning. Sources: ISO 3166-1 (short, official and
    /// inverted English names), Unicode's CLDR (English and each country's own languages),
    /// WooCommerce's `i18n/countries.php`, the country lists of Shopify and Magento, short forms of
    /// the World Bank, and other common names, added by hand.
    Countries,
    /// States, the district, territories, states in free association and postal codes of the armed
    /// forces of the United States, and Canada's provinces: names and abbreviations of at least
    /// three letters. The meaning is `us` or `ca` and the code. Sources: ANSI INCITS 38, USPS
    /// Publication 28, the abbreviations of the United States Government Printing Office and, in
    /// English and French, of Natural Resources Canada.
    States,
    /// Words for `f` and `m` in the languages that forms are commonly written in, forms of address,
    /// and the words for relatives of Meta's parameter builder. Words that can be both are left out.
    Genders,
}

impl List {
    /// Returns the meaning of a word.
    pub(super) fn meaning(self, word: &str) -> Option<String> {
        host::meaning(self, word)
    }
}
