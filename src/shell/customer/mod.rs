//! The modules that a page loads with customer information: one for contact data, one for the rest.
//! They hash values by the rules of [`crate::customer`], so that only hashes leave the page.
//!
//! The page lends them Unicode, word lists and SHA-256, which its first module has.
//! `browser/customer.ts` is the other side.

use super::wasm::text::{Answer, answer, taken};
use crate::customer::lent::written;
use crate::customer::{self, Field, Options};

#[cfg(feature = "contact")]
use crate::customer::contact as rules;
#[cfg(all(feature = "details", not(feature = "contact")))]
use crate::customer::details as rules;

#[link(wasm_import_module = "page")]
unsafe extern "C" {
    /// Writes the SHA-256 of a text, in 64 hexadecimal digits, to `into`. Returns their number.
    safe fn sha256(text: *const u8, length: usize, into: *mut u8) -> usize;
}

/// Returns the hashes to send for a value as lines, best first; an empty text if there are none.
///
/// `field` is a position in [`Field::ALL`]. An empty `country` means that there is no default. No
/// date of birth is after `this_year`.
#[unsafe(no_mangle)]
unsafe extern "C" fn hashes(
    value: *mut u8,
    value_length: usize,
    country: *mut u8,
    country_length: usize,
    field: usize,
    this_year: u16,
) -> *const Answer {
    // SAFETY: the page wrote these texts where it was told to.
    let (value, country) = unsafe { (taken(value, value_length), taken(country, country_length)) };
    let options = Options { default_country: Some(&country), this_year: Some(this_year) };
    // The page needs no reason: it leaves out a value that cannot be used.
    let hashes = Field::ALL
        .get(field)
        .and_then(|&field| customer::hashes(field, &value, &options, rules, digest).ok());
    let mut lines = String::new();
    for hash in hashes.unwrap_or_default() {
        if !lines.is_empty() {
            lines.push('\n');
        }
        lines.push_str(&hash);
    }
    answer(lines)
}

fn digest(text: &str) -> String {
    written(64, |into| sha256(text.as_ptr(), text.len(), into))
}

/// Returns the alpha-2 code of the country with a name; an empty text if there is none. The module
/// for contact data asks for it.
#[cfg(feature = "details")]
#[unsafe(no_mangle)]
unsafe extern "C" fn country(name: *mut u8, length: usize) -> *const Answer {
    // SAFETY: the page wrote this text where it was told to.
    let name = unsafe { taken(name, length) };
    answer(customer::code_of_country(&name).unwrap_or_default().to_owned())
}
