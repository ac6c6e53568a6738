//! `country`: ISO 3166-1 codes and names.

use core::cmp::Ordering;

use super::countries::{COUNTRIES, ROW};
use super::country_names::NAMES;
use super::options::Options;
use super::reason::Reason;
use super::text::{clean, letters};

/// Meta: ISO 3166-1 alpha-2 in lower case. Read: alpha-2, alpha-3, the English name, the country's own
/// names of itself, `UK` and the European Union's `EL`. Anything else is no country, also two letters.
pub(super) fn forms(clean: &str, options: &Options<'_>) -> Result<Vec<String>, Reason> {
    let name = letters(clean, options);
    let country = Country::named(&name).ok_or(Reason::NOT_A_COUNTRY)?;
    Ok(vec![country.code().to_owned()])
}

/// A row of [`COUNTRIES`].
#[derive(Clone, Copy)]
pub(super) struct Country(&'static str);

impl Country {
    /// The default country, if there is one and it is known.
    pub(super) fn of(options: &Options<'_>) -> Option<Self> {
        let name = options.default_country?;
        Self::named(&letters(&clean(name, options), options))
    }

    /// By code or by name, written as names are in the table, an English article before it ignored.
    fn named(name: &str) -> Option<Self> {
        match name.as_bytes() {
            [_, _] => Self::with_code(name),
            [_, _, _] => Self::all().find(|country| country.0.get(2..5) == Some(name)),
            _ => None,
        }
        .or_else(|| Self::with_code(code_of(name)?))
        .or_else(|| Self::with_code(code_of(name.strip_prefix("the")?)?))
    }

    /// By alpha-2.
    fn with_code(code: &str) -> Option<Self> {
        let (mut from, mut to) = (0, COUNTRIES.len() / ROW);
        while from < to {
            let middle = usize::midpoint(from, to);
            let country = Self::at(middle)?;
            match code.cmp(country.code()) {
                Ordering::Equal => return Some(country),
                Ordering::Less => to = middle,
                Ordering::Greater => from = middle + 1,
            }
        }
        None
    }

    /// The country whose calling code a number starts with. Those that share a code share the rules
    /// that this is asked for.
    pub(super) fn called_by(number: &str) -> Option<Self> {
        Self::all().find(|country| {
            let code = country.calling_code();
            !code.is_empty() && number.starts_with(code)
        })
    }

    fn all() -> impl Iterator<Item = Self> {
        (0..COUNTRIES.len() / ROW).filter_map(Self::at)
    }

    fn at(row: usize) -> Option<Self> {
        COUNTRIES.get(row * ROW..(row + 1) * ROW).map(Self)
    }

    /// ISO 3166-1 alpha-2, lower case.
    pub(super) fn code(self) -> &'static str {
        self.0.get(..2).unwrap_or("")
    }

    /// How a national number starts when it is dialled inside the country.
    pub(super) fn trunk(self) -> u8 {
        self.0.as_bytes().get(5).copied().unwrap_or(b'-')
    }

    /// The fewest and the most digits of a national number, without trunk prefix.
    pub(super) fn digits(self) -> (usize, usize) {
        let digit = |at: usize| {
            let character = self.0.as_bytes().get(at).copied().map_or('0', char::from);
            character.to_digit(16).unwrap_or(0) as usize
        };
        (digit(6), digit(7))
    }

    /// The calling code, empty where no one can be called.
    pub(super) fn calling_code(self) -> &'static str {
        self.0.get(8..).unwrap_or("").trim_ascii_end()
    }
}

/// The alpha-2 code beside a name, found by halving what is left of the text. Some names are short: `UK`, `EL`.
fn code_of(name: &str) -> Option<&'static str> {
    let mut left = NAMES;
    while !left.is_empty() {
        // The line that the middle lies in. A line break is one byte of its own in UTF-8.
        let middle = left.len() / 2;
        let bytes = left.as_bytes();
        let start =
            bytes.get(..middle)?.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let end = middle + bytes.get(middle..)?.iter().position(|&byte| byte == b'\n')?;
        let (known, code) = left.get(start..end)?.split_once(' ')?;
        left = match name.cmp(known) {
            Ordering::Equal => return Some(code),
            Ordering::Less => left.get(..start)?,
            Ordering::Greater => left.get(end + 1..)?,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_is_found_by_its_codes() {
        for country in Country::all() {
            assert_eq!(Country::named(country.code()).unwrap().code(), country.code());
            assert_eq!(Country::named(&country.0[2..5]).unwrap().code(), country.code());
        }
        assert_eq!(Country::all().count(), 250);
        assert_eq!(COUNTRIES.len(), 250 * ROW);
    }

    #[test]
    fn every_name_leads_to_its_country_and_every_country_has_one() {
        let options = Options::default();
        let mut codes: Vec<&str> = Vec::new();
        for line in NAMES.lines() {
            let (name, code) = line.split_once(' ').unwrap();
            assert_eq!(letters(&clean(name, &options), &options), name);
            assert_eq!(Country::named(name).unwrap().code(), code, "{name}");
            codes.push(code);
        }
        for country in Country::all() {
            assert!(codes.contains(&country.code()), "{}", country.code());
        }
    }

    #[test]
    fn names_ascend_by_bytes() {
        let names: Vec<&str> = NAMES.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(names.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn calling_codes_are_free_of_prefixes_of_each_other() {
        for country in Country::all() {
            for other in Country::all().filter(|other| !other.calling_code().is_empty()) {
                let (code, other) = (country.calling_code(), other.calling_code());
                assert!(code == other || !code.starts_with(other), "{code} {other}");
            }
        }
    }

    #[test]
    fn countries_that_share_a_calling_code_share_what_is_asked_of_it() {
        let asked_of = |country: Country| (country.trunk() == b'z', country.trunk() == b'6');
        for country in Country::all().filter(|country| !country.calling_code().is_empty()) {
            let asked = Country::called_by(country.calling_code()).unwrap();
            assert_eq!(asked_of(asked), asked_of(country), "{}", country.code());
        }
    }
}
