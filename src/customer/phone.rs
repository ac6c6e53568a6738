//! `ph`: phone numbers.

use super::country::Country;
use super::digits::ascii_digit;
use super::options::Options;
use super::reason::Reason;

/// Meta: only digits, the country calling code included, no leading zeros.
///
/// A number that says which country it is of (`+`, `00`) loses the trunk prefix that some write after
/// the calling code, as in `+44 (0)7911 …`. Any other one gets the default country's calling code in
/// place of its trunk prefix, unless it has it already or is too long to be national. Without a
/// default country there is nothing to add: symbols and leading zeros go, as Meta's document says.
pub(super) fn forms(clean: &str, options: &Options<'_>) -> Result<Vec<String>, Reason> {
    let written = Written::read(clean);
    let digits = written.digits.as_str();
    if digits.is_empty() {
        return Err(Reason::NOT_A_PHONE);
    }
    let country = Country::of(options).filter(|country| !country.calling_code().is_empty());
    let number = match (written.international, country) {
        (true, _) => international(digits),
        (false, Some(country)) => match after_exit_code(digits, country) {
            Some(number) => international(number),
            None => national(digits, country),
        },
        (false, None) => match digits.strip_prefix("00") {
            Some(number) => international(number),
            None if written.zero_in_parentheses => international(digits),
            None => digits.trim_start_matches('0').to_owned(),
        },
    };
    // A number of the North American plan has ten digits, never fewer: not a word in place of some.
    let incomplete = (written.international || country.is_some())
        && number.starts_with('1')
        && number.len() < 11;
    match number.len() {
        0..7 => Err(Reason::PHONE_TOO_SHORT),
        _ if incomplete => Err(Reason::PHONE_TOO_SHORT),
        7..=15 => Ok(vec![number]),
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
    fn read(clean: &str) -> Self {
        let mut written = Self {
            digits: String::with_capacity(16),
            international: false,
            zero_in_parentheses: false,
        };
        for (at, character) in clean.char_indices() {
            if let Some(digit) = ascii_digit(character) {
                written.digits.push(digit);
            } else if written.digits.is_empty() {
                written.international |= matches!(character, '+' | '＋');
            } else if written.digits.len() >= 7
                && (character.is_alphabetic() || matches!(character, '#' | ';' | ','))
            {
                break;
            } else if character == '(' {
                written.zero_in_parentheses |= clean[at..].starts_with("(0)");
            }
        }
        written
    }
}

/// What follows the prefix that is dialled to leave a country. Only those are known that no national
/// number starts with: `00`, `0011` in Australia, `011` in North America, `010` in Japan, `810` in
/// Russia and its neighbours.
fn after_exit_code(digits: &str, country: Country) -> Option<&str> {
    let exit = match country.calling_code() {
        "1" => "011",
        "61" => "0011",
        "81" => "010",
        _ if country.trunk() == b'8' && digits.len() > 11 => "810",
        _ => "00",
    };
    digits.strip_prefix(exit).or_else(|| digits.strip_prefix("00"))
}

/// Without leading zeros, and without a trunk prefix after the calling code.
fn international(digits: &str) -> String {
    let digits = digits.trim_start_matches('0');
    let Some(country) = Country::called_by(digits) else { return digits.to_owned() };
    let (code, number) = digits.split_at(country.calling_code().len());
    let number = match country.trunk() {
        // The zero is part of the number there.
        b'z' => number,
        b'6' => number.strip_prefix("06").unwrap_or(number),
        // No number starts with a zero anywhere else.
        _ => number.trim_start_matches('0'),
    };
    [code, number].concat()
}

/// With the country's calling code in place of its trunk prefix.
fn national(digits: &str, country: Country) -> String {
    let code = country.calling_code();
    let (fewest, most) = country.digits();
    let trunk = match country.trunk() {
        b'6' => "06",
        b'1' => "1",
        b'8' => "8",
        b'z' => "",
        _ => "0",
    };
    if !trunk.is_empty()
        && let Some(number) = digits.strip_prefix(trunk)
        && (trunk.starts_with('0') || digits.len() > most)
    {
        return [code, number.trim_start_matches('0')].concat();
    }
    let has_code = digits.strip_prefix(code).is_some_and(|number| number.len() >= fewest);
    let wants_trunk = matches!(country.trunk(), b'0' | b'6');
    if digits.len() > most || (has_code && wants_trunk) {
        return international(digits);
    }
    [code, digits].concat()
}
