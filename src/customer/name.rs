//! `fn`, `ln`: names.

use super::forms::Forms;
use super::reason::Reason;
use super::text::{clean_with_joiners, contains, is_joiner, is_letter, letters};

/// Adds the forms of a name. Meta: lower-case, no punctuation, every script. Meta's business SDK
/// keeps spaces and punctuation; its form is the last one. Meta's libraries keep the joiners of
/// Persian and Sorani names, so the other forms have them.
pub(super) fn read(raw: &str, clean: &str, forms: &mut Forms) -> Result<(), Reason> {
    forms.add(words(clean)?)?;
    if contains(raw, is_joiner) {
        let with_joiners = clean_with_joiners(raw);
        forms.add(letters(&with_joiners))?;
        return forms.add(with_joiners);
    }
    forms.add(clean.to_owned())
}

/// Returns the letters, marks and numbers of a text, which must have at least one letter.
pub(super) fn words(clean: &str) -> Result<String, Reason> {
    let words = letters(clean);
    if contains(&words, is_letter) { Ok(words) } else { Err(Reason::NO_LETTERS) }
}
