//! Lower case, Unicode's NFC and the classes of characters. A server takes them from
//! crates, a page from its browser. ASCII needs neither.

#[cfg(not(all(feature = "customer", target_family = "wasm")))]
mod crates;
#[cfg(all(feature = "customer", target_family = "wasm"))]
mod page;

#[cfg(not(all(feature = "customer", target_family = "wasm")))]
use crates as host;
#[cfg(all(feature = "customer", target_family = "wasm"))]
use page as host;

/// The class of a character. A character that fits several classes has the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Invisible characters: controls that are no white space, format characters (Cf) and
    /// Default_Ignorable_Code_Point. Names that were pasted from a document often contain them.
    Invisible,
    /// White_Space.
    Space,
    /// Alphabetic.
    Letter,
    /// A decimal digit of any script (Nd).
    Digit,
    /// Any other number (N).
    Number,
    /// A mark (M) that is not Alphabetic: an accent, a virama, a nukta.
    Mark,
    /// Punctuation, symbols and the rest.
    Other,
}

/// Returns the class of a character.
pub(super) fn class(character: char) -> Class {
    match character {
        'A'..='Z' | 'a'..='z' => Class::Letter,
        '0'..='9' => Class::Digit,
        '\t'..='\r' | ' ' => Class::Space,
        '\0'..='\u{1f}' | '\u{7f}' => Class::Invisible,
        '\0'..='\u{7f}' => Class::Other,
        _ => host::class(character),
    }
}

/// Returns the ASCII digit with the value of a decimal digit of any script.
pub(super) fn ascii_digit(character: char) -> Option<char> {
    if character.is_ascii_digit() {
        Some(character)
    } else if class(character) == Class::Digit {
        char::from_digit(host::digit_value(character), 10)
    } else {
        None
    }
}

/// Returns a text in lower case and NFC.
pub(super) fn folded(text: &str) -> String {
    host::folded(text)
}
