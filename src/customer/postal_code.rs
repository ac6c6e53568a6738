//! `zp`: postal codes.

use super::country::Country;
use super::forms::Forms;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Adds the forms of a postal code. Meta: lower-case, no spaces, no dash; the first five digits in
/// the United States; area, district and sector in the United Kingdom.
///
/// Meta's libraries cut at the first dash, and the parameter builder keeps spaces. Their forms are
/// added too, unless fewer than three characters are left of the code (Poland's `00-950` would be
/// `00`).
pub(super) fn read<T: Text>(
    clean: T,
    country: Option<Country>,
    forms: &mut Forms<'_, T>,
) -> Result<(), Reason> {
    let clean = clean.with_ascii_digits();
    let mut documented = clean.letters();
    if documented.length() < 2 {
        return Err(Reason::NOT_A_POSTAL_CODE);
    }
    if is_zip_plus_four(documented, country) {
        documented = documented.cut(5).0;
    }
    let before_dash = clean.split("-", false).map_or(clean, |(before, _)| before);
    let before_dash = before_dash.trimmed(Set::Space);
    let joined = before_dash.removed(Set::Space, true);
    forms.add(documented)?;
    if joined.length() < 3 || !joined.has_only(Set::Word) {
        return Ok(());
    }
    forms.add(before_dash)?;
    // Removing spaces can bring vowel signs together, so compose (NFC) again.
    forms.add(joined.folded())
}

/// Returns true if a code is a ZIP code with its extension. Without a country, nine digits are one:
/// of the other countries, only Saudi Arabia has such codes.
fn is_zip_plus_four<T: Text>(code: T, country: Option<Country>) -> bool {
    code.has_only(Set::Digit)
        && match country {
            Some(country) => country.is(*b"us") && code.length() > 5,
            None => code.length() == 9,
        }
}
