//! `country`: ISO 3166-1 codes and names.

use super::beside::{codes_at_ends, splits};
use super::forms::Forms;
use super::lists::{List, PHONES, line_of};
use super::reason::Reason;
use super::text::letters;

/// Adds the country's code. Meta: ISO 3166-1 alpha-2 in lower case. Understands alpha-2 and alpha-3
/// codes, the English name, the country's own names for itself, `UK` and the European Union's `EL`,
/// and a name beside a code, as in `Germany (DE)`. Any other value, also of two letters, is not a
/// country.
pub(super) fn read(clean: &str, forms: &mut Forms) -> Result<(), Reason> {
    let country = Country::named(clean).ok_or(Reason::NOT_A_COUNTRY)?;
    forms.add(country.code().to_owned())
}

/// A country: its alpha-2 code, and how its phone numbers are written, as a line of [`PHONES`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Country {
    code: &'static str,
    phone: &'static str,
}

impl Country {
    /// Finds a country by its code or its name, or by both beside each other.
    pub(super) fn named(clean: &str) -> Option<Self> {
        if let Some(country) = Self::called(&letters(clean)) {
            return Some(country);
        }
        let called = |text: &str| Self::called(&letters(text));
        for (code, rest) in codes_at_ends(clean) {
            if let (Some(one), Some(other)) = (called(code), called(rest)) {
                return (one == other).then_some(one);
            }
        }
        splits(clean).find_map(|split| match (called(split.main), called(split.other)) {
            (Some(one), Some(other)) => (one == other).then_some(one),
            // A name that is not known, beside a code.
            (None, Some(coded)) if split.is_in_brackets && is_code(&letters(split.other)) => {
                Some(coded).filter(|_| !letters(split.main).is_empty())
            }
            _ => None,
        })
    }

    /// Finds a country by the letters of its code or its name. Ignores an English article before
    /// the name.
    pub(super) fn called(name: &str) -> Option<Self> {
        match name {
            "uk" => return Self::coded("gb"),
            "el" => return Self::coded("gr"),
            // Many people write `usa`. It is found here, without loading the list of names.
            "usa" => return Self::coded("us"),
            _ => {}
        }
        let by_code = Self::coded(name);
        // A name in ASCII has at least three letters.
        if by_code.is_some() || name.len() < 3 {
            return by_code;
        }
        let code = List::Countries.meaning(name);
        let code = code.or_else(|| List::Countries.meaning(name.strip_prefix("the")?))?;
        Self::coded(&code)
    }

    /// Finds a country by its alpha-2 code.
    pub(super) fn coded(code: &str) -> Option<Self> {
        if code.len() != 2 {
            return None;
        }
        let (code, phone) = line_of(PHONES, code)?;
        Some(Self { code, phone })
    }

    /// Returns the ISO 3166-1 alpha-2 code in lower case.
    pub(super) const fn code(self) -> &'static str {
        self.code
    }

    /// Returns how the country's phone numbers are written: the part of its line after the code.
    pub(super) const fn phone(self) -> &'static str {
        self.phone
    }
}

/// Returns true for two or three ASCII letters.
fn is_code(text: &str) -> bool {
    matches!(text.len(), 2 | 3) && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Option<&'static str> {
        Country::named(name).map(Country::code)
    }

    fn codes() -> impl Iterator<Item = &'static str> {
        PHONES.lines().filter_map(|line| line.get(..2))
    }

    #[test]
    fn every_country_is_found_by_its_codes() {
        let lines = List::Countries.lines().lines();
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
        for line in List::Countries.lines().lines() {
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
