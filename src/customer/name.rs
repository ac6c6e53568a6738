//! `fn`, `ln`: names.

use super::forms::Forms;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Adds the forms of a name. Meta: lower-case, no punctuation, every script. Meta's business SDK
/// keeps spaces and punctuation; its form is the second one.
pub(super) fn read<T: Text>(clean: T, forms: &mut Forms<'_, T>) -> Result<(), Reason> {
    forms.add(words(clean)?)?;
    forms.add(clean)
}

/// Returns the letters, marks and numbers of a text, which must have at least one letter.
pub(super) fn words<T: Text>(clean: T) -> Result<T, Reason> {
    let words = clean.letters();
    if words.has(Set::Letter, true) { Ok(words) } else { Err(Reason::NO_LETTERS) }
}
