//! `ge`: `f` or `m`.

use super::forms::Forms;
use super::lists::look_up;
use super::reason::Reason;
use super::text::letters;

/// Meta: `f` or `m`. Words for them by list; anything else is neither, and Meta has no letter for it.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn read(clean: &str, forms: &mut Forms<'_>) -> Result<(), Reason> {
    let word = letters(clean, forms.options);
    let found = match word.as_str() {
        // No list for what nearly everyone writes.
        "f" | "female" => Some("f"),
        "m" | "male" => Some("m"),
        word => look_up(forms.options.lists.genders, Reason::NEEDS_GENDERS, word)?,
    };
    forms.add(found.ok_or(Reason::NOT_A_GENDER)?)
}
