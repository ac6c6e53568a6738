//! `country`: ISO 3166-1 codes and names.

use super::countries::{COUNT, byte};
use super::forms::Forms;
use super::lists::List;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Adds the country's code. Meta: ISO 3166-1 alpha-2 in lower case. Understands alpha-2 and alpha-3
/// codes, the English name, the country's own names for itself, `UK` and the European Union's `EL`.
/// Any other value, also of two letters, is not a country.
pub(super) fn read<T: Text>(clean: T, forms: &mut Forms<'_, T>) -> Result<(), Reason> {
    let country = Country::named(clean).ok_or(Reason::NOT_A_COUNTRY)?;
    forms.add(country.code_beside(clean))
}

/// A country, as its row in the table.
#[derive(Clone, Copy)]
pub(super) struct Country(usize);

/// The positions of a row's parts, in bytes.
const ALPHA_2: usize = 0;
const TRUNK: usize = 2;
const CALLING_CODE: usize = 5;

impl Country {
    /// Finds a country by its code or its name. Ignores an English article before the name.
    #[inline(never)]
    pub(super) fn named<T: Text>(clean: T) -> Option<Self> {
        let name = clean.letters();
        let by_code = match name.place_in("uk|el|usa") {
            Some(0) => Self::coded(*b"gb"),
            Some(1) => Self::coded(*b"gr"),
            // Many people write `usa`. It is found here, without loading the list of names.
            Some(_) => Self::coded(*b"us"),
            None => Self::with_code(name),
        };
        // A name in ASCII has at least three letters.
        if by_code.is_some() || name.length() < 3 && name.has_only(Set::Ascii) {
            return by_code;
        }
        let code = name.meaning(List::Countries);
        Self::with_code(code.or_else(|| name.after("the")?.meaning(List::Countries))?)
    }

    /// Finds a country by a text of two letters.
    fn with_code<T: Text>(code: T) -> Option<Self> {
        let (first, second) = code.cut(1);
        if code.length() != 2 {
            return None;
        }
        let letter = |text: T| u8::try_from(text.character()).unwrap_or_default();
        Self::coded([letter(first), letter(second)])
    }

    fn coded(code: [u8; 2]) -> Option<Self> {
        #[cfg(not(feature = "customer"))]
        return super::countries::row(code).map(Self);
        #[cfg(feature = "customer")]
        Self::all().find(|country| country.is(code))
    }

    /// Finds the country whose calling code a number starts with. Returns it, the code and the rest
    /// of the number. Countries that share a code share the rules that callers need.
    pub(super) fn called_by<T: Text>(number: T) -> Option<(Self, T, T)> {
        (1..=3).find_map(|length| {
            let (code, rest) = number.cut(length);
            let called = code.value();
            let country = Self::all().find(|country| country.calling_code() == called)?;
            (called > 0).then_some((country, code, rest))
        })
    }

    fn all() -> impl Iterator<Item = Self> {
        (0..COUNT).map(Self)
    }

    /// Returns true if the country has this alpha-2 code.
    #[inline(never)]
    pub(super) fn is(self, code: [u8; 2]) -> bool {
        self.code() == code
    }

    /// Returns the ISO 3166-1 alpha-2 code in lower case.
    pub(super) fn code(self) -> [u8; 2] {
        [ALPHA_2, ALPHA_2 + 1].map(|at| byte(self.0, at))
    }

    /// Returns the alpha-2 code as a text. `text` only tells the host where to put it.
    pub(super) fn code_beside<T: Text>(self, text: T) -> T {
        let [first, second] = self.code();
        text.cut(0).0.with(first.into()).with(second.into())
    }

    /// Returns the trunk prefix: the start of a national number that is dialled inside the country.
    pub(super) fn trunk(self) -> u8 {
        byte(self.0, TRUNK)
    }

    /// Returns the minimum and maximum number of digits of a national number, without trunk prefix.
    pub(super) fn digits(self) -> [usize; 2] {
        [TRUNK + 1, TRUNK + 2].map(|at| match byte(self.0, at) {
            letter @ b'a'.. => usize::from(letter - b'a' + 10),
            digit => usize::from(digit.saturating_sub(b'0')),
        })
    }

