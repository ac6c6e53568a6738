//! `ph`: phone numbers.

use super::characters::Classes;
use super::country::Country;
use super::forms::Forms;
use super::options::Options;
use super::reason::Reason;
use super::text::{after, joined, next};

/// Meta: only digits, the country calling code included, no leading zeros.
///
/// A number that says which country it is of (`+`, `00`) loses the trunk prefix that some write after
/// the calling code, as in `+44 (0)7911 …`. Any other one gets the default country's calling code in
/// place of its trunk prefix, unless it has it already or is too long to be national. Without a
/// default country there is nothing to add: symbols and leading zeros go, as Meta's document says.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn read(
    clean: &str,
    country: Option<Country>,
    forms: &mut Forms<'_>,
) -> Result<(), Reason> {
    let written = Written::read(clean, forms.options);
    let digits = written.digits.as_str();
    if digits.is_empty() {
        return Err(Reason::NOT_A_PHONE);
    }
    let country = country.filter(|country| country.calling_code(0).is_some());
    let abroad = match country {
        _ if written.international => Some(digits),
        Some(country) => after_exit_code(digits, country),
        None => {
            after(digits, "00").or(if written.zero_in_parentheses { Some(digits) } else { None })
        }
    };
    let number = match (abroad, country) {
        (Some(number), _) => international(number),
        (None, Some(country)) => national(digits, country),
        (None, None) => joined(&[without_zeros(digits)]),
    };
    // A number of the North American plan has ten digits, never fewer: not a word in place of some.
    let incomplete = (written.international || country.is_some())
        && number.starts_with('1')
        && number.len() < 11;
    match number.len() {
        0..7 => Err(Reason::PHONE_TOO_SHORT),
        _ if incomplete => Err(Reason::PHONE_TOO_SHORT),
        7..=15 => forms.add(&number),
        _ => Err(Reason::PHONE_TOO_LONG),
    }
}

/// What a written number shows besides its digits.
struct Written {
    digits: String,
    /// A plus sign before the first digit.
    international: bool,
    /// `(0)` after the first digit: what stands before is a calling code.
    zero_in_parentheses: bool,
}

impl Written {
    /// Seven digits or more are a number; letters, `#`, `;` or `,` after them start an extension.
    fn read(clean: &str, options: &Options<'_>) -> Self {
        let mut written =
            Self { digits: String::new(), international: false, zero_in_parentheses: false };
        let mut characters = clean.chars();
        while let Some(character) = next(&mut characters) {
            if let Some(digit) = options.digit(character) {
                written.digits.push(digit);
            } else if written.digits.is_empty() {
                written.international |= matches!(character, '+' | '＋');
            } else if written.digits.len() >= 7
                && (matches!(character, '#' | ';' | ',') || options.is(character, Classes::LETTER))
            {
                break;
            } else if character == '(' {
                written.zero_in_parentheses |= characters.as_str().starts_with("0)");
            }
        }
        written
    }
}

/// What follows the prefix that is dialled to leave a country. Only those are known that no national
/// number starts with: `00`, `0011` in Australia, `011` in North America, `010` in Japan, `810` in
/// Russia and its neighbours.
#[cfg_attr(feature = "customer", inline(never))]
fn after_exit_code(digits: &str, country: Country) -> Option<&str> {
    let exit = if country.is_called("1") {
        "011"
    } else if country.is_called("61") {
        "0011"
    } else if country.is_called("81") {
        "010"
    } else if country.trunk() == b'8' && digits.len() > 11 {
        "810"
    } else {
        "00"
    };
    after(digits, exit).or_else(|| after(digits, "00"))
}

/// Without leading zeros, and without a trunk prefix after the calling code.
#[cfg_attr(feature = "customer", inline(never))]
fn international(digits: &str) -> String {
    let digits = without_zeros(digits);
    let Some((country, number)) = Country::called_by(digits) else { return joined(&[digits]) };
    let number = match country.trunk() {
        // The zero is part of the number there.
        b'z' => number,
        b'6' => after(number, "06").unwrap_or(number),
        // No number starts with a zero anywhere else.
        _ => without_zeros(number),
    };
    with_code(country, number)
}

/// With the country's calling code in place of its trunk prefix.
#[cfg_attr(feature = "customer", inline(never))]
fn national(digits: &str, country: Country) -> String {
    let [fewest, most] = country.digits();
    let trunk = match country.trunk() {
        b'6' => "06",
        b'1' => "1",
        b'8' => "8",
        b'z' => "",
        _ => "0",
    };
    if !trunk.is_empty()
        && let Some(number) = after(digits, trunk)
        && (trunk.starts_with('0') || digits.len() > most)
    {
        return with_code(country, without_zeros(number));
    }
    let has_code = country.after_code(digits).is_some_and(|number| number.len() >= fewest);
    let wants_trunk = matches!(country.trunk(), b'0' | b'6');
    if digits.len() > most || (has_code && wants_trunk) {
        return international(digits);
    }
    with_code(country, digits)
}

/// A national number after its country's calling code.
#[cfg_attr(feature = "customer", inline(never))]
fn with_code(country: Country, number: &str) -> String {
    let mut code = String::new();
    while let Some(digit) = country.calling_code(code.len()) {
        code.push(char::from(digit));
    }
    code.push_str(number);
    code
}

#[cfg_attr(feature = "customer", inline(never))]
fn without_zeros(mut digits: &str) -> &str {
    while let Some(rest) = after(digits, "0") {
        digits = rest;
    }
    digits
}
