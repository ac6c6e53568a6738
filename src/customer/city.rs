//! `ct`: cities.

use super::forms::Forms;
use super::name::words;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Adds the forms of a city. Meta: lower-case, no punctuation, no special characters, no spaces;
/// UTF-8 where letters need it.
///
/// Meta's parameter builder keeps only `a`-`z` and digits. Its form is added too, unless more than
/// half of the name is lost (`Łódź` would be `d`) or the form starts with a digit, which the
/// builder refuses. Meta's business SDK keeps apostrophes and drops digits. Its form is added too.
pub(super) fn read<T: Text>(clean: T, forms: &mut Forms<'_, T>) -> Result<(), Reason> {
    let documented = words(clean)?;
    let ascii = documented.removed(Set::Ascii, false);
    forms.add(documented)?;
    if ascii.length() * 2 >= documented.length() && ascii.cut(1).0.has(Set::Lower, true) {
        forms.add(ascii)?;
    }
    forms.add(business_sdk(clean))
}

/// Returns the form of Meta's business SDK for cities and states: without digits, white space,
/// parentheses, dots and hyphens.
pub(super) fn business_sdk<T: Text>(clean: T) -> T {
    // Removing characters can bring a letter and a mark together, so compose (NFC) again.
    clean.removed(Set::NotInCities, true).folded()
}
