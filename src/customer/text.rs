//! Unicode: lower case, composition, invisible characters, what counts as a letter, digits.

use unicode_normalization::UnicodeNormalization;

/// Full lower-casing, then NFC, by tables.
pub(super) fn fold(text: &str) -> String {
    text.to_lowercase().nfc().collect()
}
