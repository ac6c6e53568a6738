//! The module that a page loads with its first customer information. It hashes values by the rules
//! of [`crate::customer`], so that only hashes leave the page.
//!
//! The page keeps every text while a value is hashed. This module refers to each text by a number,
//! its place, and so allocates nothing. `browser/customer.ts` is the other side.

use crate::customer::{self, Field, Known, List, Set, Text};

/// The functions that the page provides. A text is passed as its place; place 0 is no text. A
/// string of this module is passed as the address and the length of its UTF-8. A function that
/// makes two texts returns the place of the first; the second has the next place.
mod page {
    use super::{List, Set};

    #[link(wasm_import_module = "page")]
    unsafe extern "C" {
        /// Receives [`super::Set::PATTERNS`]. Later calls pass a `Set` as the number of its line.
        pub safe fn sets(at: *const u8, length: usize);
        pub safe fn literal(beside: u32, at: *const u8, length: usize) -> u32;
        pub safe fn normalize(text: u32) -> u32;
        pub safe fn digits(text: u32) -> u32;
        pub safe fn sha256(text: u32) -> u32;
        pub safe fn length(text: u32) -> usize;
        pub safe fn character(text: u32) -> u32;
        pub safe fn number(text: u32) -> u32;
        /// Returns the position of a text among the words of a list, or -1.
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
        /// Receives a hash to send.
        pub safe fn found(text: u32);
    }
}

/// A text of the page, by its place.
#[derive(Clone, Copy)]
struct Kept(u32);

/// Returns the text at a place and the text at the next place.
fn pair(first: u32) -> (Kept, Kept) {
    (Kept(first), Kept(first + 1))
}

/// Returns the text at a place; `None` for place 0.
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

/// Passes each hash to send for a value to the page, best first. The page may get a hash twice. It
/// gets none if there is nothing to send.
///
/// `field` is a position in [`Field::ALL`]. `value` and `country` are places; an empty country
/// means that there is no default. No date of birth is after `this_year`.
#[unsafe(no_mangle)]
extern "C" fn hashes(field: usize, value: u32, country: u32, this_year: u32) {
    page::sets(Set::PATTERNS.as_ptr(), Set::PATTERNS.len());
    let known = Known { default_country: Kept(country), this_year };
    if let Some(&field) = Field::ALL.get(field) {
        // The page needs no reason: it leaves out a value that cannot be used.
        let _ = customer::each_hash(field, Kept(value), known, &mut |hash| page::found(hash.0));
    }
}
