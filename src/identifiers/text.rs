//! The characters of identifiers, one byte each.

/// True in the build that a page loads, where size matters more than speed. It changes how a result
/// is computed, never the result.
pub(super) const IS_SMALL: bool = cfg!(feature = "browser");

/// Returns true for letters, digits, hyphens and underscores.
#[cfg_attr(feature = "browser", inline(never))]
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg_attr(feature = "browser", inline(never))]
pub(super) fn push_ascii(text: &mut String, byte: u8) {
    text.push(char::from(byte));
}

/// Reserves room for text that follows, in builds where that is faster than growing.
pub(super) fn reserve(text: &mut String, bytes: usize) {
    if !IS_SMALL {
        text.reserve(bytes);
    }
}
