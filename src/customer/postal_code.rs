//! `zp`: postal codes.

use super::country::Country;
use super::digits::with_ascii_digits;
use super::options::Options;
use super::reason::Reason;
use super::text::letters;

/// Meta: lower-case, no spaces, no dash; the first five digits in the United States; area, district
/// and sector in the United Kingdom.
///
/// Meta's libraries cut at the first dash, and the parameter builder keeps spaces: their forms follow,
/// unless fewer than three characters are left of the code (Poland's `00-950` would be `00`).
pub(super) fn forms(clean: &str, options: &Options<'_>) -> Result<Vec<String>, Reason> {
    let clean = with_ascii_digits(clean);
    let mut documented = letters(&clean, options);
    if documented.chars().nth(1).is_none() {
        return Err(Reason::NOT_A_POSTAL_CODE);
    }
    if is_zip_plus_four(&documented, options) {
        documented.truncate(5);
    }
    let before_dash = clean.split('-').next().unwrap_or(&clean).trim();
    let joined: String = before_dash.split_whitespace().collect();
    let mut forms = vec![documented];
    if joined.chars().nth(2).is_some() && joined.chars().all(char::is_alphanumeric) {
        forms.push(before_dash.to_owned());
        // Vowel signs that stood apart may compose now.
        forms.push(options.folded(&joined));
    }
    Ok(forms)
}

/// A ZIP code with its extension: nine digits, if no country is given; no other country has as many
/// but Saudi Arabia.
fn is_zip_plus_four(code: &str, options: &Options<'_>) -> bool {
    code.bytes().all(|byte| byte.is_ascii_digit())
        && match Country::of(options) {
            Some(country) => country.code() == "us" && code.len() > 5,
            None => code.len() == 9,
        }
}
