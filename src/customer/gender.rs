//! `ge`: `f` or `m`.

use super::forms::Forms;
use super::lists::List;
use super::reason::Reason;
use super::text::Text;

/// Adds `f` or `m`. Other words for them are in a list. Any other value is an error, because Meta
/// has no letter for it.
pub(super) fn read<T: Text>(clean: T, forms: &mut Forms<'_, T>) -> Result<(), Reason> {
    let word = clean.letters();
    // The most frequent words need no list.
    let letter = if word.is("f|female|m|male") {
        word.cut(1).0
    } else {
        word.meaning(List::Genders).ok_or(Reason::NOT_A_GENDER)?
    };
    forms.add(letter)
}
