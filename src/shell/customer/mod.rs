//! The page's second part, which loads with the first `identify`: what [`crate::customer`] makes of a
//! value, so that only hashes leave the page.

use js_sys::JsString;
use wasm_bindgen::prelude::*;

use crate::customer::{self, Field, Options};

/// The hashes to send for a value, best first, as lines; empty when there is nothing to send.
///
/// `field` is Meta's key, such as `em`; `country` the default country, or empty; `this_year` the year
/// that no date of birth is after.
#[wasm_bindgen]
pub fn hashes(field: &str, value: &str, country: &str, this_year: u16) -> String {
    let options = Options {
        default_country: Some(country).filter(|country| !country.is_empty()),
        this_year: Some(this_year),
        fold: |text| JsString::from(text).to_lower_case().normalize("NFC").into(),
    };
    let mut lines = String::new();
    let hashes =
        Field::from_key(field).and_then(|field| customer::hash(field, value, &options).ok());
    for hash in hashes.iter().flatten() {
        if !lines.is_empty() {
            lines.push_str("\n");
        }
        lines.push_str(hash.as_str());
    }
    lines
}
