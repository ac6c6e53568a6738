//! `country`: ISO 3166-1 codes and names.

#[cfg(all(feature = "contact", not(feature = "details"), target_family = "wasm"))]
#[path = "lent.rs"]
mod names;
#[cfg(not(all(feature = "contact", not(feature = "details"), target_family = "wasm")))]
mod names;
mod table;

use super::forms::Forms;
use super::reason::Reason;
use super::text::letters;
use table::{CALLING_CODE, CALLING_CODES, CODE, CODES, COUNT, FEWEST, MOST, TRUNKS};

pub(super) use table::Trunk;

/// Adds the country's code. Meta: ISO 3166-1 alpha-2 in lower case. Understands alpha-2 and alpha-3
/// codes, the English name, the country's own names for itself, `UK` and the European Union's `EL`,
/// and a name beside a code, as in `Germany (DE)`. Any other value, also of two letters, is not a
/// country.
pub(super) fn read(clean: &str, forms: &mut Forms) -> Result<(), Reason> {
    let country = Country::named(clean).ok_or(Reason::NOT_A_COUNTRY)?;
    forms.add(country.code().to_owned())
}

/// A country, as its place in the table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Country(usize);

impl Country {
    /// Returns every country, those without phone numbers first, then by calling code.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..COUNT).map(Self)
    }

    /// Finds a country by its code or its name, or by both beside each other.
    pub(super) fn named(clean: &str) -> Option<Self> {
        Self::coded(&letters(clean)).or_else(|| names::named(clean))
    }

    /// Finds a country by the letters of its code or its name. Ignores an English article before
    /// the name.
    pub(super) fn called(name: &str) -> Option<Self> {
        Self::coded(name).or_else(|| names::called(name))
    }

    /// Finds a country by its alpha-2 code, or by a code that many people write for it.
    pub(super) fn coded(code: &str) -> Option<Self> {
        let code = match code {
            "uk" => "gb",
            "el" => "gr",
            "usa" => "us",
            _ => code,
        };
        let &[first, second] = code.as_bytes() else { return None };
        let place =
            CODES.as_bytes().chunks_exact(CODE).position(|known| known == [first, second])?;
        Some(Self(place))
    }

    /// Returns the ISO 3166-1 alpha-2 code in lower case.
    pub(super) fn code(self) -> &'static str {
        cell(CODES, self.0, CODE)
    }

    /// Returns the calling code. It is empty for a country without phone numbers.
    pub(super) fn calling_code(self) -> &'static str {
        cell(CALLING_CODES, self.0, CALLING_CODE).trim_ascii_end()
    }

    /// Returns the start of national numbers that are dialled inside the country.
    pub(super) fn trunk(self) -> Trunk {
        TRUNKS.get(self.0).copied().unwrap_or(Trunk::None)
    }

    /// Returns the minimum number of digits of a national number, without trunk prefix.
    pub(super) fn fewest_digits(self) -> usize {
        FEWEST.get(self.0).copied().unwrap_or_default().into()
    }

    /// Returns the maximum number of digits of a national number, without trunk prefix.
    pub(super) fn most_digits(self) -> usize {
        MOST.get(self.0).copied().unwrap_or_default().into()
    }

    /// Finds the country whose calling code a number starts with. Returns it and the number after
    /// the code. Countries that share a code share the rules that callers need.
    pub(super) fn calling(number: &str) -> Option<(Self, &str)> {
        Self::all().find_map(|country| {
            let code = country.calling_code();
            let rest = number.strip_prefix(code)?;
            (!code.is_empty()).then_some((country, rest))
        })
    }
}

/// Returns a part of a column whose parts have the same length.
fn cell(column: &'static str, place: usize, length: usize) -> &'static str {
    column.get(length * place..length * place + length).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::lists::{List, lines};

    fn named(name: &str) -> Option<&'static str> {
        Country::named(name).map(Country::code)
    }

    fn codes() -> impl Iterator<Item = &'static str> {
        Country::all().map(Country::code)
    }

    #[test]
    fn every_country_is_found_by_its_codes() {
        let lines = lines(List::Countries).lines();
        let three_letters: Vec<&str> = lines.filter(|line| line.find(' ') == Some(3)).collect();
        assert_eq!(codes().count(), 250);
        for code in codes() {
            assert_eq!(named(code), Some(code));
            assert!(three_letters.iter().any(|line| line.ends_with(code)), "{code} has no alpha-3");
        }
        for no_code in ["", "a", "zz", "e ", "1"] {
            assert_eq!(named(no_code), None);
        }
    }

    #[test]
    fn every_name_leads_to_its_country_and_every_country_has_one() {
        let mut named_codes: Vec<&str> = Vec::new();
        for line in lines(List::Countries).lines() {
            let (name, code) = line.split_once(' ').unwrap();
            assert!(name.len() > 2, "{name} is taken for a code");
            assert_eq!(named(name), Some(code), "{name}");
            named_codes.push(code);
        }
        for code in codes() {
            assert!(named_codes.contains(&code), "{code}");
        }
        assert_eq!(named("uk"), Some("gb"));
        assert_eq!(named("el"), Some("gr"));
    }

    #[test]
    fn the_table_is_its_text() {
        let text = include_str!("phones.txt");
        assert_eq!(text.lines().count(), COUNT);
        for (place, line) in text.lines().enumerate() {
            let country = Country(place);
            let trunk = match country.trunk() {
                Trunk::None => "none",
                Trunk::Zero => "0",
                Trunk::One => "1",
                Trunk::Eight => "8",
                Trunk::ZeroSix => "06",
                Trunk::ZeroStays => "stays",
            };
            let (code, calling) = (country.code(), country.calling_code());
            let (fewest, most) = (country.fewest_digits(), country.most_digits());
            let expected = if calling.is_empty() {
                code.to_owned()
            } else {
                format!("{code} +{calling} {trunk} {fewest} {most}")
            };
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn a_name_and_a_code_beside_each_other_are_one_country_or_none() {
        for (written, code) in [
            ("united states (us)", "us"),
            ("united kingdom (uk)", "gb"),
            ("de - germany", "de"),
            ("germany-de", "de"),
            ("(de) germany", "de"),
            ("somewhere new (fra)", "fr"),
            ("germany / deutschland", "de"),
        ] {
            assert_eq!(named(written), Some(code), "{written}");
        }
        for none in ["atlantis (zz)", "germany (at)", "north - south", "paris (france)"] {
            assert_eq!(named(none), None, "{none}");
        }
    }
}
