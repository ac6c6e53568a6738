//! Lists of words and their meanings: names of countries and states, and words for genders.
//!
//! Each list is a file in `lists`. A line has a word, a space and the meaning. Lines ascend by
//! bytes, for binary search. Words are in the form that [`letters`](super::text::letters) returns:
//! lower case, without spaces and punctuation. A page loads a list only when a value needs it.

use core::cmp::Ordering;

/// How the phone numbers of each country are written. A line has the alpha-2 code, the calling code,
/// the trunk prefix, and the minimum and the maximum number of digits of a national number. A
/// country without a calling code has only its alpha-2 code.
///
/// The trunk prefix is `0`, `1`, `8`, `06`, `none`, or `stays` for none in countries whose numbers
/// may start with a zero. The minimum is used only where the trunk prefix is `0` or `06`; it is 0
/// elsewhere. Sources: ISO 3166-1 and Kosovo's `XK`; ITU-T E.164 and the metadata of libphonenumber
/// (Apache-2.0), without number lengths that no subscriber has.
pub(super) const PHONES: &str = include_str!("lists/phones.txt");

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

#[cfg(not(all(feature = "customer", target_family = "wasm")))]
impl List {
    /// Returns the lines of the list.
    pub(super) const fn lines(self) -> &'static str {
        match self {
            Self::Countries => include_str!("lists/countries.txt"),
            Self::States => include_str!("lists/states.txt"),
            Self::Genders => include_str!("lists/genders.txt"),
        }
    }

    /// Returns the meaning of a word.
    pub(super) fn meaning(self, word: &str) -> Option<String> {
        line_of(self.lines(), word).map(|(_, meaning)| meaning.to_owned())
    }
}

#[cfg(all(feature = "customer", target_family = "wasm"))]
#[expect(unsafe_code, reason = "declares what the page lends")]
mod lent {
    #[link(wasm_import_module = "page")]
    unsafe extern "C" {
        /// Writes the meaning of a word to `into`, which has room for eight bytes, and returns its
        /// length; 0 if there is none. If the list is not loaded, the page notes that the value
        /// needs it, and reads the value again later.
        pub safe fn meaning(
            list: super::List,
            word: *const u8,
            length: usize,
            into: *mut u8,
        ) -> usize;
    }
}

#[cfg(all(feature = "customer", target_family = "wasm"))]
impl List {
    /// Returns the meaning of a word.
    pub(super) fn meaning(self, word: &str) -> Option<String> {
        let mut room = [0; 8];
        let length = lent::meaning(self, word.as_ptr(), word.len(), room.as_mut_ptr());
        let meaning = core::str::from_utf8(room.get(..length)?).ok()?;
        (!meaning.is_empty()).then(|| meaning.to_owned())
    }
}

/// Finds the line of a word among lines that ascend. Returns the word and its meaning.
pub(super) fn line_of(lines: &'static str, word: &str) -> Option<(&'static str, &'static str)> {
    let mut left = lines;
    while !left.is_empty() {
        // Find the line that the middle is in.
        let before = left.as_bytes().get(..left.len() / 2)?;
        let from = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let (earlier, rest) = left.split_at_checked(from)?;
        let (line, later) = rest.split_once('\n').unwrap_or((rest, ""));
        let (known, meaning) = line.split_once(' ').unwrap_or((line, ""));
        left = match word.cmp(known) {
            Ordering::Equal => return Some((known, meaning)),
            Ordering::Less => earlier,
            Ordering::Greater => later,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::text::{clean, letters};
    use super::*;

    const ALL: [List; 3] = [List::Countries, List::States, List::Genders];

    #[test]
    fn words_ascend_by_bytes() {
        for lines in ALL.map(List::lines).into_iter().chain([PHONES]) {
            let words = lines.lines().filter_map(|line| line.split(' ').next());
            let words: Vec<&str> = words.collect();
            assert!(words.is_sorted_by(|one, next| one < next));
        }
    }

    #[test]
    fn every_word_is_written_as_values_are_and_is_found() {
        for list in ALL {
            assert!(list.lines().ends_with('\n'));
            for line in list.lines().lines() {
                let (word, meaning) = line.split_once(' ').unwrap();
                assert_eq!(letters(&clean(word)), word);
                assert_eq!(list.meaning(word).as_deref(), Some(meaning), "{word}");
            }
        }
    }
}
