//! `ph`: phone numbers.

use super::country::Country;
use super::forms::Forms;
use super::lists::PHONES;
use super::reason::Reason;
use super::text::{is_letter, with_ascii_digits};

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
    let Written { digits, is_international, has_zero_in_parentheses } =
        Written::read(clean).ok_or(Reason::NOT_A_PHONE)?;
    let country = default_country.and_then(|country| Plan::read(country.phone()));
    let abroad = match &country {
        _ if is_international => Some(digits.as_str()),
        Some(country) => after_exit_code(&digits, country),
        None => digits
            .strip_prefix("00")
            .or_else(|| has_zero_in_parentheses.then_some(digits.as_str())),
    };
    let number = match (abroad, &country) {
        (Some(number), _) => international(number),
        (None, Some(country)) => national(&digits, country),
        (None, None) => without_zeros(&digits).to_owned(),
    };
    // A number of the North American plan has ten digits after the 1. A shorter one may spell some
    // of them as letters.
    let is_north_american = number.starts_with('1') && (is_international || country.is_some());
    match number.len() {
        length if length < if is_north_american { 11 } else { 7 } => Err(Reason::PHONE_TOO_SHORT),
        ..=15 => forms.add(number),
        _ => Err(Reason::PHONE_TOO_LONG),
    }
}

/// The parts of a written number.
struct Written {
    digits: String,
    /// True if a plus sign stands before the first digit.
    is_international: bool,
    /// True if `(0)` stands after the first digit. The digits before it are then a calling code.
    has_zero_in_parentheses: bool,
}

impl Written {
    /// Reads a number; `None` without a digit.
    fn read(clean: &str) -> Option<Self> {
        let text = with_ascii_digits(clean);
        let first = text.find(|character: char| character.is_ascii_digit())?;
        let (before, number) = text.split_at_checked(first)?;
        let number = without_extension(number);
        Some(Self {
            digits: number.chars().filter(char::is_ascii_digit).collect(),
            is_international: before.contains(['+', '＋']),
            has_zero_in_parentheses: number.contains("(0)"),
        })
    }
}

/// Removes an extension. After at least seven digits, a letter, `#`, `;` or `,` starts one.
fn without_extension(number: &str) -> &str {
    let mut digits = 0;
    for (at, character) in number.char_indices() {
        if character.is_ascii_digit() {
            digits += 1;
        } else if digits >= 7 && (matches!(character, '#' | ';' | ',') || is_letter(character)) {
            return number.get(..at).unwrap_or(number);
        }
    }
    number
}

/// The start of a national number that is dialled inside its country.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trunk {
    Zero,
    One,
    Eight,
    ZeroSix,
    None,
    /// There is none, and numbers may start with a zero that is part of them.
    ZeroStays,
}

/// How the phone numbers of a country are written.
struct Plan {
    calling_code: &'static str,
    trunk: Trunk,
    /// The minimum and the maximum number of digits of a national number, without trunk prefix.
    fewest: usize,
    most: usize,
}

impl Plan {
    /// Reads a line of [`PHONES`] after its alpha-2 code; `None` for a country without numbers.
    fn read(line: &'static str) -> Option<Self> {
        let mut parts = line.strip_prefix('+')?.split(' ');
        Some(Self {
            calling_code: parts.next()?,
            trunk: match parts.next()? {
                "0" => Trunk::Zero,
                "1" => Trunk::One,
                "8" => Trunk::Eight,
                "06" => Trunk::ZeroSix,
                "stays" => Trunk::ZeroStays,
                _ => Trunk::None,
            },
            fewest: parts.next()?.parse().ok()?,
            most: parts.next()?.parse().ok()?,
        })
    }

    /// Finds the country whose calling code a number starts with. Returns its plan and the number
    /// after the code. Countries that share a code share the rules that callers need.
    fn called_by(number: &str) -> Option<(Self, &str)> {
        (1..=3).find_map(|length| {
            let (code, rest) = number.split_at_checked(length)?;
            let line = PHONES.find(&[" +", code, " "].concat())? + 1;
            let line = PHONES.get(line..)?.lines().next()?;
            Some((Self::read(line)?, rest))
        })
    }
}

/// Returns the digits after the prefix that is dialled to leave a country. Knows only prefixes that
/// no national number starts with.
fn after_exit_code<'a>(digits: &'a str, country: &Plan) -> Option<&'a str> {
    let after_own = match country.calling_code {
        "1" => digits.strip_prefix("011"),
        "61" => digits.strip_prefix("0011"),
        "81" => digits.strip_prefix("010"),
        // Russia and its neighbours.
        _ if country.trunk == Trunk::Eight => {
            digits.strip_prefix("810").filter(|number| number.len() > 8)
        }
        _ => None,
    };
    after_own.or_else(|| digits.strip_prefix("00"))
}

/// Removes leading zeros, and the trunk prefix after the calling code.
fn international(digits: &str) -> String {
    let digits = without_zeros(digits);
    let Some((country, number)) = Plan::called_by(digits) else { return digits.to_owned() };
    let number = match country.trunk {
        Trunk::ZeroStays => number,
        Trunk::ZeroSix => number.strip_prefix("06").unwrap_or(number),
        // In all other countries no number starts with a zero.
        Trunk::Zero | Trunk::One | Trunk::Eight | Trunk::None => without_zeros(number),
    };
    [country.calling_code, number].concat()
}

/// Replaces a number's trunk prefix with the country's calling code.
fn national(digits: &str, country: &Plan) -> String {
    let code = country.calling_code;
    let is_longer = digits.len() > country.most;
    let after_trunk = match country.trunk {
        Trunk::ZeroStays => None,
        Trunk::ZeroSix => digits.strip_prefix("06"),
        // A national number may also start with this digit, so the length decides.
        Trunk::One => digits.strip_prefix('1').filter(|_| is_longer),
        Trunk::Eight => digits.strip_prefix('8').filter(|_| is_longer),
        Trunk::Zero | Trunk::None => digits.strip_prefix('0'),
    };
    if let Some(number) = after_trunk {
        return [code, without_zeros(number)].concat();
    }
    let has_code = matches!(country.trunk, Trunk::Zero | Trunk::ZeroSix)
        && digits.strip_prefix(code).is_some_and(|number| number.len() >= country.fewest);
    if is_longer || has_code { international(digits) } else { [code, digits].concat() }
}

fn without_zeros(digits: &str) -> &str {
    digits.trim_start_matches('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the plans of all countries with phone numbers.
    fn plans() -> impl Iterator<Item = Plan> {
        PHONES.lines().filter_map(|line| Plan::read(line.get(3..)?))
    }

    #[test]
    fn calling_codes_are_free_of_prefixes_of_each_other() {
        for one in plans() {
            for other in plans() {
                let (one, other) = (one.calling_code, other.calling_code);
                assert!(one == other || !one.starts_with(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn countries_that_share_a_calling_code_share_what_is_asked_of_it() {
        let asked_of = |plan: &Plan| {
            (plan.trunk == Trunk::ZeroStays, plan.trunk == Trunk::ZeroSix)
        };
        assert!(plans().count() > 230);
        for plan in plans() {
            let (called, rest) = Plan::called_by(plan.calling_code).unwrap();
            assert_eq!(called.calling_code, plan.calling_code);
            assert_eq!(asked_of(&called), asked_of(&plan), "{}", plan.calling_code);
            assert_eq!(rest, "");
        }
    }
}
