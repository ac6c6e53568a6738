//! `zp`: postal codes.

use super::characters::Classes;
use super::country::Country;
use super::forms::Forms;
use super::reason::Reason;
use super::text::{count, letters, mapped, take};

/// Meta: lower-case, no spaces, no dash; the first five digits in the United States; area, district
/// and sector in the United Kingdom.
///
/// Meta's libraries cut at the first dash, and the parameter builder keeps spaces: their forms follow,
/// unless fewer than three characters are left of the code (Poland's `00-950` would be `00`).
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn read(
    clean: &str,
    country: Option<Country>,
    forms: &mut Forms<'_>,
) -> Result<(), Reason> {
    let options = forms.options;
    let clean = mapped(clean, &mut |character| Some(options.digit(character).unwrap_or(character)));
    let mut documented = letters(&clean, options);
    if count(&documented) < 2 {
        return Err(Reason::NOT_A_POSTAL_CODE);
    }
    if is_zip_plus_four(&documented, country) {
        documented.truncate(5);
    }
    let before_dash = options.trimmed(take(&mut clean.as_str(), b'-'), Classes::SPACE);
    let mut length = 0;
    let mut sound = true;
    let joined = mapped(before_dash, &mut |character| {
        if options.is(character, Classes::SPACE) {
            return None;
        }
        length += 1;
        sound &= options.is(character, Classes::WORD);
        Some(character)
    });
    forms.add(&documented)?;
    if length < 3 || !sound {
        return Ok(());
    }
    forms.add(before_dash)?;
    // Vowel signs that stood apart may compose now.
    forms.add(&options.folded(&joined))
}

/// A ZIP code with its extension: nine digits, if no country is given; no other country has as many
/// but Saudi Arabia.
fn is_zip_plus_four(code: &str, country: Option<Country>) -> bool {
    code.bytes().all(|byte| byte.is_ascii_digit())
        && match country {
            Some(country) => country.is("us") && code.len() > 5,
            None => code.len() == 9,
        }
}
