//! `country`: ISO 3166-1 codes and names.

use super::countries::{COUNT, byte};
use super::forms::Forms;
use super::lists::look_up;
use super::options::Options;
use super::reason::Reason;
use super::text::{after, clean, letters, part};

/// Meta: ISO 3166-1 alpha-2 in lower case. Read: alpha-2, alpha-3, the English name, the country's own
/// names of itself, `UK` and the European Union's `EL`. Anything else is no country, also two letters.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn read(clean: &str, forms: &mut Forms<'_>) -> Result<(), Reason> {
    let country = Country::named(clean, forms.options)?.ok_or(Reason::NOT_A_COUNTRY)?;
    forms.add(&country.code())
}

/// A country, by its row in the table.
#[derive(Clone, Copy)]
pub(super) struct Country(usize);

/// Where in a row its parts begin.
const ALPHA_2: usize = 0;
const TRUNK: usize = 2;
const CALLING_CODE: usize = 5;

impl Country {
    /// The default country, if there is one and it is known.
    pub(super) fn of(options: &Options<'_>) -> Result<Option<Self>, Reason> {
        match options.default_country {
            Some(name) => Self::named(&clean(name, options), options),
            None => Ok(None),
        }
    }

    /// By code or by name, an English article before it ignored.
    #[cfg_attr(feature = "customer", inline(never))]
    fn named(clean: &str, options: &Options<'_>) -> Result<Option<Self>, Reason> {
        let name = letters(clean, options);
        let by_code = match name.as_str() {
            "uk" => Self::with(ALPHA_2, "gb"),
            "el" => Self::with(ALPHA_2, "gr"),
            // No list for the code of three letters that many write.
            "usa" => Self::with(ALPHA_2, "us"),
            name if name.len() == 2 => Self::with(ALPHA_2, name),
            _ => None,
        };
        // No name has two letters.
        if by_code.is_some() || name.len() < 3 {
            return Ok(by_code);
        }
        let named = |name| look_up(options.lists.countries, Reason::NEEDS_COUNTRIES, name);
        let mut code = named(&name)?;
        if code.is_none()
            && let Some(name) = after(&name, "the")
        {
            code = named(name)?;
        }
        Ok(code.and_then(|code| Self::with(ALPHA_2, code)))
    }

    /// The country whose row has this text at a place.
    #[cfg_attr(feature = "customer", inline(never))]
    fn with(place: usize, text: &str) -> Option<Self> {
        #[cfg(not(feature = "customer"))]
        if place == ALPHA_2 {
            return super::countries::row(text.as_bytes()).map(Self);
        }
        Self::all().find(|country| country.has(place, text))
    }

    /// The country whose calling code a number starts with, and what follows it. Those that share a
    /// code share the rules that this is asked for.
    #[cfg_attr(feature = "customer", inline(never))]
    pub(super) fn called_by(number: &str) -> Option<(Self, &str)> {
        Self::all().find_map(|country| Some((country, country.after_code(number)?)))
    }

    fn all() -> impl Iterator<Item = Self> {
        (0..COUNT).map(Self)
    }

    /// Whether its row has this text at a place.
    #[cfg_attr(feature = "customer", inline(never))]
    fn has(self, place: usize, text: &str) -> bool {
        !text.is_empty()
            && text.bytes().zip(place..).all(|(expected, at)| byte(self.0, at) == expected)
    }

    /// Whether it has this alpha-2 code.
    pub(super) fn is(self, code: &str) -> bool {
        self.has(ALPHA_2, code)
    }

    /// ISO 3166-1 alpha-2, lower case.
    pub(super) fn code(self) -> String {
        let mut code = String::new();
        for at in ALPHA_2..TRUNK {
            code.push(char::from(byte(self.0, at)));
        }
        code
    }

    /// How a national number starts when it is dialled inside the country.
    pub(super) fn trunk(self) -> u8 {
        byte(self.0, TRUNK)
    }

    /// The fewest and the most digits of a national number, without trunk prefix.
    pub(super) fn digits(self) -> [usize; 2] {
        [TRUNK + 1, TRUNK + 2].map(|at| match byte(self.0, at) {
            letter @ b'a'.. => usize::from(letter - b'a' + 10),
            digit => usize::from(digit.saturating_sub(b'0')),
        })
    }

    /// What follows the calling code in a number that starts with it.
    #[cfg_attr(feature = "customer", inline(never))]
    pub(super) fn after_code(self, number: &str) -> Option<&str> {
        let mut length = 0;
        while let Some(digit) = self.calling_code(length) {
            if number.as_bytes().get(length) != Some(&digit) {
                return None;
            }
            length += 1;
        }
        if length == 0 { None } else { Some(part(number, length, number.len())) }
    }

    /// Whether it has this calling code. None is the beginning of another.
    pub(super) fn is_called(self, code: &str) -> bool {
        self.has(CALLING_CODE, code)
    }

    /// A digit of the calling code; not even the first where no one can be called.
    pub(super) fn calling_code(self, at: usize) -> Option<u8> {
        Some(byte(self.0, CALLING_CODE + at)).filter(|&digit| digit != b' ')
    }
}

#[cfg(test)]
mod tests {
    use super::super::lists::Lists;
    use super::*;

    fn calling_code(country: Country) -> String {
        (0..).map_while(|at| country.calling_code(at)).map(char::from).collect()
    }

    fn named(name: &str) -> Option<String> {
        Country::named(name, &Options::default()).unwrap().map(Country::code)
    }

    #[test]
    fn every_country_is_found_by_its_codes() {
        let three_letters: Vec<&str> =
            Lists::default().countries.lines().filter(|line| line.find(' ') == Some(3)).collect();
        for country in Country::all() {
            assert_eq!(named(&country.code()), Some(country.code()));
            let code = country.code();
            assert!(
                three_letters.iter().any(|line| line.ends_with(&code)),
                "{code} has no alpha-3"
            );
            // A page finds it without the index.
            let found = Country::all().find(|other| other.is(&country.code()));
            assert_eq!(found.map(Country::code), Some(country.code()));
        }
        for no_code in ["", "a", "zz", "e ", "1"] {
            assert_eq!(named(no_code), None);
        }
    }

    #[test]
    fn every_name_leads_to_its_country_and_every_country_has_one() {
        let mut codes: Vec<&str> = Vec::new();
        for line in Lists::default().countries.lines() {
            let (name, code) = line.split_once(' ').unwrap();
            assert!(name.len() > 2, "{name} is taken for a code");
            assert_eq!(named(name).as_deref(), Some(code), "{name}");
            codes.push(code);
        }
        for country in Country::all() {
            assert!(codes.contains(&country.code().as_str()), "{}", country.code());
        }
        assert_eq!(named("uk").as_deref(), Some("gb"));
        assert_eq!(named("el").as_deref(), Some("gr"));
    }

    #[test]
    fn calling_codes_are_free_of_prefixes_of_each_other() {
        let codes: Vec<String> =
            Country::all().map(calling_code).filter(|code| !code.is_empty()).collect();
        for code in &codes {
            for other in &codes {
                assert!(code == other || !code.starts_with(other.as_str()), "{code} {other}");
            }
        }
    }

    #[test]
    fn countries_that_share_a_calling_code_share_what_is_asked_of_it() {
        let asked_of = |country: Country| (country.trunk() == b'z', country.trunk() == b'6');
        for country in Country::all() {
            let Some((asked, _)) = Country::called_by(&calling_code(country)) else { continue };
            assert_eq!(asked_of(asked), asked_of(country), "{}", country.code());
        }
    }
}
