//! `ct`: cities.

use super::forms::Forms;
use super::name::words;
use super::reason::Reason;
use super::text::{is_space, length, without};
use super::unicode::folded;

/// Adds the forms of a city. Meta: lower-case, no punctuation, no special characters, no spaces;
/// UTF-8 where letters need it.
///
/// Meta's parameter builder keeps only `a`-`z` and digits. Its form is added too, unless more than
/// half of the name is lost (`Łódź` would be `d`) or the form starts with a digit, which the
/// builder refuses. Meta's business SDK keeps apostrophes and drops digits. Its form is added too.
pub(super) fn read(clean: &str, forms: &mut Forms) -> Result<(), Reason> {
    let documented = words(clean)?;
    let ascii = without(&documented, |character| !character.is_ascii());
    let is_most = 2 * ascii.len() >= length(&documented);
    forms.add(documented)?;
    if is_most && ascii.as_bytes().first().is_some_and(u8::is_ascii_lowercase) {
        forms.add(ascii)?;
    }
    forms.add(business_sdk(clean))
}

/// Returns the form of Meta's business SDK for cities and states: without digits, white space,
/// parentheses, dots and hyphens.
pub(super) fn business_sdk(clean: &str) -> String {
    let goes =
        |character| matches!(character, '(' | ')' | '.' | '-' | '0'..='9') || is_space(character);
    // Removing characters can bring a letter and a mark together, so compose (NFC) again.
    folded(&without(clean, goes))
}
