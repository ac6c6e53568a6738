//! Unicode by the page's browser. `src/shell/browser/customer.ts` is the other side.

use super::Class;
use crate::customer::lent::written;

/// The functions that the page lends. A text is passed as the address and the length of its UTF-8.
#[expect(unsafe_code, reason = "declares what the page lends")]
mod lent {
    #[link(wasm_import_module = "page")]
    unsafe extern "C" {
        /// Writes a text in lower case and NFC to `into`, which has room for three times its
        /// length. Returns the number of bytes.
        pub safe fn nfc(text: *const u8, length: usize, into: *mut u8) -> usize;
        /// Returns the class of a character, as its position in [`super::CLASSES`].
        pub safe fn class(character: u32) -> usize;
        /// Returns the value of a decimal digit.
        pub safe fn digit(character: u32) -> u32;
    }
}

const CLASSES: [Class; 6] =
    [Class::Invisible, Class::Space, Class::Letter, Class::Digit, Class::Number, Class::Mark];

pub(super) fn class(character: char) -> Class {
    CLASSES.get(lent::class(character.into())).copied().unwrap_or(Class::Other)
}

pub(super) fn digit_value(character: char) -> u32 {
    lent::digit(character.into())
}

pub(super) fn folded(text: &str) -> String {
    written(3 * text.len(), |into| lent::nfc(text.as_ptr(), text.len(), into))
}
