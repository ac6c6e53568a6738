//! `zp`: postal codes.

use super::country::Country;
use super::forms::Forms;
use super::reason::Reason;
use super::text::{
    contains, is_ascii_digit, is_digits, is_letter, is_letter_or_number, is_sign, is_space, length,
    letters, split_before, starts_with, trim_matches, trimmed, with_ascii_digits, without,
};
use super::unicode::folded;

/// Adds the forms of a postal code. Meta: lower-case, no spaces, no dash; the first five digits in
/// the United States; area, district and sector in the United Kingdom.
///
/// A code after the letters of its country is added without them, too, as in `CH-8001`. Meta's
/// libraries cut at the first dash, and the parameter builder keeps spaces. Their forms are added,
/// unless fewer than three characters are left of the code (Poland's `00-950` would be `00`).
pub(super) fn read(clean: &str, country: Option<Country>, forms: &mut Forms) -> Result<(), Reason> {
    let clean = with_ascii_digits(clean);
    let mut documented = letters(&clean);
    if length(&documented) < 2 {
        return Err(Reason::NOT_A_POSTAL_CODE);
    }
    if is_zip_plus_four(&documented, country) {
        documented.truncate(5);
    }
    forms.add(documented)?;
    let after_country = country.and_then(|country| after_country(&clean, country));
    if let Some((_, code)) = &after_country {
        forms.add(code.clone())?;
    }
    let (before_dash, _) = split_before(&clean, |sign| sign == '-');
    let before_dash = trimmed(before_dash);
    let joined = without(before_dash, is_space);
    let is_country = after_country.is_some_and(|(country, _)| country == joined);
    if is_country
        || length(&joined) < 3
        || contains(&joined, |character| !is_letter_or_number(character))
    {
        return Ok(());
    }
    forms.add(before_dash.to_owned())?;
    // Removing spaces can bring vowel signs together, so compose (NFC) again.
    forms.add(folded(&joined))
}

/// Returns true if a code is a ZIP code with its extension. Without a country, nine digits are one:
/// of the other countries, only Saudi Arabia has such codes.
fn is_zip_plus_four(code: &str, country: Option<Country>) -> bool {
    is_digits(code)
        && match country {
            Some(country) => country.code() == "us" && code.len() > 5,
            None => code.len() == 9,
        }
}

/// Splits a code after the letters of its country and a sign. The letters are the alpha-2 code, or
/// those that the country's cars carry.
fn after_country(clean: &str, country: Country) -> Option<(&str, String)> {
    let (start, rest) = split_before(clean, |character| !is_letter(character));
    let code = trim_matches(rest, is_sign);
    let is_apart = starts_with(rest, is_sign) && starts_with(code, is_ascii_digit);
    let is_of_country = start == country.code() || OF_CARS.contains(&(country.code(), start));
    let code = letters(code);
    (is_apart && is_of_country && length(&code) >= 3).then_some((start, code))
}

/// The letters of cars (United Nations, Convention on Road Traffic) that postal codes were once
/// written with, by alpha-2 code.
const OF_CARS: [(&str, &str); 13] = [
    ("at", "a"),
    ("be", "b"),
    ("de", "d"),
    ("es", "e"),
    ("fi", "fin"),
    ("fr", "f"),
    ("hu", "h"),
    ("it", "i"),
    ("li", "fl"),
    ("lu", "l"),
    ("no", "n"),
    ("pt", "p"),
    ("se", "s"),
];
