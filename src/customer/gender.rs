//! `ge`: `f` or `m`.

use super::forms::Forms;
use super::lists::List;
use super::reason::Reason;
use super::text::letters;

/// Adds `f` or `m`. Other words for them are in a list. Any other value is an error, because Meta
/// has no letter for it.
pub(super) fn read(clean: &str, forms: &mut Forms) -> Result<(), Reason> {
    let word = letters(clean);
    let letter = match word.as_str() {
        // The most frequent words need no list.
        "f" | "female" => "f".to_owned(),
        "m" | "male" => "m".to_owned(),
        _ => List::Genders.meaning(&word).ok_or(Reason::NOT_A_GENDER)?,
    };
    forms.add(letter)
}
