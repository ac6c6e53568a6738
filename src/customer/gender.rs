//! `ge`: `f` or `m`.

use super::forms::Forms;
use super::lists::look_up;
use super::reason::Reason;
use super::text::{is_one_of, letters};

/// Meta: `f` or `m`. Words for them by list; anything else is neither, and Meta has no letter for it.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn read(clean: &str, forms: &mut Forms<'_>) -> Result<(), Reason> {
    let word = letters(clean, forms.options);
    // No list for what nearly everyone writes.
    let found = if is_one_of("f|female", &word) {
        Some("f")
    } else if is_one_of("m|male", &word) {
        Some("m")
    } else {
        look_up(forms.options.lists.genders, Reason::NEEDS_GENDERS, &word)?
    };
    forms.add(found.ok_or(Reason::NOT_A_GENDER)?)
}
