//! `fn`, `ln`: names.

use super::characters::Classes;
use super::forms::Forms;
use super::options::Options;
use super::reason::Reason;
use super::text::letters;

/// Meta: lower-case, no punctuation, every script. Meta's business SDK keeps spaces and punctuation:
/// its form is the second one.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn read(clean: &str, forms: &mut Forms<'_>) -> Result<(), Reason> {
    forms.add(&words(clean, forms.options).ok_or(Reason::NO_LETTERS)?)?;
    forms.add(clean)
}

/// The letters, marks and numbers of a text that has at least one letter.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn words(clean: &str, options: &Options<'_>) -> Option<String> {
    let words = letters(clean, options);
    options.has(&words, Classes::LETTER).then_some(words)
}
