//! Splits a text in which two things stand beside each other, as in `Germany (DE)`.

use super::unicode::{Class, class};

/// A text in two parts.
pub(super) struct Split<'a> {
    pub(super) main: &'a str,
    pub(super) other: &'a str,
    /// True if the other part stood in brackets.
    pub(super) is_in_brackets: bool,
}

/// The signs between two parts. A hyphen without spaces is part of a name.
const BETWEEN: [&str; 8] = [",", ";", " - ", " – ", " — ", "/", ":", "|"];
const BRACKETS: [(char, char); 2] = [('(', ')'), ('[', ']')];

/// Returns the ways to split a clean text: at brackets, then at the last of each sign.
pub(super) fn splits(clean: &str) -> impl Iterator<Item = Split<'_>> {
    let at_end = BRACKETS.into_iter().filter_map(move |(open, close)| {
        let (main, other) = clean.strip_suffix(close)?.rsplit_once(open)?;
        Some(Split { main, other, is_in_brackets: true })
    });
    let at_start = BRACKETS.into_iter().filter_map(move |(open, close)| {
        let (other, main) = clean.strip_prefix(open)?.split_once(close)?;
        Some(Split { main, other, is_in_brackets: true })
    });
    let at_sign = BETWEEN.into_iter().filter_map(move |sign| {
        let (main, other) = clean.rsplit_once(sign)?;
        Some(Split { main, other, is_in_brackets: false })
    });
    at_end.chain(at_start).chain(at_sign)
}

/// Returns the first and the last word, if it is a code of two ASCII letters, each with the rest.
pub(super) fn codes_at_ends(clean: &str) -> impl Iterator<Item = (&str, &str)> {
    let text = clean.trim_matches(is_sign);
    let first = text.split_once(is_sign);
    let last = text.rsplit_once(is_sign).map(|(rest, code)| (code, rest));
    [first, last].into_iter().flatten().filter(|(code, _)| is_code(code))
}

/// Returns true for two ASCII letters.
pub(super) fn is_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Returns true for a character that is not a letter, a mark or a number.
pub(super) fn is_sign(character: char) -> bool {
    matches!(class(character), Class::Space | Class::Invisible | Class::Other)
}
