//! The page's second part, which loads with the first `identify`: what [`crate::customer`] makes of a
//! value, so that only hashes leave the page.
//!
//! A page makes an instance for each `identify` and drops it: nothing is freed before.

use super::text::{Answer, answer, place, taken};
use crate::customer::{self, Class, Field, Hashed, Lists, Options};
use crate::identifiers::take;

/// What this part asks the page: what a character is, and what becomes of a text.
mod page {
    #[link(wasm_import_module = "page")]
    unsafe extern "C" {
        /// The place in [`super::CLASSES`] of what a character is; anything else for none of them.
        pub safe fn class(character: u32) -> usize;
        /// Writes the SHA-256 of `length` bytes of UTF-8 in hexadecimal, or their lower case in NFC: at most
        /// `room` bytes; how many they are.
        pub fn text(hashed: bool, at: *const u8, length: usize, to: *mut u8, room: usize) -> usize;
    }
}

/// In the order in which the page tries them.
const CLASSES: [Class; 6] =
    [Class::Space, Class::Invisible, Class::Letter, Class::Digit, Class::Number, Class::Mark];

/// What the page makes of a text: its SHA-256, or its lower case in NFC.
fn asked(hashed: bool, text: &str) -> String {
    // A hash has 64 bytes. Lower case is half as long again at most, NFC three times as long.
    let room = text.len() * 5 + 64;
    let to = place(room);
    // SAFETY: the page reads the text and writes at most `room` bytes of UTF-8, and says how many.
    unsafe {
        let length = page::text(hashed, text.as_ptr(), text.len(), to, room);
        String::from_raw_parts(to, length.min(room), room)
    }
}

/// The hashes to send for a value, best first, as lines; empty when there is nothing to send. A value
/// that needs a list which the page has not loaded yet gets the list's name instead.
///
/// `field` is Meta's key, such as `em`; `value` what there is to read it by, with a NUL after each, and the value
/// itself: the lists of countries, states and genders, empty as long as they are not loaded. `country` is the default
/// country, or empty; `this_year` the year that no date of birth is after.
#[unsafe(no_mangle)]
unsafe extern "C" fn hashes(
    field: *mut u8,
    field_length: usize,
    value: *mut u8,
    value_length: usize,
    country: *mut u8,
    country_length: usize,
    this_year: u16,
) -> *const Answer {
    // SAFETY: the page wrote these texts where it was told to.
    let (field, value, country) = unsafe {
        (taken(field, field_length), taken(value, value_length), taken(country, country_length))
    };
    let mut value = value.as_str();
    let mut list = || take(&mut value, b'\0');
    let options = Options {
        default_country: Some(&country),
        this_year: Some(this_year),
        fold: |text| asked(false, text),
        class: |character| {
            CLASSES.get(page::class(character.into())).copied().unwrap_or(Class::Other)
        },
        sha256: |text| asked(true, text),
        lists: Lists { countries: list(), states: list(), genders: list() },
    };
    let mut lines = String::new();
    let mut add = |hash: Hashed| {
        lines.push_str(hash.as_str());
        lines.push_str("\n");
    };
    if let Some(field) = Field::from_key(&field)
        && let Err(reason) = customer::each_hash(field, value, &options, &mut add)
    {
        lines.push_str(reason.missing_list().unwrap_or_default());
    }
    answer(lines)
}
