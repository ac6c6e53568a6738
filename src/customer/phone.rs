//! `ph`: phone numbers.

use super::country::Country;
use super::forms::Forms;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Adds a phone number. Meta: digits only, with the country calling code, without leading zeros.
///
/// An international number (`+`, `00`) loses the trunk prefix that some people write after the
/// calling code, as in `+44 (0)7911 …`. In any other number, the default country's calling code
/// replaces the trunk prefix, unless the number already has the code or is too long to be national.
/// Without a default country, only symbols and leading zeros are removed, as Meta documents.
pub(super) fn read<T: Text>(
    clean: T,
    country: Option<Country>,
    forms: &mut Forms<'_, T>,
) -> Result<(), Reason> {
    let Shown { digits, is_international, has_zero_in_parentheses } = Shown::read(clean);
    if digits.is_empty() {
        return Err(Reason::NOT_A_PHONE);
    }
    let country = country.filter(|country| country.calling_code() > 0);
    let abroad = match country {
        _ if is_international => Some(digits),
        Some(country) => after_exit_code(digits, country),
        None => digits.after("00").or(has_zero_in_parentheses.then_some(digits)),
    };
    let number = match (abroad, country) {
        (Some(number), _) => international(number),
        (None, Some(country)) => national(digits, country),
        (None, None) => without_zeros(digits),
    };
    // A number of the North American plan has ten digits after the 1. A shorter one may spell some
    // of them as letters.
    let fewest = match number.after("1") {
        Some(_) if is_international || country.is_some() => 11,
        _ => 7,
    };
    match number.length() {
        length if length < fewest => Err(Reason::PHONE_TOO_SHORT),
        ..=15 => forms.add(number),
        _ => Err(Reason::PHONE_TOO_LONG),
    }
}

/// The parts of a written number.
struct Shown<T> {
    digits: T,
    /// True if a plus sign stands before the first digit.
    is_international: bool,
    /// True if `(0)` stands after the first digit. The digits before it are then a calling code.
    has_zero_in_parentheses: bool,
}

impl<T: Text> Shown<T> {
    /// Reads a number. After at least seven digits, a letter, `#`, `;` or `,` starts an extension.
    fn read(clean: T) -> Self {
        let (before, mut rest) = clean.with_ascii_digits().span(Set::Digit, false);
        let mut number = before.cut(0).0;
        loop {
            let (part, more) = rest.span(Set::Extension, false);
            number = number.joined(part);
            let digits = number.removed(Set::Digit, false);
            if more.is_empty() || digits.length() >= 7 {
                return Self {
                    digits,
                    is_international: before.has(Set::Plus, true),
                    has_zero_in_parentheses: number.split("(0)", false).is_some(),
                };
            }
            let (sign, after) = more.cut(1);
            (number, rest) = (number.joined(sign), after);
        }
    }
}

/// Returns the digits after the prefix that is dialled to leave a country. Knows only prefixes that
/// no national number starts with: `00`, `0011` in Australia, `011` in North America, `010` in
/// Japan, `810` in Russia and its neighbours.
fn after_exit_code<T: Text>(digits: T, country: Country) -> Option<T> {
    let (start, rest) = digits.cut(3);
    match (start.place_in("011|010|810|001"), country.calling_code()) {
        (Some(0), 1) | (Some(1), 81) => Some(rest),
        (Some(2), _) if country.trunk() == b'8' && rest.length() > 8 => Some(rest),
        // 0011
        (Some(3), 61) if rest.character() == u32::from('1') => Some(rest.cut(1).1),
        _ => digits.after("00"),
    }
}

/// Removes leading zeros, and the trunk prefix after the calling code.
#[inline(never)]
fn international<T: Text>(digits: T) -> T {
    let digits = without_zeros(digits);
    let Some((country, code, number)) = Country::called_by(digits) else { return digits };
    code.joined(match country.trunk() {
        // In these countries the zero is part of the number.
        b'z' => number,
        b'6' => number.after("06").unwrap_or(number),
        // In all other countries no number starts with a zero.
        _ => without_zeros(number),
    })
}

/// Replaces a number's trunk prefix with the country's calling code.
fn national<T: Text>(digits: T, country: Country) -> T {
    let [fewest, most] = country.digits();
    let with_code = |number: T| country.calling_code_beside(number).joined(number);
    let is_longer = digits.length() > most;
    let trunk = country.trunk();
    let after_trunk = match trunk {
        b'z' => None,
        b'6' => digits.after("06"),
        // A national number may also start with this digit, so the length decides.
        b'1' | b'8' => {
            Some(digits.cut(1).1).filter(|_| is_longer && digits.character() == u32::from(trunk))
        }
        _ => digits.after("0"),
    };
    if let Some(number) = after_trunk {
        return with_code(without_zeros(number));
    }
    let has_code = matches!(trunk, b'0' | b'6')
        && country.after_code(digits).is_some_and(|number| number.length() >= fewest);
    if is_longer || has_code { international(digits) } else { with_code(digits) }
}

fn without_zeros<T: Text>(digits: T) -> T {
    digits.span(Set::Zero, true).1
}
