//! Finds a country by its name, or by a name and a code beside each other.

use super::Country;
use crate::customer::beside::{codes_at_ends, splits};
use crate::customer::lists::List;
use crate::customer::text::letters;

/// Finds a country by its name, or by its name and its code, as in `Germany (DE)`.
pub(super) fn named(clean: &str) -> Option<Country> {
    if let Some(country) = called(&letters(clean)) {
        return Some(country);
    }
    let called = |text: &str| Country::called(&letters(text));
    for (code, rest) in codes_at_ends(clean) {
        if let (Some(one), Some(other)) = (called(code), called(rest)) {
            return (one == other).then_some(one);
        }
    }
    splits(clean).into_iter().find_map(|split| match (called(split.main), called(split.other)) {
        (Some(one), Some(other)) => (one == other).then_some(one),
        // A name that is not known, beside a code.
        (None, Some(coded)) if split.is_in_brackets && is_code(&letters(split.other)) => {
            Some(coded).filter(|_| !letters(split.main).is_empty())
        }
        _ => None,
    })
}

/// Finds a country by the letters of its name. Ignores an English article before it.
pub(super) fn called(name: &str) -> Option<Country> {
    // A name in ASCII has at least three letters.
    if name.len() < 3 {
        return None;
    }
    let code = List::Countries.meaning(name);
    Country::coded(&code.or_else(|| List::Countries.meaning(name.strip_prefix("the")?))?)
}

/// Returns true for two or three ASCII letters.
fn is_code(text: &str) -> bool {
    matches!(text.len(), 2 | 3) && text.bytes().all(|byte| byte.is_ascii_lowercase())
}
