//! `ge`: `f` or `m`.

use super::forms::Forms;
use super::lists::List;
use super::reason::Reason;
use super::text::Text;

/// Meta: `f` or `m`. Words for them by list; anything else is neither, and Meta has no letter for it.
pub(super) fn read<T: Text>(clean: T, forms: &mut Forms<'_, T>) -> Result<(), Reason> {
    let word = clean.letters();
    // No list for what nearly everyone writes.
    let letter = if word.is("f|female|m|male") {
        word.cut(1).0
    } else {
        word.meaning(List::Genders).ok_or(Reason::NOT_A_GENDER)?
    };
    forms.add(letter)
}
