//! Implements [`Text`] with this program's own memory and Unicode tables.

use bumpalo::Bump;
use bumpalo::collections::String;
use unicode_normalization::UnicodeNormalization;

use super::digits::in_ascii;
use super::lists::List;
use super::set::Set;
use super::sha256_hex;
use super::text::Text;

/// A text, and the arena that keeps the texts made from it until the value is processed.
#[derive(Clone, Copy)]
pub(super) struct Written<'a> {
    pub(super) text: &'a str,
    pub(super) place: &'a Bump,
}

impl<'a> Written<'a> {
    fn kept(self, text: &'a str) -> Self {
        Self { text, ..self }
    }

    fn pair(self, (one, other): (&'a str, &'a str)) -> (Self, Self) {
        (self.kept(one), self.kept(other))
    }

    /// Makes a text of other characters.
    fn made(self, characters: impl Iterator<Item = char>) -> Self {
        self.kept(String::from_iter_in(characters, self.place).into_bump_str())
    }
}

impl Text for Written<'_> {
    fn literal(self, text: &'static str) -> Self {
        self.kept(text)
    }

    fn folded(self) -> Self {
        if !self.text.is_ascii() {
            return self.made(self.text.to_lowercase().nfc());
        }
        // Nearly every value is ASCII: it needs no tables, and no copy if it is lower-case.
        if !self.text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return self;
        }
        let folded = self.place.alloc_str(self.text);
        folded.make_ascii_lowercase();
        self.kept(folded)
    }

    fn with_ascii_digits(self) -> Self {
        if self.text.is_ascii() {
            return self;
        }
        self.made(self.text.chars().map(|character| in_ascii(character).unwrap_or(character)))
    }

    fn sha256(self) -> Self {
        self.kept(self.place.alloc_str(&sha256_hex(self.text.as_bytes())))
    }

    fn length(self) -> usize {
        self.text.chars().count()
    }

    fn character(self) -> u32 {
        self.text.chars().next().map_or(0, u32::from)
    }

    fn value(self) -> u32 {
        self.text.bytes().fold(0, |value, digit| {
            value.wrapping_mul(10).wrapping_add(u32::from(digit.wrapping_sub(b'0')))
        })
    }

    fn place_in(self, list: &'static str) -> Option<usize> {
        list.split('|').position(|word| word == self.text)
    }

    fn meaning(self, list: List) -> Option<Self> {
        list.look_up(self.text).map(|meaning| self.kept(meaning))
    }

    fn has(self, set: Set, of: bool) -> bool {
        self.text.chars().any(|character| set.holds(character) == of)
    }

    fn removed(self, set: Set, of: bool) -> Self {
        if !self.has(set, of) {
            return self;
        }
        self.made(self.text.chars().filter(|&character| set.holds(character) != of))
    }

    fn trimmed(self, set: Set) -> Self {
        self.kept(self.text.trim_matches(|character| set.holds(character)))
    }

    fn span(self, set: Set, of: bool) -> (Self, Self) {
        let end = self.text.find(|character| set.holds(character) != of);
        self.pair(self.text.split_at(end.unwrap_or(self.text.len())))
    }

    fn split(self, sign: &'static str, last: bool) -> Option<(Self, Self)> {
        let parts = if last { self.text.rsplit_once(sign) } else { self.text.split_once(sign) };
        parts.map(|parts| self.pair(parts))
    }

    fn cut(self, length: usize) -> (Self, Self) {
        let end = self.text.char_indices().nth(length).map_or(self.text.len(), |(at, _)| at);
        self.pair(self.text.split_at(end))
    }

    fn joined(self, other: Self) -> Self {
        match (self.text, other.text) {
            ("", _) => other,
            (_, "") => self,
            (one, other) => {
                let mut both = String::with_capacity_in(one.len() + other.len(), self.place);
                both.push_str(one);
                both.push_str(other);
                self.kept(both.into_bump_str())
            }
        }
    }

    fn with(self, character: char) -> Self {
        self.made(self.text.chars().chain([character]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_every_letter_twice_is_folding_it_once() {
        let place = Bump::new();
        for character in '\0'..=char::MAX {
            let mut bytes = [0; 4];
            let text = character.encode_utf8(&mut bytes);
            let once = Written { text, place: &place }.folded();
            assert_eq!(once.folded().text, once.text, "U+{:04X}", u32::from(character));
        }
    }
}
