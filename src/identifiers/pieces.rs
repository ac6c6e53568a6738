//! Splits texts at an ASCII character, without the searchers behind `str::split`, which would cost
//! a page more bytes than the splitting itself.

/// Removes the text before the first `at` from `rest`, together with that character, and returns
/// it. Without an `at`, it takes all of `rest`. `at` must be ASCII.
#[cfg_attr(feature = "browser", inline(never))]
pub(crate) fn take<'a>(rest: &mut &'a str, at: u8) -> &'a str {
    let text = *rest;
    let end = text.bytes().position(|byte| byte == at).unwrap_or(text.len());
    *rest = text.get(end + 1..).unwrap_or_default();
    text.get(..end).unwrap_or_default()
}

/// Returns the number of pieces that the character `at` splits a text into.
#[cfg_attr(feature = "browser", inline(never))]
pub(super) fn count(text: &str, at: u8) -> usize {
    text.bytes().fold(1, |pieces, byte| pieces + usize::from(byte == at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_as_the_standard_library_does() {
        for text in ["", ".", "a", "a.b", "..", ".é.ß", "a.b.c."] {
            let mut rest = text;
            assert_eq!(
                (take(&mut rest, b'.'), rest),
                text.split_once('.').unwrap_or((text, "")),
                "{text:?}"
            );
        }
    }
}
