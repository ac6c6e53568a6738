//! text
/// Letters, digits, hyphens and underscores.
#[inline(never)]
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}
#[inline(never)]
pub(super) fn push_ascii(text: &mut String, byte: u8) {
    text.push(char::from(byte));
}
