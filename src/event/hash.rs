//! Hashed customer information as Meta takes it.

/// Returns true if a text is a SHA-256 in 64 lower-case hexadecimal characters, with or without the
/// appendix of Meta's parameter builder.
#[must_use]
pub(crate) fn is_hash(text: &str) -> bool {
    let (hash, appendix) =
        text.split_once('.').map_or((text, None), |(hash, appendix)| (hash, Some(appendix)));
    let is_hexadecimal = hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    hash.len() == 64 && is_hexadecimal && appendix.is_none_or(is_appendix)
}

/// Returns true if a text is an appendix of Meta's parameter builder: one of its tokens of two
/// characters, or eight characters of base64url.
#[must_use]
pub(crate) fn is_appendix(text: &str) -> bool {
    match text.len() {
        2 => ["AQ", "Ag", "Aw", "BA", "BQ", "Bg"].contains(&text),
        8 => text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'),
        _ => false,
    }
}
