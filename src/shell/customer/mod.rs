//! The page's second part, which loads with the first `identify`: what [`crate::customer`] makes of a
//! value, so that only hashes leave the page.
//!
//! A page makes an instance for each `identify` and drops it: nothing is freed before.

use wasm_bindgen::prelude::*;

use crate::customer::{self, Class, Field, Hashed, Lists, Options};

/// What this part asks the page: what a character is, and what becomes of a text.
mod page {
    #[link(wasm_import_module = "page")]
    unsafe extern "C" {
        /// The place in [`super::CLASSES`] of what a character is; anything else for none of them.
        pub safe fn class(character: u32) -> usize;
        /// Writes lower case in NFC of `length` bytes of UTF-8, at most `room` bytes; how many they are.
        pub fn fold(at: *const u8, length: usize, to: *mut u8, room: usize) -> usize;
    }
}

/// In the order in which the page tries them.
const CLASSES: [Class; 6] =
    [Class::Space, Class::Invisible, Class::Letter, Class::Digit, Class::Number, Class::Mark];

/// Lower case in NFC, by the page.
fn fold(text: &str) -> String {
    // Lower case is half as long again at most, NFC three times as long.
    let room = text.len() * 5;
    let mut answer = Vec::with_capacity(room);
    // SAFETY: the page reads the text and writes at most `room` bytes of UTF-8, and says how many.
    unsafe {
        let length = page::fold(text.as_ptr(), text.len(), answer.as_mut_ptr(), room);
        answer.set_len(length.min(room));
        String::from_utf8_unchecked(answer)
    }
}

/// The hashes to send for a value, best first, as lines; empty when there is nothing to send. A value
/// that needs a list which the page has not loaded yet gets the list's name instead.
///
/// `field` is Meta's key, such as `em`; `country` the default country, or empty; `this_year` the year
/// that no date of birth is after; the lists are empty as long as they are not loaded.
#[wasm_bindgen]
pub fn hashes(
    field: &str,
    value: &str,
    country: &str,
    countries: &str,
    states: &str,
    genders: &str,
    this_year: u16,
) -> String {
    let options = Options {
        default_country: Some(country),
        this_year: Some(this_year),
        fold,
        class: |character| {
            CLASSES.get(page::class(character.into())).copied().unwrap_or(Class::Other)
        },
        sha256: |text| customer::sha256_hex(text.as_bytes()),
        lists: Lists { countries, states, genders },
    };
    let mut lines = String::new();
    let Some(field) = Field::from_key(field) else { return lines };
    let mut add = |hash: Hashed| {
        lines.push_str(hash.as_str());
        lines.push_str("\n");
    };
    match customer::each_hash(field, value, &options, &mut add) {
        Ok(()) => lines,
        Err(reason) => reason.missing_list().unwrap_or_default().into(),
    }
}