    /// Returns the calling code, or 0 for a country without one. No calling code is a prefix of
    /// another.
    #[inline(never)]
    pub(super) fn calling_code(self) -> u32 {
        let mut code = 0;
        for digit in self.calling_code_digits() {
            code = code * 10 + u32::from(digit & 15);
        }
        code
    }

    /// Returns the calling code as a text. `text` only tells the host where to put it.
    pub(super) fn calling_code_beside<T: Text>(self, text: T) -> T {
        let mut code = text.cut(0).0;
        for digit in self.calling_code_digits() {
            code = code.with(digit.into());
        }
        code
    }

    /// Returns the digits after the calling code, if the number starts with it.
    pub(super) fn after_code<T: Text>(self, number: T) -> Option<T> {
        let (code, rest) = number.cut(self.calling_code_digits().count());
        (code.value() == self.calling_code()).then_some(rest)
    }

    fn calling_code_digits(self) -> impl Iterator<Item = u8> {
        (CALLING_CODE..).map(move |at| byte(self.0, at)).take_while(|&digit| digit != b' ')
    }
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::super::written::Written;
    use super::*;

    fn named(name: &str) -> Option<String> {
        let place = Bump::new();
        Country::named(Written { text: name, place: &place }).map(code)
    }

    fn code(country: Country) -> String {
        country.code().map(char::from).iter().collect()
    }

    #[test]
    fn every_country_is_found_by_its_codes() {
        let lines = List::Countries.lines().lines();
        let three_letters: Vec<&str> = lines.filter(|line| line.find(' ') == Some(3)).collect();
        for country in Country::all() {
            let code = code(country);
            assert_eq!(named(&code), Some(code.clone()));
            assert!(
                three_letters.iter().any(|line| line.ends_with(&code)),
                "{code} has no alpha-3"
            );
            // The build for pages finds it without the index.
            let found = Country::all().find(|other| other.is(country.code()));
            assert_eq!(found.map(Country::code), Some(country.code()));
        }
        for no_code in ["", "a", "zz", "e ", "1"] {
            assert_eq!(named(no_code), None);
        }
    }

    #[test]
    fn every_name_leads_to_its_country_and_every_country_has_one() {
        let mut codes: Vec<&str> = Vec::new();
        for line in List::Countries.lines().lines() {
            let (name, code) = line.split_once(' ').unwrap();
            assert!(name.len() > 2, "{name} is taken for a code");
            assert_eq!(named(name).as_deref(), Some(code), "{name}");
            codes.push(code);
        }
        for country in Country::all() {
            assert!(codes.contains(&code(country).as_str()), "{}", code(country));
        }
        assert_eq!(named("uk").as_deref(), Some("gb"));
        assert_eq!(named("el").as_deref(), Some("gr"));
    }

    /// Returns the calling codes as texts, without 0.
    fn calling_codes() -> Vec<(Country, String)> {
        let codes = Country::all().map(|country| (country, country.calling_code().to_string()));
        codes.filter(|(_, code)| code != "0").collect()
    }

    #[test]
    fn calling_codes_are_free_of_prefixes_of_each_other() {
        for (_, code) in calling_codes() {
            for (_, other) in calling_codes() {
                assert!(code == other || !code.starts_with(&other), "{code} {other}");
            }
        }
    }

    #[test]
    fn countries_that_share_a_calling_code_share_what_is_asked_of_it() {
        let asked_of = |country: Country| (country.trunk() == b'z', country.trunk() == b'6');
        for (country, text) in calling_codes() {
            let place = Bump::new();
            let called = Country::called_by(Written { text: &text, place: &place });
            let (asked, code, rest) = called.unwrap();
            assert_eq!(asked_of(asked), asked_of(country), "{text}");
            assert_eq!((code.text, rest.text), (text.as_str(), ""));
        }
    }
}
