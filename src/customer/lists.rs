//! Words and what they stand for: names of countries, of states, words for a person's gender.
//!
//! Each list is a file beside this one, a word or a name a line and after it what it stands for. Lines
//! ascend by bytes, so that a word is found by halving. Words are as [`letters`](super::text::letters)
//! leaves them: lower case, without spaces and punctuation. A page loads a list only once a value
//! needs it.

use core::cmp::Ordering;

use super::reason::Reason;
use super::text::{IS_SMALL, part, take};

/// The lists, or those of them that are at hand: an empty one is not.
///
/// A value that needs a list which is not at hand is refused, and
/// [`Reason::missing_list`](super::Reason::missing_list) says which one it was.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a> {
    /// What countries are called, in English and by themselves, with accents and without, and by ISO
    /// 3166-1 in three letters; what it stands for is its two. Names that two countries use are one's
    /// alone. Sources: Unicode's CLDR for English and for each country's own languages, the English
    /// names of ISO 3166-1, and by hand what people write besides.
    pub countries: &'a str,
    /// States, the district, territories, postal codes of the forces (ANSI INCITS 38) after `us`, and
    /// Canada's provinces after `ca`.
    pub states: &'a str,
    /// Words for `f` and `m` in the languages that forms are commonly written in.
    pub genders: &'a str,
}

impl Default for Lists<'_> {
    fn default() -> Self {
        Self {
            countries: include_str!("lists/countries.txt"),
            states: include_str!("lists/states.txt"),
            genders: include_str!("lists/genders.txt"),
        }
    }
}

/// What a word stands for.
///
/// # Errors
///
/// The reason given where the list is not at hand.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn look_up<'a>(
    list: &'a str,
    missing: Reason,
    word: &str,
) -> Result<Option<&'a str>, Reason> {
    if list.is_empty() {
        return Err(missing);
    }
    let mut left = list;
    if IS_SMALL {
        // Quick enough for one person's words, and to no other end.
        while !left.is_empty() {
            let mut line = take(&mut left, b'\n');
            if take(&mut line, b' ') == word {
                return Ok(Some(line));
            }
        }
        return Ok(None);
    }
    while !left.is_empty() {
        // The line that the middle lies in.
        let before = left.as_bytes().get(..left.len() / 2).unwrap_or_default();
        let from = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let mut rest = part(left, from, left.len());
        let known = take(&mut rest, b' ');
        left = match word.cmp(known) {
            Ordering::Equal => return Ok(Some(take(&mut rest, b'\n'))),
            Ordering::Less => part(left, 0, from),
            Ordering::Greater => {
                take(&mut rest, b'\n');
                rest
            }
        };
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::options::Options;
    use super::super::text::{clean, letters};
    use super::*;

    fn all() -> [&'static str; 3] {
        let Lists { countries, states, genders } = Lists::default();
        [countries, states, genders]
    }

    #[test]
    fn words_ascend_by_bytes() {
        for list in all() {
            let words: Vec<&str> = list.lines().filter_map(|line| line.split(' ').next()).collect();
            assert!(words.is_sorted_by(|one, next| one < next));
        }
    }

    #[test]
    fn every_word_is_written_as_values_are_and_is_found() {
        let options = Options::default();
        for list in all() {
            assert!(list.ends_with('\n'));
            for line in list.lines() {
                let (word, meaning) = line.split_once(' ').unwrap();
                assert_eq!(letters(&clean(word, &options), &options), word);
                assert_eq!(look_up(list, Reason::EMPTY, word), Ok(Some(meaning)), "{word}");
            }
        }
    }

    #[test]
    fn a_list_that_is_not_at_hand_is_said_to_be_missing() {
        assert_eq!(look_up("", Reason::NEEDS_STATES, "ustexas"), Err(Reason::NEEDS_STATES));
        assert_eq!(look_up("a b\n", Reason::NEEDS_STATES, "ustexas"), Ok(None));
    }
}
