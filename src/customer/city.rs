//! `ct`: cities.

use super::forms::Forms;
use super::name::words;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Meta: lower-case, no punctuation, no special characters, no spaces; UTF-8 where letters need it.
///
/// Meta's parameter builder keeps `a`-`z` and digits alone: its form is sent as well, unless most of
/// the name is lost (`Łódź` would be `d`) or it starts with a digit, which the builder refuses.
/// Meta's business SDK keeps apostrophes and drops digits: sent as well.
pub(super) fn read<T: Text>(clean: T, forms: &mut Forms<'_, T>) -> Result<(), Reason> {
    let documented = words(clean)?;
    let ascii = documented.removed(Set::Ascii, false);
    forms.add(documented)?;
    if ascii.length() * 2 >= documented.length() && ascii.cut(1).0.has(Set::Lower, true) {
        forms.add(ascii)?;
    }
    forms.add(business_sdk(clean))
}

/// Meta's business SDK, cities and states: without digits, whitespace, parentheses, dots, hyphens.
pub(super) fn business_sdk<T: Text>(clean: T) -> T {
    // What stood apart may compose now.
    clean.removed(Set::NotInCities, true).folded()
}
