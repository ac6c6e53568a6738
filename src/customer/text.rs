//! What every field does to text: lower case, composition, what is invisible, what is a letter.

use core::str::Chars;

use unicode_normalization::UnicodeNormalization;

use super::characters::{Class, Classes, ascii_class};
use super::options::Options;

pub(super) use crate::identifiers::take;

/// Whether this is the build that a page loads, where few bytes count for more than speed. What it
/// decides is how a result comes about, never what it is.
pub(super) const IS_SMALL: bool = cfg!(feature = "customer");

/// Full lower-casing, then NFC, by tables: the default of [`Options::fold`].
pub(super) fn fold(text: &str) -> String {
    text.to_lowercase().nfc().collect()
}

impl Options<'_> {
    /// Lower case and NFC, without the tables where the text is ASCII.
    pub(super) fn folded(&self, text: &str) -> String {
        if !IS_SMALL && text.is_ascii() { text.to_ascii_lowercase() } else { (self.fold)(text) }
    }

    /// Whether a character is of one of these classes.
    #[cfg_attr(feature = "customer", inline(never))]
    pub(super) fn is(&self, character: char, classes: Classes) -> bool {
        classes.have(self.class_of(character))
    }

    /// What a character is, without the tables where it is ASCII.
    pub(super) fn class_of(&self, character: char) -> Class {
        if !IS_SMALL && character.is_ascii() {
            ascii_class(character)
        } else {
            (self.class)(character)
        }
    }

    /// The ASCII digit that a character stands for, if it is a digit.
    #[cfg_attr(feature = "customer", inline(never))]
    pub(super) fn digit(&self, character: char) -> Option<char> {
        if !self.is(character, Classes::DIGIT) {
            return None;
        }
        if !IS_SMALL && character.is_ascii() {
            return Some(character);
        }
        // Every script's ten digits stand together, zero first; some scripts follow upon each other.
        let mut before = u32::from(character);
        let mut value = 0;
        while let Some(one) = before.checked_sub(1).and_then(char::from_u32)
            && self.is(one, Classes::DIGIT)
        {
            before -= 1;
            value += 1;
        }
        Some(char::from(b'0' + value % 10))
    }

    /// Whether a text has a character of one of these classes.
    #[cfg_attr(feature = "customer", inline(never))]
    pub(super) fn has(&self, text: &str, classes: Classes) -> bool {
        let mut characters = text.chars();
        while let Some(character) = next(&mut characters) {
            if self.is(character, classes) {
                return true;
            }
        }
        false
    }

    /// A text without the characters of these classes.
    pub(super) fn without(&self, text: &str, classes: Classes) -> String {
        mapped(text, &mut |character| (!self.is(character, classes)).then_some(character))
    }

    /// Takes off a text what it starts with that is of these classes, or is not.
    #[cfg_attr(feature = "customer", inline(never))]
    pub(super) fn take_span<'t>(&self, rest: &mut &'t str, classes: Classes, of: bool) -> &'t str {
        let text = *rest;
        let mut characters = text.chars();
        while let Some(character) = next(&mut characters)
            && self.is(character, classes) == of
        {
            *rest = characters.as_str();
        }
        part(text, 0, text.len() - rest.len())
    }

    /// A text without what is of these classes around it.
    pub(super) fn trimmed<'t>(&self, text: &'t str, classes: Classes) -> &'t str {
        trimmed(text, &|character| self.is(character, classes))
    }
}

/// A text without some characters around it.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn trimmed<'t>(text: &'t str, without: &dyn Fn(char) -> bool) -> &'t str {
    if !IS_SMALL {
        return text.trim_matches(without);
    }
    let (mut start, mut end) = (text.len(), 0);
    let mut characters = text.chars();
    loop {
        let at = text.len() - characters.as_str().len();
        let Some(character) = next(&mut characters) else { break };
        if !without(character) {
            start = start.min(at);
            end = text.len() - characters.as_str().len();
        }
    }
    part(text, start, end)
}

/// The next character of some: its decoding is code that a page has once.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn next(characters: &mut Chars<'_>) -> Option<char> {
    characters.next()
}

/// A text with other characters in place of its own, or none.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn mapped(text: &str, other: &mut dyn FnMut(char) -> Option<char>) -> String {
    let mut mapped = String::new();
    if !IS_SMALL {
        mapped.reserve(text.len());
    }
    let mut characters = text.chars();
    while let Some(character) = next(&mut characters) {
        if let Some(character) = other(character) {
            mapped.push(character);
        }
    }
    mapped
}

/// Lower case, NFC, nothing invisible, nothing around it.
pub(super) fn clean(raw: &str, options: &Options<'_>) -> String {
    if !IS_SMALL {
        // Nearly every value is ASCII: one copy, no question.
        let inner = raw.trim();
        if inner.bytes().all(|byte| matches!(byte, b'\t'..=b'\r' | b' '..=b'~')) {
            return inner.to_ascii_lowercase();
        }
    }
    let mut text = options.folded(raw);
    if IS_SMALL || options.has(&text, Classes::INVISIBLE) {
        // What stood apart may compose now.
        text = options.folded(&options.without(&text, Classes::INVISIBLE));
    }
    let inner = options.trimmed(&text, Classes::SPACE);
    if !IS_SMALL && inner.len() == text.len() { text } else { joined(&[inner]) }
}

/// Letters, marks and numbers of a clean text; punctuation, symbols and spaces go, and with a symbol
/// the marks that stand on it.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn letters(clean: &str, options: &Options<'_>) -> String {
    let mut on_a_letter = false;
    let kept = mapped(clean, &mut |character| {
        let kept = if on_a_letter { Classes::WORD.and(Classes::MARK) } else { Classes::WORD };
        on_a_letter = options.is(character, kept);
        on_a_letter.then_some(character)
    });
    if !IS_SMALL && (kept.len() == clean.len() || is_ascii(&kept)) {
        kept
    } else {
        options.folded(&kept)
    }
}

#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn is_ascii(text: &str) -> bool {
    if IS_SMALL { text.bytes().all(|byte| byte.is_ascii()) } else { text.is_ascii() }
}

/// The bytes of a text from one place to another; nothing where a character would be cut.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn part(text: &str, from: usize, to: usize) -> &str {
    text.get(from..to).unwrap_or_default()
}

/// What follows the start of a text, if it is this one.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn after<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    text.strip_prefix(start)
}

/// Texts as one.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn joined(parts: &[&str]) -> String {
    let mut whole = String::new();
    if !IS_SMALL {
        whole.reserve(parts.iter().map(|part| part.len()).sum());
    }
    for part in parts {
        whole.push_str(part);
    }
    whole
}

/// How many characters a text has.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn count(text: &str) -> usize {
    let mut characters = text.chars();
    let mut count = 0;
    while next(&mut characters).is_some() {
        count += 1;
    }
    count
}

/// Whether a word is one of those between the bars of a list.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn is_one_of(list: &str, word: &str) -> bool {
    let mut rest = list;
    while !rest.is_empty() {
        if take(&mut rest, b'|') == word {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_every_letter_twice_is_folding_it_once() {
        for character in '\0'..=char::MAX {
            let once = fold(character.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "U+{:04X}", u32::from(character));
        }
    }

    #[test]
    fn trims_as_the_standard_library_does() {
        let options = Options::default();
        for text in ["", " ", "a", " a b\u{a0}", "\u{3000}é ", "é"] {
            assert_eq!(options.trimmed(text, Classes::SPACE), text.trim(), "{text:?}");
        }
    }
}
