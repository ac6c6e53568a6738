//! Text cut at an ASCII character, without the searchers behind `str::split` (which would cost a
//! page more than the cutting itself).

/// What precedes the first `at`, and what follows it if it is there. `at` is ASCII.
pub(super) fn cut(text: &str, at: u8) -> (&str, Option<&str>) {
    let end = text.bytes().position(|byte| byte == at).unwrap_or(text.len());
    (text.get(..end).unwrap_or_default(), text.get(end + 1..))
}

/// As `str::split`. `at` is ASCII.
#[cfg(any(feature = "browser", test))]
pub(crate) fn pieces(text: &str, at: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let (piece, after) = cut(rest?, at);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_as_the_standard_library_does() {
        for text in ["", ".", "a", "a.b", "..", ".é.ß", "a.b.c."] {
            assert!(pieces(text, b'.').eq(text.split('.')), "{text:?}");
        }
    }
}
