//! The operations that the rules need on texts, implemented by each host.
//!
//! Rules never touch the bytes of a value. They use the operations below. A server implements them
//! with its own memory and Unicode tables ([`Written`](super::written::Written)), a page with
//! JavaScript strings. So a page loads the rules and nothing else.
//!
//! Functions that many rules call are `inline(never)`, so that a page has them once. All others are
//! inlined, because that compresses best.

use super::lists::List;
use super::set::Set;

/// A handle to a text that the host keeps. It costs nothing to copy. No operation changes the text
/// or fails.
pub trait Text: Copy {
    /// Returns a text that is part of the rules. The host puts it where it keeps `self`.
    fn literal(self, text: &'static str) -> Self;

    /// Lower-cases fully, then applies Unicode's NFC: in JavaScript
    /// `text.toLowerCase().normalize()`.
    fn folded(self) -> Self;

    /// Replaces each decimal digit (Nd) of another script with the ASCII digit.
    fn with_ascii_digits(self) -> Self;

    /// Returns the SHA-256 of the text's UTF-8 in lower-case hexadecimal.
    fn sha256(self) -> Self;

    /// Returns the number of characters (code points).
    fn length(self) -> usize;

    /// Returns the first character, or 0 if the text is empty.
    fn character(self) -> u32;

    /// Parses ASCII digits as a number. The result is arbitrary for more than nine digits.
    fn value(self) -> u32;

    /// Returns the position of this text in a list of words separated by `|`.
    fn place_in(self, list: &'static str) -> Option<usize>;

    /// Returns the meaning of this word in a list, if the list has the word and is loaded.
    fn meaning(self, list: List) -> Option<Self>;

    /// Returns true if a character is in `set` or, if `of` is false, if one is not in `set`.
    fn has(self, set: Set, of: bool) -> bool;

    /// Removes the characters that are in `set` or, if `of` is false, those that are not.
    fn removed(self, set: Set, of: bool) -> Self;

    /// Removes the characters of `set` from both ends.
    fn trimmed(self, set: Set) -> Self;

    /// Splits after the longest prefix whose characters are in `set` or, if `of` is false, are not.
    fn span(self, set: Set, of: bool) -> (Self, Self);

    /// Splits at the first or the last `sign`. Returns the texts before and after it.
    fn split(self, sign: &'static str, last: bool) -> Option<(Self, Self)>;

    /// Splits after `length` characters, or at the end of a shorter text.
    fn cut(self, length: usize) -> (Self, Self);

    /// Appends another text.
    fn joined(self, other: Self) -> Self;

    /// Appends a character.
    fn with(self, character: char) -> Self;

    /// Returns true if the text has no characters.
    fn is_empty(self) -> bool {
        self.length() == 0
    }

    /// Returns true if the text is one of the words of a list, separated by `|`.
    fn is(self, list: &'static str) -> bool {
        self.place_in(list).is_some()
    }

    /// Returns true if all characters are in `set`.
    fn has_only(self, set: Set) -> bool {
        !self.has(set, false)
    }

    /// Returns the text after `start`, which is ASCII, if the text starts with it.
    fn after(self, start: &'static str) -> Option<Self> {
        let (front, rest) = self.cut(start.len());
        front.is(start).then_some(rest)
    }

    /// Returns the text in lower case and NFC, without invisible characters and surrounding white
    /// space.
    #[inline(never)]
    fn clean(self) -> Self {
        // Removing characters can bring a letter and a mark together, so compose (NFC) again.
        self.folded().removed(Set::Invisible, true).folded().trimmed(Set::Space)
    }

    /// Returns the letters, marks and numbers of a clean text. Removes punctuation, symbols and
    /// spaces, and the marks that stand on a symbol.
    #[inline(never)]
    fn letters(self) -> Self {
        let (mut letters, mut rest) = self.cut(0);
        while !rest.is_empty() {
            let (word, more) = rest.span(Set::Word, false).1.span(Set::WordOrMark, true);
            letters = letters.joined(word);
            rest = more;
        }
        letters.folded()
    }
}
