//! Characters that identifiers are made of, one byte each.

/// Whether this is the build that a page loads, where few bytes count for more than speed. What it
/// decides is how a result comes about, never what it is.
pub(super) const IS_SMALL: bool = cfg!(feature = "browser");

/// Letters, digits, hyphens and underscores.
#[cfg_attr(feature = "browser", inline(never))]
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg_attr(feature = "browser", inline(never))]
pub(super) fn push_ascii(text: &mut String, byte: u8) {
    text.push(char::from(byte));
}

/// Makes room for what is about to be written, where that is quicker than to grow.
pub(super) fn reserve(text: &mut String, bytes: usize) {
    if !IS_SMALL {
        text.reserve(bytes);
    }
}
