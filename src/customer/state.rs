//! `st`: states and provinces.

use super::beside::{codes_at_ends, is_code, splits};
use super::city::business_sdk;
use super::country::Country;
use super::forms::Forms;
use super::lists::List;
use super::name::words;
use super::reason::Reason;
use super::text::{contains, is_letter, length, letters, trimmed, words_of};

/// Adds the forms of a state. Meta: the two-letter code in the United States; elsewhere the name in
/// lower case without punctuation, special characters and spaces. Meta's parameter builder also has
/// codes for Canada's provinces. For them, the code comes first and the documented name second, so
/// that `ON` and `Ontario` share a hash.
///
/// A name is looked up if the country is the United States, Canada or not known: Florida is also in
/// Uruguay. A country beside the state is not part of it, and replaces the default country. The
/// parameter builder takes the first two letters of any other name (`ba` for Bayern). They are not
/// a code, so they are not added.
pub(super) fn read(
    clean: &str,
    default_country: Option<Country>,
    forms: &mut Forms,
) -> Result<(), Reason> {
    let name = letters(clean);
    // A text of two letters is a code, not a name.
    if length(&name) <= 2 {
        return add_place(clean, forms);
    }
    if has_codes(default_country)
        && let Some(state) = State::called(&name)
    {
        return state.add(forms);
    }
    if let Some(code) = code_beside_country(clean) {
        return forms.add(code.to_owned());
    }
    let beside = beside_country(clean, default_country).or_else(|| before_or_after_country(clean));
    let (place, country) = match beside {
        Some((place, country)) => (place, Some(country)),
        None => (clean, default_country),
    };
    match State::read(place) {
        Some(state) if has_codes(country) => state.add(forms),
        _ => add_place(place, forms),
    }
}

/// Adds the forms of a name or code that is not looked up.
fn add_place(place: &str, forms: &mut Forms) -> Result<(), Reason> {
    forms.add(words(place)?)?;
    forms.add(business_sdk(place))
}

/// Returns true if states of the country have codes, or if the country is not known.
fn has_codes(country: Option<Country>) -> bool {
    country.is_none_or(|country| matches!(country.code(), "us" | "ca"))
}

/// A state of the United States or a province of Canada.
struct State {
    /// The two letters.
    code: String,
    /// The name of a province of Canada, if it was written.
    name: Option<String>,
}

impl State {
    /// Adds the code, then the name.
    fn add(self, forms: &mut Forms) -> Result<(), Reason> {
        forms.add(self.code)?;
        self.name.map_or(Ok(()), |name| forms.add(name))
    }

    /// Finds a state by the letters of its name or of an abbreviation.
    fn called(name: &str) -> Option<Self> {
        let meaning = List::States.meaning(name)?;
        let (country, code) = meaning.split_at_checked(2)?;
        let name = (country == "ca").then(|| name.to_owned());
        Some(Self { code: code.to_owned(), name })
    }

    /// Reads a name, `State of` and a name or a code, or a name beside its code.
    fn read(place: &str) -> Option<Self> {
        Self::titled(place).or_else(|| {
            // A name and a code that disagree are neither.
            codes_at_ends(place)
                .into_iter()
                .find_map(|(code, name)| Self::titled(name).filter(|state| state.code == code))
        })
    }

    /// Reads a name, or `State of` and a name or a code.
    fn titled(place: &str) -> Option<Self> {
        let name = letters(place);
        Self::called(&name).or_else(|| {
            let name = name.strip_prefix("the").unwrap_or(&name);
            let name = TITLES.iter().find_map(|title| name.strip_prefix(title))?;
            let name = name.strip_prefix("the").unwrap_or(name);
            if is_code(name) {
                return Some(Self { code: name.to_owned(), name: None });
            }
            Self::called(name)
        })
    }
}

/// The words before the name of a state, as letters.
const TITLES: [&str; 4] = ["stateof", "commonwealthof", "provinceof", "territoryof"];

/// Returns the code of two words that are a code and its country, as in `US-CA` and `NY USA`.
fn code_beside_country(clean: &str) -> Option<&str> {
    match *words_of(clean).as_slice() {
        [code, "us" | "usa"] | ["us" | "usa" | "ca", code] if is_code(code) => Some(code),
        _ => None,
    }
}

/// Splits off a country beside the state, as in `California, USA` and `Bayern (Deutschland)`.
fn beside_country(clean: &str, default_country: Option<Country>) -> Option<(&str, Country)> {
    splits(clean).into_iter().find_map(|split| {
        let name = letters(split.other);
        if !contains(split.main, is_letter) || State::called(&name).is_some() {
            return None;
        }
        let country = Country::called(&name)?;
        // Other codes of two letters are codes of states, too: CA is California, GA is Georgia.
        let is_country = !is_code(&name)
            || matches!(country.code(), "us" | "gb")
            || default_country == Some(country);
        is_country.then_some((trimmed(split.main), country))
    })
}

/// Splits off the United States or Canada after a space, or before a sign: `California USA`,
/// `USA - California`. What is left must be a state.
fn before_or_after_country(clean: &str) -> Option<(&str, Country)> {
    NAMES.iter().find_map(|(name, code)| {
        let before = clean.strip_suffix(name).filter(|rest| trimmed(rest).len() < rest.len());
        let after = clean.strip_prefix(name).map(trimmed).and_then(|rest| {
            [",", ":", "-", "–", "/"].into_iter().find_map(|sign| rest.strip_prefix(sign))
        });
        let place = trimmed(before.or(after)?);
        let is_state = is_code(&letters(place)) || State::read(place).is_some();
        is_state.then_some((place, Country::coded(code)?))
    })
}

/// The countries whose states have codes, as people write them beside a state.
const NAMES: [(&str, &str); 9] = [
    ("the united states of america", "us"),
    ("united states of america", "us"),
    ("the united states", "us"),
    ("united states", "us"),
    ("u.s.a.", "us"),
    ("usa", "us"),
    ("u.s.", "us"),
    ("us", "us"),
    ("canada", "ca"),
];
