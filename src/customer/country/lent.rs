//! Finds a country by its name, in the page's module for contact data: the page asks its other
//! module, which has `names.rs`.

use super::{CODE, Country};
use crate::customer::lent::written;

#[expect(unsafe_code, reason = "declares what the page lends")]
mod page {
    #[link(wasm_import_module = "page")]
    unsafe extern "C" {
        /// Writes the alpha-2 code of the country with a name to `into`, and returns its length; 0
        /// if there is none. If the other module is not loaded, the page notes that the value needs
        /// it, and reads the value again later.
        pub safe fn country(name: *const u8, length: usize, into: *mut u8) -> usize;
    }
}

pub(super) fn named(clean: &str) -> Option<Country> {
    Country::coded(&written(CODE, |into| page::country(clean.as_ptr(), clean.len(), into)))
}

pub(super) fn called(name: &str) -> Option<Country> {
    named(name)
}
