//! Lists of words and their meanings: names of countries and states, and words for genders.
//!
//! Each list is a file beside this one. A line has a word, a space and the meaning. Lines ascend by
//! bytes, for binary search. Words are in the form that [`letters`](super::text::Text::letters)
//! returns: lower case, without spaces and punctuation. A page loads a list only when a value needs
//! it.

use core::cmp::Ordering;

use crate::identifiers::take;

/// A list of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum List {
    /// Names of countries: in English and in the country's own languages, with and without accents,
    /// and the three-letter codes of ISO 3166-1. The meaning is the two-letter code. A name that
    /// two countries use has one of them as its meaning. Sources: Unicode's CLDR for English and
    /// for each country's own languages, the English names of ISO 3166-1, and other common names,
    /// added by hand.
    Countries,
    /// States, the district, territories and postal codes of the armed forces of the United States
    /// (ANSI INCITS 38), and Canada's provinces. The meaning is `us` or `ca` and the code.
    States,
    /// Words for `f` and `m` in the languages that forms are commonly written in.
    Genders,
}

impl List {
    pub(super) const fn lines(self) -> &'static str {
        match self {
            Self::Countries => include_str!("lists/countries.txt"),
            Self::States => include_str!("lists/states.txt"),
            Self::Genders => include_str!("lists/genders.txt"),
        }
    }

    /// Returns the meaning of a word.
    pub(super) fn look_up(self, word: &str) -> Option<&'static str> {
        let mut left = self.lines();
        while !left.is_empty() {
            // Find the start of the line that the middle is in.
            let before = left.as_bytes().get(..left.len() / 2)?;
            let from = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
            let mut rest = left.get(from..)?;
            let known = take(&mut rest, b' ');
            left = match word.cmp(known) {
                Ordering::Equal => return Some(take(&mut rest, b'\n')),
                Ordering::Less => left.get(..from)?,
                Ordering::Greater => {
                    take(&mut rest, b'\n');
                    rest
                }
            };
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::super::text::Text;
    use super::super::written::Written;
    use super::*;

    const ALL: [List; 3] = [List::Countries, List::States, List::Genders];

    #[test]
    fn words_ascend_by_bytes() {
        for list in ALL {
            let words = list.lines().lines().filter_map(|line| line.split(' ').next());
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
                let place = Bump::new();
                let clean = Written { text: word, place: &place }.clean();
                assert_eq!(clean.letters().text, word);
                assert_eq!(list.look_up(word), Some(meaning), "{word}");
            }
        }
    }
}
