//! Cleans, splits and searches texts for the rules.
//!
//! These functions are those of `str` for one kind of question, a function pointer. With closures, a
//! page would load a copy of `str`'s functions for each of them: the module for contact data had
//! 11.9 kB of Brotli output, and has 6.2.

use super::unicode::{Class, ascii_digit, class, folded};

/// A question about a character.
pub(super) type Is = fn(char) -> bool;

/// Returns a text in lower case and NFC, without invisible characters and surrounding white space.
pub(super) fn clean(raw: &str) -> String {
    without_invisible(raw, |character| class(character) == Class::Invisible)
}

/// Returns a text as [`clean`] does, but with the joiners that follow a letter or a mark.
pub(super) fn clean_with_joiners(raw: &str) -> String {
    let folded = without_invisible(raw, |character| {
        class(character) == Class::Invisible && !is_joiner(character)
    });
    let mut text = String::new();
    let mut is_after_letter = false;
    for character in folded.chars() {
        if is_after_letter || !is_joiner(character) {
            text.push(character);
        }
        is_after_letter = matches!(class(character), Class::Letter | Class::Mark);
    }
    text
}

fn without_invisible(raw: &str, goes: Is) -> String {
    let mut text = folded(raw);
    if contains(&text, goes) {
        // Removing characters can bring a letter and a mark together, so compose (NFC) again.
        text = folded(&without(&text, goes));
    }
    trimmed(&text).to_owned()
}

/// Returns true for a joiner between letters of Persian, Sorani and Indic scripts: U+200C, U+200D.
pub(super) fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}')
}

/// Returns true for white space.
pub(super) fn is_space(character: char) -> bool {
    class(character) == Class::Space
}

/// Returns true for a letter.
pub(super) fn is_letter(character: char) -> bool {
    class(character) == Class::Letter
}

/// Returns true for a letter or a number.
pub(super) fn is_letter_or_number(character: char) -> bool {
    matches!(class(character), Class::Letter | Class::Digit | Class::Number)
}

/// Returns true for a character that is not a letter, a mark or a number.
pub(super) fn is_sign(character: char) -> bool {
    matches!(class(character), Class::Space | Class::Invisible | Class::Other)
}

/// Returns true for `0` to `9`.
pub(super) fn is_ascii_digit(character: char) -> bool {
    character.is_ascii_digit()
}

/// Returns a text without white space around it.
pub(super) fn trimmed(text: &str) -> &str {
    trim_matches(text, is_space)
}

/// See [`str::trim_matches`].
pub(super) fn trim_matches(text: &str, is: Is) -> &str {
    let (mut start, mut end) = (text.len(), 0);
    let mut rest = text.chars();
    loop {
        let at = text.len() - rest.as_str().len();
        let Some(character) = rest.next() else { break };
        if !is(character) {
            start = start.min(at);
            end = text.len() - rest.as_str().len();
        }
    }
    text.get(start..end).unwrap_or_default()
}

/// See [`str::find`].
pub(super) fn find(text: &str, is: Is) -> Option<usize> {
    text.find(is)
}

/// See [`str::contains`].
pub(super) fn contains(text: &str, is: Is) -> bool {
    find(text, is).is_some()
}

/// See [`str::starts_with`].
pub(super) fn starts_with(text: &str, is: Is) -> bool {
    text.chars().next().is_some_and(is)
}

/// See [`str::rsplit_once`].
pub(super) fn split_at_last<'a>(text: &'a str, sign: &str) -> Option<(&'a str, &'a str)> {
    let is_here = |at: &usize| text.get(*at..).is_some_and(|rest| rest.starts_with(sign));
    let at = (0..text.len()).rev().find(is_here)?;
    Some((text.get(..at)?, text.get(at + sign.len()..)?))
}

/// Returns the words between signs.
pub(super) fn words_of(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = trim_matches(text, is_sign);
    while !rest.is_empty() {
        let (word, after) = split_before(rest, is_sign);
        words.push(word);
        rest = trim_matches(after, is_sign);
    }
    words
}

/// See [`str::strip_prefix`].
pub(super) fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    text.strip_prefix(prefix)
}

/// Splits a text before the first character that `is` is true for.
pub(super) fn split_before(text: &str, is: Is) -> (&str, &str) {
    text.split_at_checked(find(text, is).unwrap_or(text.len())).unwrap_or((text, ""))
}

/// Returns the number of characters.
pub(super) fn length(text: &str) -> usize {
    text.chars().fold(0, |length, _| length + 1)
}

/// Returns the texts one after the other.
pub(super) fn joined(texts: &[&str]) -> String {
    let mut joined = String::new();
    for text in texts {
        joined.push_str(text);
    }
    joined
}

/// Returns a text without the characters that `goes` is true for.
pub(super) fn without(text: &str, goes: Is) -> String {
    let mut left = String::new();
    for character in text.chars() {
        if !goes(character) {
            left.push(character);
        }
    }
    left
}

/// Returns a text with each character changed.
pub(super) fn mapped(text: &str, map: fn(char) -> char) -> String {
    let mut mapped = String::new();
    for character in text.chars() {
        mapped.push(map(character));
    }
    mapped
}

/// Returns the letters, marks and numbers of a clean text. Removes punctuation, symbols and spaces,
/// and the marks that stand on a symbol. Joiners stay between them.
pub(super) fn letters(clean: &str) -> String {
    let mut letters = String::new();
    let mut is_in_word = false;
    for character in clean.chars() {
        is_in_word = match class(character) {
            Class::Letter | Class::Digit | Class::Number => true,
            Class::Mark => is_in_word,
            _ => is_in_word && is_joiner(character),
        };
        if is_in_word {
            letters.push(character);
        }
    }
    folded(&letters)
}

/// Returns a text whose decimal digits of other scripts are ASCII digits.
pub(super) fn with_ascii_digits(text: &str) -> String {
    mapped(text, |character| ascii_digit(character).unwrap_or(character))
}

/// Returns true if a text has digits of ASCII alone, at least one.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && !contains(text, |character| !character.is_ascii_digit())
}
