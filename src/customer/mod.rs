//! Customer information: normalises values that Meta wants hashed, as Meta documents it, and hashes
//! them.
//!
//! ```
//! use capi_bridge::customer::{Field, Options, hash, normalize};
//!
//! let options = Options { default_country: Some("US"), ..Options::default() };
//!
//! let hashes = hash(Field::Phone, "(650)555-1212", &options).unwrap();
//! assert_eq!(hashes.len(), 1);
//! assert_eq!(hashes[0].as_str(), "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176");
//!
//! // Meta's document and Meta's libraries write this one differently: both, the documented one first.
//! let city = normalize(Field::City, "São Paulo", &options).unwrap();
//! let city: Vec<&str> = city.iter().map(|form| form.as_str()).collect();
//! assert_eq!(city, ["sãopaulo", "sopaulo"]);
//! ```
//!
//! It does *not* guess missing parts (no calling code without a country, no century for a year of
//! two digits), does not remove e-mail aliases, and does not take MD5. The rules, and every place
//! where Meta contradicts itself, are in `docs/customer-information.md`.

#[cfg_attr(
    all(feature = "contact", not(feature = "details"), target_family = "wasm"),
    expect(dead_code, reason = "the module for contact data asks the page for a country's name")
)]
mod beside;
mod city;
mod country;
mod date_of_birth;
mod email;
mod external_id;
mod field;
mod forms;
mod gender;
mod hashed;
#[cfg(feature = "customer")]
pub(crate) mod lent;
#[cfg_attr(
    all(feature = "contact", not(feature = "details"), target_family = "wasm"),
    expect(dead_code, reason = "the module for contact data asks the page for a country's name")
)]
mod lists;
mod name;
mod options;
mod phone;
mod postal_code;
mod punycode;
mod reason;
mod sha256;
mod stages;
mod state;
mod text;
mod unicode;

pub use field::Field;
pub use options::Options;
pub use reason::Reason;
pub use sha256::sha256_hex;
pub use stages::{Hashed, Normalized, Raw};

use forms::Forms;

/// Returns the forms in which Meta may know a value. This is usually one form. If Meta's
/// documentation and Meta's libraries disagree, it is several: the documented one first, no form
/// twice.
///
/// Returns the reason if the value is empty, already hashed, or not a valid value of the field.
///
/// ```
/// use capi_bridge::customer::{Field, Options, normalize};
///
/// let options = Options::default();
/// assert_eq!(normalize(Field::Country, "Deutschland", &options).unwrap()[0].as_str(), "de");
/// assert_eq!(normalize(Field::Country, "Atlantis", &options).err().unwrap().code(), "not_a_country");
/// ```
///
/// Normalising the first form again returns it unchanged, with two exceptions. A normalised phone
/// number has its calling code but no plus sign, so normalise it again without a default country.
/// The form of a state does not name its country: `Florida, Uruguay` gives `florida`, and that gives
/// `fl` without Uruguay as the default country.
pub fn normalize<'a>(
    field: Field,
    raw: impl Into<Raw<'a>>,
    options: &Options<'_>,
) -> Result<Vec<Normalized>, Reason> {
    let forms = forms(field, raw.into().0, options, rules_of(field))?;
    Ok(forms.into_iter().map(Normalized).collect())
}

/// Returns the hashes to send for a value, in the order of [`normalize`]. A value that is already
/// hashed is passed on, as [`Hashed::parse`] reads it.
///
/// Returns the reason if there is nothing to send.
///
/// ```
/// use capi_bridge::customer::{Field, Options, hash};
///
/// let once = hash(Field::Email, " John_Smith@gmail.com ", &Options::default()).unwrap();
/// assert_eq!(once[0].as_str(), "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f");
///
/// let twice = hash(Field::Email, once[0].as_str(), &Options::default()).unwrap();
/// assert_eq!(twice, once);
/// ```
pub fn hash<'a>(
    field: Field,
    raw: impl Into<Raw<'a>>,
    options: &Options<'_>,
) -> Result<Vec<Hashed>, Reason> {
    let hashes =
        hashes(field, raw.into().0, options, rules_of(field), |form| sha256_hex(form.as_bytes()))?;
    Ok(hashes.into_iter().map(Hashed).collect())
}

/// Returns what is wrong with a value or with its default country. A default country that is not
/// known does not stop a value from being hashed, but a national phone number then lacks its calling
/// code.
///
/// ```
/// use capi_bridge::customer::{Field, Options, problem};
///
/// let options = Options { default_country: Some("Atlantis"), ..Options::default() };
/// let reason = problem(Field::Phone, "07911 123456", &options).unwrap();
/// assert_eq!(reason.code(), "unknown_default_country");
/// ```
pub fn problem<'a>(field: Field, raw: impl Into<Raw<'a>>, options: &Options<'_>) -> Option<Reason> {
    let needs_country =
        matches!(field, Field::Phone | Field::DateOfBirth | Field::State | Field::Zip);
    match hash(field, raw, options) {
        Err(reason) => Some(reason),
        Ok(_) if needs_country && options.has_unknown_country() => {
            Some(Reason::UNKNOWN_DEFAULT_COUNTRY)
        }
        Ok(_) => None,
    }
}

