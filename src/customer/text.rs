//! What the rules do with texts, whoever keeps them.
//!
//! Rules never touch the bytes of a value. They say what becomes of a text in the operations below, which a
//! server answers from its own memory and Unicode tables ([`Written`](super::written::Written)) and a page with
//! its own strings, so that what a page loads is the rules and nothing else.
//!
//! What many rules call is `inline(never)`: a page has it once. All else is in line there, and compresses best so.

use super::lists::List;
use super::set::Set;

/// A text that somebody keeps, as a handle that costs nothing to copy. No operation changes it or fails.
pub trait Text: Copy {
    /// A text that the rules know, kept beside this one.
    fn literal(self, text: &'static str) -> Self;

    /// Full lower-casing, then Unicode's NFC: in JavaScript `text.toLowerCase().normalize()`.
    fn folded(self) -> Self;

    /// With the ASCII digit in place of each decimal digit (Nd) of another script.
    fn with_ascii_digits(self) -> Self;

    /// The SHA-256 of its UTF-8 in lower-case hexadecimal.
    fn sha256(self) -> Self;

    /// How many characters (code points) it has.
    fn length(self) -> usize;

    /// Its first character; 0 if it is empty.
    fn character(self) -> u32;

    /// The number that its ASCII digits make; anything where that has more than nine of them.
    fn value(self) -> u32;

    /// Its place among the words between the bars of a list.
    fn place_in(self, list: &'static str) -> Option<usize>;

    /// What it stands for in a list of words, if that list is at hand.
    fn meaning(self, list: List) -> Option<Self>;

    /// Whether it has a character that is of a set, or one that is not.
    fn has(self, set: Set, of: bool) -> bool;

    /// Without the characters that are of a set, or without those that are not.
    fn removed(self, set: Set, of: bool) -> Self;

    /// Without what is of a set around it.
    fn trimmed(self, set: Set) -> Self;

    /// What it starts with that is of a set, or is not, and the rest.
    fn span(self, set: Set, of: bool) -> (Self, Self);

    /// What stands before and after a sign: the first such sign, or the last.
    fn split(self, sign: &'static str, last: bool) -> Option<(Self, Self)>;

    /// So many characters, or as many as it has, and the rest.
    fn cut(self, length: usize) -> (Self, Self);

    /// With another one behind it.
    fn joined(self, other: Self) -> Self;

    /// With a character behind it.
    fn with(self, character: char) -> Self;

    /// Whether it has no characters.
    fn is_empty(self) -> bool {
        self.length() == 0
    }

    /// Whether it is one of the words between the bars of a list.
    fn is(self, list: &'static str) -> bool {
        self.place_in(list).is_some()
    }

    /// Whether it has no character beyond a set.
    fn has_only(self, set: Set) -> bool {
        !self.has(set, false)
    }

    /// What follows a start in ASCII, if it is this one.
    fn after(self, start: &'static str) -> Option<Self> {
        let (front, rest) = self.cut(start.len());
        front.is(start).then_some(rest)
    }

    /// Lower case, NFC, nothing invisible, nothing around it.
    #[inline(never)]
    fn clean(self) -> Self {
        // What stood apart may compose now.
        self.folded().removed(Set::Invisible, true).folded().trimmed(Set::Space)
    }

    /// Letters, marks and numbers of a clean text; punctuation, symbols and spaces go, and with a symbol the
    /// marks that stand on it.
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
