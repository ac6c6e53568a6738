//! The page's second part, which loads with the first `identify`: what [`crate::customer`] makes of a
//! value, so that only hashes leave the page.
//!
//! Texts are the page's own strings, which it keeps for as long as a value takes, each at a place: a number.
//! Hence nothing is allocated here. `browser/customer.ts` is the other side.

use crate::customer::{self, Field, Known, List, Set, Text};

/// What the page does with its texts, each named by its place, some with what the rules say: the address and
/// the length of UTF-8 in this module's memory. Two texts are at the place given and the one after it; place 0
/// is none.
mod page {
    use super::{List, Set};

    #[link(wasm_import_module = "page")]
    unsafe extern "C" {
        /// Takes [`super::Set::PATTERNS`]; a set is a line of it from then on.
        pub safe fn sets(at: *const u8, length: usize);
        pub safe fn literal(beside: u32, at: *const u8, length: usize) -> u32;
        pub safe fn normalize(text: u32) -> u32;
        pub safe fn digits(text: u32) -> u32;
        pub safe fn sha256(text: u32) -> u32;
        pub safe fn length(text: u32) -> usize;
        pub safe fn character(text: u32) -> u32;
        pub safe fn number(text: u32) -> u32;
        /// The place in a list, or -1.
        pub safe fn index(text: u32, list: *const u8, length: usize) -> usize;
        pub safe fn meaning(text: u32, list: List) -> u32;
        pub safe fn test(text: u32, set: Set, of: bool) -> bool;
        pub safe fn replace(text: u32, set: Set, of: bool) -> u32;
        pub safe fn trim(text: u32, set: Set) -> u32;
        pub safe fn span(text: u32, set: Set, of: bool) -> u32;
        pub safe fn split(text: u32, sign: *const u8, length: usize, last: bool) -> u32;
        pub safe fn slice(text: u32, length: usize) -> u32;
        pub safe fn join(text: u32, other: u32) -> u32;
        pub safe fn push(text: u32, character: u32) -> u32;
        /// Takes a hash to send.
        pub safe fn found(text: u32);
    }
}

/// A text of the page, by its place.
#[derive(Clone, Copy)]
struct Kept(u32);

/// Two texts at two places.
fn pair(first: u32) -> (Kept, Kept) {
    (Kept(first), Kept(first + 1))
}

/// A text where there is one.
fn some(place: u32) -> Option<Kept> {
    (place > 0).then_some(Kept(place))
}

impl Text for Kept {
    fn literal(self, text: &'static str) -> Self {
        Self(page::literal(self.0, text.as_ptr(), text.len()))
    }

    fn folded(self) -> Self {
        Self(page::normalize(self.0))
    }

    fn with_ascii_digits(self) -> Self {
        Self(page::digits(self.0))
    }

    fn sha256(self) -> Self {
        Self(page::sha256(self.0))
    }

    fn length(self) -> usize {
        page::length(self.0)
    }

    fn character(self) -> u32 {
        page::character(self.0)
    }

    fn value(self) -> u32 {
        page::number(self.0)
    }

    fn place_in(self, list: &'static str) -> Option<usize> {
        let place = page::index(self.0, list.as_ptr(), list.len());
        (place != usize::MAX).then_some(place)
    }

    fn meaning(self, list: List) -> Option<Self> {
        some(page::meaning(self.0, list))
    }

    fn has(self, set: Set, of: bool) -> bool {
        page::test(self.0, set, of)
    }

    fn removed(self, set: Set, of: bool) -> Self {
        Self(page::replace(self.0, set, of))
    }

    fn trimmed(self, set: Set) -> Self {
        Self(page::trim(self.0, set))
    }

    fn span(self, set: Set, of: bool) -> (Self, Self) {
        pair(page::span(self.0, set, of))
    }

    fn split(self, sign: &'static str, last: bool) -> Option<(Self, Self)> {
        some(page::split(self.0, sign.as_ptr(), sign.len(), last)).map(|first| pair(first.0))
    }

    fn cut(self, length: usize) -> (Self, Self) {
        pair(page::slice(self.0, length))
    }

    fn joined(self, other: Self) -> Self {
        Self(page::join(self.0, other.0))
    }

    fn with(self, character: char) -> Self {
        Self(page::push(self.0, character.into()))
    }
}

/// Finds the hashes to send for a value, best first, and gives each to the page, some perhaps twice; none when
/// there is nothing to send.
///
/// `field` is a place in [`Field::ALL`]; `value` what there is to read; `country` the default country, or empty;
/// `this_year` the year that no date of birth is after.
#[unsafe(no_mangle)]
extern "C" fn hashes(field: usize, value: u32, country: u32, this_year: u32) {
    page::sets(Set::PATTERNS.as_ptr(), Set::PATTERNS.len());
    let known = Known { default_country: Kept(country), this_year };
    if let Some(&field) = Field::ALL.get(field) {
        // The page needs no reason: what cannot be used is left out.
        let _ = customer::each_hash(field, Kept(value), known, &mut |hash| page::found(hash.0));
    }
}
