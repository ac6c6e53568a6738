//! `ph`: phone numbers.

use super::country::{Country, Trunk};
use super::forms::Forms;
use super::reason::Reason;
use super::text::{
    contains, is_ascii_digit, is_letter, joined, split_before, strip_prefix, with_ascii_digits,
    without,
};

/// Adds a phone number. Meta: digits only, with the country calling code, without leading zeros.
///
/// An international number (`+`, `00`) loses the trunk prefix that some people write after the
/// calling code, as in `+44 (0)7911 …`. In any other number, the default country's calling code
/// replaces the trunk prefix, unless the number already has the code or is too long to be national.
/// Without a default country, only symbols and leading zeros are removed, as Meta documents.
pub(super) fn read(
    clean: &str,
    default_country: Option<Country>,
    forms: &mut Forms,
) -> Result<(), Reason> {
    let text = with_ascii_digits(clean);
    let (before, number) = split_before(&text, is_ascii_digit);
    if number.is_empty() {
        return Err(Reason::NOT_A_PHONE);
    }
    let number = without_extension(number);
    let digits = without(number, |character| !character.is_ascii_digit());
    let is_international = contains(before, |sign| matches!(sign, '+' | '＋'));
    let country = default_country.filter(|country| !country.calling_code().is_empty());
    let abroad = match country {
        _ if is_international => Some(digits.as_str()),
        Some(country) => after_exit_code(&digits, country),
        None => strip_prefix(&digits, "00").or_else(|| {
            // The digits before `(0)` are a calling code.
            let has_zero_in_brackets = number.as_bytes().windows(3).any(|signs| signs == b"(0)");
            has_zero_in_brackets.then_some(digits.as_str())
        }),
    };
    let number = match (abroad, country) {
        (Some(number), _) => international(number),
        (None, Some(country)) => national(&digits, country),
        (None, None) => without_zeros(&digits).to_owned(),
    };
    // A number of the North American plan has ten digits after the 1. A shorter one may spell some
    // of them as letters.
    let is_north_american = number.starts_with("1") && (is_international || country.is_some());
    match number.len() {
        length if length < if is_north_american { 11 } else { 7 } => Err(Reason::PHONE_TOO_SHORT),
        ..=15 => forms.add(number),
        _ => Err(Reason::PHONE_TOO_LONG),
    }
}

/// Removes an extension. After at least seven digits, a letter, `#`, `;` or `,` starts one.
fn without_extension(number: &str) -> &str {
    let mut digits = 0;
    let mut rest = number.chars();
    loop {
        let start = number.len() - rest.as_str().len();
        let Some(character) = rest.next() else { return number };
        if character.is_ascii_digit() {
            digits += 1;
        } else if digits >= 7 && (matches!(character, '#' | ';' | ',') || is_letter(character)) {
            return number.get(..start).unwrap_or(number);
        }
    }
}

/// Returns the digits after the prefix that is dialled to leave a country. Knows only prefixes that
/// no national number starts with.
fn after_exit_code(digits: &str, country: Country) -> Option<&str> {
    let after_own = match country.calling_code() {
        "1" => strip_prefix(digits, "011"),
        "61" => strip_prefix(digits, "0011"),
        "81" => strip_prefix(digits, "010"),
        // Russia and its neighbours.
        _ if country.trunk() == Trunk::Eight => {
            strip_prefix(digits, "810").filter(|number| number.len() > 8)
        }
        _ => None,
    };
    after_own.or_else(|| strip_prefix(digits, "00"))
}

/// Removes leading zeros, and the trunk prefix after the calling code.
fn international(digits: &str) -> String {
    let digits = without_zeros(digits);
    let Some((country, number)) = Country::calling(digits) else { return digits.to_owned() };
    let number = match country.trunk() {
        Trunk::ZeroStays => number,
        Trunk::ZeroSix => strip_prefix(number, "06").unwrap_or(number),
        // In all other countries no number starts with a zero.
        Trunk::Zero | Trunk::One | Trunk::Eight | Trunk::None => without_zeros(number),
    };
    joined(&[country.calling_code(), number])
}

/// Replaces a number's trunk prefix with the country's calling code.
fn national(digits: &str, country: Country) -> String {
    let code = country.calling_code();
    let is_longer = digits.len() > country.most_digits();
    let after_trunk = match country.trunk() {
        Trunk::ZeroStays => None,
        Trunk::ZeroSix => strip_prefix(digits, "06"),
        // A national number may also start with this digit, so the length decides.
        Trunk::One => strip_prefix(digits, "1").filter(|_| is_longer),
        Trunk::Eight => strip_prefix(digits, "8").filter(|_| is_longer),
        Trunk::Zero | Trunk::None => strip_prefix(digits, "0"),
    };
    if let Some(number) = after_trunk {
        return joined(&[code, without_zeros(number)]);
    }
    let has_code = matches!(country.trunk(), Trunk::Zero | Trunk::ZeroSix)
        && strip_prefix(digits, code).is_some_and(|number| number.len() >= country.fewest_digits());
    if is_longer || has_code { international(digits) } else { joined(&[code, digits]) }
}

fn without_zeros(digits: &str) -> &str {
    split_before(digits, |digit| digit != '0').1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calling_codes_are_free_of_prefixes_of_each_other() {
        for one in Country::all() {
            for other in Country::all() {
                let (one, other) = (one.calling_code(), other.calling_code());
                assert!(
                    one == other || other.is_empty() || !one.starts_with(other),
                    "{one} {other}"
                );
            }
        }
    }

    #[test]
    fn countries_that_share_a_calling_code_share_what_is_asked_of_it() {
        let asked_of = |country: Country| {
            (country.trunk() == Trunk::ZeroStays, country.trunk() == Trunk::ZeroSix)
        };
        for country in Country::all().filter(|country| !country.calling_code().is_empty()) {
            let (called, rest) = Country::calling(country.calling_code()).unwrap();
            assert_eq!(called.calling_code(), country.calling_code());
            assert_eq!(asked_of(called), asked_of(country), "{}", country.calling_code());
            assert_eq!(rest, "");
        }
    }
}
