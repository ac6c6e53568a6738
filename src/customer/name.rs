//! `fn`, `ln`: names.

use super::options::Options;
use super::reason::Reason;
use super::text::letters;

/// Meta: lower-case, no punctuation, every script. Meta's business SDK keeps spaces and punctuation:
/// its form is the second one.
pub(super) fn forms(clean: String, options: &Options<'_>) -> Result<Vec<String>, Reason> {
    let documented = letters(&clean, options);
    if !documented.contains(char::is_alphabetic) {
        return Err(Reason::NO_LETTERS);
    }
    Ok(vec![documented, clean])
}
