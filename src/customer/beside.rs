//! Splits a text in which two things stand beside each other, as in `Germany (DE)`.

use super::text::{is_sign, split_at_last, split_before, trim_matches};

/// A text in two parts.
pub(super) struct Split<'a> {
    pub(super) main: &'a str,
    pub(super) other: &'a str,
    /// True if the other part stood in brackets.
    pub(super) is_in_brackets: bool,
}

/// The signs between two parts. A hyphen without spaces is part of a name.
const BETWEEN: [&str; 8] = [",", ";", " - ", " – ", " — ", "/", ":", "|"];
const BRACKETS: [(&str, &str); 2] = [("(", ")"), ("[", "]")];

/// Returns the ways to split a clean text: at brackets, then at the last of each sign.
pub(super) fn splits(clean: &str) -> Vec<Split<'_>> {
    let mut splits = Vec::new();
    let mut add = |parts: Option<(_, _)>, is_in_brackets| {
        if let Some((main, other)) = parts {
            splits.push(Split { main, other, is_in_brackets });
        }
    };
    for (open, close) in BRACKETS {
        add(clean.strip_suffix(close).and_then(|text| split_at_last(text, open)), true);
        let at_start = clean.strip_prefix(open).and_then(|text| split_at_last(text, close));
        add(at_start.map(|(other, main)| (main, other)), true);
    }
    for sign in BETWEEN {
        add(split_at_last(clean, sign), false);
    }
    splits
}

/// Returns the first and the last word, if it is a code of two ASCII letters, each with the rest.
pub(super) fn codes_at_ends(clean: &str) -> Vec<(&str, &str)> {
    let text = trim_matches(clean, is_sign);
    let mut codes = Vec::new();
    let (first, after) = split_before(text, is_sign);
    if is_code(first) {
        codes.push((first, after));
    }
    if let Some((before, last)) = text.split_at_checked(text.len().saturating_sub(2)) {
        let is_word = trim_matches(before, is_sign).len() < before.len();
        if is_word && is_code(last) {
            codes.push((last, before));
        }
    }
    codes
}

/// Returns true for two ASCII letters.
pub(super) fn is_code(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}