/// The maximum length of a value, in characters. Longer texts are not customer information.
const MAX_CHARACTERS: usize = 1024;

fn is_too_long(raw: &str) -> bool {
    raw.len() > MAX_CHARACTERS && text::length(raw) > MAX_CHARACTERS
}

/// A value that is read.
pub(crate) struct Value<'a> {
    raw: &'a str,
    /// The text in lower case and NFC, without invisible characters and surrounding white space.
    clean: &'a str,
    options: &'a Options<'a>,
}

/// The rules of some fields.
pub(crate) type Rules = fn(Field, &Value<'_>, &mut Forms) -> Result<(), Reason>;

/// Returns the hashes of a value, by the rules of its field and with `digest`.
pub(crate) fn hashes(
    field: Field,
    raw: &str,
    options: &Options<'_>,
    rules: Rules,
    digest: impl Fn(&str) -> String,
) -> Result<Vec<String>, Reason> {
    if !is_too_long(raw)
        && let Some(hash) = hashed::read(raw)
    {
        return Ok(vec![hash]);
    }
    Ok(forms(field, raw, options, rules)?.iter().map(|form| digest(form)).collect())
}

/// Returns the forms of a value, by the rules of its field.
fn forms(
    field: Field,
    raw: &str,
    options: &Options<'_>,
    rules: Rules,
) -> Result<Vec<String>, Reason> {
    if is_too_long(raw) {
        return Err(Reason::TOO_LONG);
    }
    let clean = text::clean(raw);
    if let Some(reason) = refused(field, &clean) {
        return Err(reason);
    }
    let mut forms = Forms::new(field);
    rules(field, &Value { raw, clean: &clean, options }, &mut forms)?;
    Ok(forms.into_texts())
}

/// Returns the rules of a field. A page loads each of the two with the first value that needs it.
fn rules_of(field: Field) -> Rules {
    match field {
        Field::Email | Field::Phone | Field::FirstName | Field::LastName | Field::ExternalId => {
            contact
        }
        Field::DateOfBirth
        | Field::Gender
        | Field::City
        | Field::State
        | Field::Zip
        | Field::Country => details,
    }
}

/// Adds the forms of contact data. Adds none of another field.
pub(crate) fn contact(field: Field, value: &Value<'_>, forms: &mut Forms) -> Result<(), Reason> {
    let Value { raw, clean, options } = value;
    match field {
        Field::Email => email::read(clean, forms),
        Field::Phone => phone::read(clean, options.country(), forms),
        Field::FirstName | Field::LastName => name::read(raw, clean, forms),
        Field::ExternalId => external_id::read(raw, forms),
        _ => Ok(()),
    }
}

/// Adds the forms of an address, a date of birth or a gender. Adds none of another field.
pub(crate) fn details(field: Field, value: &Value<'_>, forms: &mut Forms) -> Result<(), Reason> {
    let Value { clean, options, .. } = value;
    let country = || options.country();
    match field {
        Field::DateOfBirth => date_of_birth::read(clean, country(), options.latest_year(), forms),
        Field::Gender => gender::read(clean, forms),
        Field::City => city::read(clean, forms),
        Field::State => state::read(clean, country(), forms),
        Field::Zip => postal_code::read(clean, country(), forms),
        Field::Country => country::read(clean, forms),
        _ => Ok(()),
    }
}

/// Returns the alpha-2 code of the country with a name.
#[cfg(feature = "details")]
pub(crate) fn code_of_country(name: &str) -> Option<&'static str> {
    country::Country::named(name).map(country::Country::code)
}

/// Returns the reason why a text is not a value of any field, if there is one.
fn refused(field: Field, text: &str) -> Option<Reason> {
    if text.is_empty() {
        Some(Reason::EMPTY)
    } else if hashed::read(text).is_some() {
        Some(Reason::ALREADY_HASHED)
    } else if is_placeholder(field, text) {
        Some(Reason::PLACEHOLDER)
    // An external id may be a UUID without hyphens, which looks like an MD5.
    } else if field != Field::ExternalId && text.len() == 32 && hashed::is_hexadecimal(text) {
        Some(Reason::MD5)
    } else {
        None
    }
}

/// Returns true if a value is a placeholder that programs write for a missing value. Its hash would
/// make one person of everyone. `None`, `Nan` and `Nil` are also names.
fn is_placeholder(field: Field, clean: &str) -> bool {
    let is_also_a_name = ["none", "nan", "nil"].contains(&clean);
    let is_of_name = matches!(field, Field::FirstName | Field::LastName);
    PLACEHOLDERS.contains(&clean) || (is_also_a_name && !is_of_name)
}

const PLACEHOLDERS: [&str; 8] =
    ["null", "undefined", "unknown", "n/a", "[object object]", "(null)", "(none)", "(not set)"];
