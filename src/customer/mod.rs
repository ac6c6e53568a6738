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

mod characters;
mod city;
mod countries;
mod country;
mod date_of_birth;
mod digits;
mod email;
mod external_id;
mod field;
mod forms;
mod gender;
mod hashed;
mod lists;
mod marks;
mod name;
mod options;
mod phone;
mod postal_code;
mod punycode;
mod reason;
mod set;
mod sha256;
mod stages;
mod state;
mod text;
mod written;

pub use field::Field;
pub use options::Options;
pub use reason::Reason;
pub use sha256::sha256_hex;
pub use stages::{Hashed, Normalized, Raw};

// Used by the build for pages, which implements `Text` with JavaScript strings.
pub(crate) use forms::Known;
#[cfg(feature = "customer")]
pub(crate) use lists::List;
pub(crate) use set::Set;
pub(crate) use text::Text;

use bumpalo::Bump;
use country::Country;
use forms::Forms;
use written::Written;

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
/// Normalising the first form again returns it unchanged, with one exception. A normalised phone
/// number has its calling code but no plus sign, so normalise it again without a default country.
pub fn normalize<'a>(
    field: Field,
    raw: impl Into<Raw<'a>>,
    options: &Options<'_>,
) -> Result<Vec<Normalized>, Reason> {
    let forms =
        distinct(raw.into(), options, |raw, known, found| each_form(field, raw, known, found))?;
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
        distinct(raw.into(), options, |raw, known, found| each_hash(field, raw, known, found))?;
    Ok(hashes.into_iter().map(Hashed).collect())
}

/// Collects the texts that `each` finds for a value, none twice.
fn distinct(
    raw: Raw<'_>,
    options: &Options<'_>,
    each: impl for<'p> FnOnce(
        Written<'p>,
        Known<Written<'p>>,
        &mut dyn FnMut(Written<'p>),
    ) -> Result<(), Reason>,
) -> Result<Vec<String>, Reason> {
    let place = Bump::new();
    let mut texts: Vec<String> = Vec::new();
    each(raw.written(&place), options.known(&place), &mut |found| {
        if !texts.iter().any(|known| known == found.text) {
            texts.push(found.text.to_owned());
        }
    })?;
    Ok(texts)
}

/// Passes the hashes of [`hash`] to `found` one by one, possibly with duplicates.
pub(crate) fn each_hash<T: Text>(
    field: Field,
    raw: T,
    known: Known<T>,
    found: &mut dyn FnMut(T),
) -> Result<(), Reason> {
    if raw.length() <= LONGEST
        && let Some(hashed) = hashed::read(raw)
    {
        found(hashed);
        return Ok(());
    }
    each_form(field, raw, known, &mut |form| found(form.sha256()))
}

/// The maximum length of a value, in characters. Longer texts are not customer information.
const LONGEST: usize = 1024;

/// Passes the forms of a value to `found`, by the rules of its field, possibly with duplicates.
fn each_form<T: Text>(
    field: Field,
    raw: T,
    known: Known<T>,
    found: &mut dyn FnMut(T),
) -> Result<(), Reason> {
    if raw.length() > LONGEST {
        return Err(Reason::TOO_LONG);
    }
    let clean = raw.clean();
    if let Some(reason) = refused(field, clean) {
        return Err(reason);
    }
    let country = match field {
        Field::Phone | Field::DateOfBirth | Field::State | Field::Zip => {
            Country::named(known.default_country.clean())
        }
        _ => None,
    };
    let forms = &mut Forms::new(field, known, found);
    match field {
        Field::Email => email::read(clean, forms),
        Field::Phone => phone::read(clean, country, forms),
        Field::FirstName | Field::LastName => name::read(clean, forms),
        Field::DateOfBirth => date_of_birth::read(clean, country, forms),
        Field::Gender => gender::read(clean, forms),
        Field::City => city::read(clean, forms),
        Field::State => state::read(clean, country, forms),
        Field::Zip => postal_code::read(clean, country, forms),
        Field::Country => country::read(clean, forms),
        Field::ExternalId => external_id::read(raw, forms),
    }
}

/// Returns the reason why a text is not a value of any field, if there is one.
#[inline(never)]
fn refused<T: Text>(field: Field, text: T) -> Option<Reason> {
    if text.is_empty() {
        Some(Reason::EMPTY)
    } else if hashed::read(text).is_some() {
        Some(Reason::ALREADY_HASHED)
    } else if is_placeholder(field, text) {
        Some(Reason::PLACEHOLDER)
    // An external id may be a UUID without hyphens, which looks like an MD5.
    } else if field != Field::ExternalId && text.length() == 32 && text.has_only(Set::Hexadecimal) {
        Some(Reason::MD5)
    } else {
        None
    }
}

/// Returns true if a value is a placeholder that programs write for a missing value. Its hash would
/// make one person of everyone. `None`, `Nan` and `Nil` are also names.
fn is_placeholder<T: Text>(field: Field, clean: T) -> bool {
    clean.is("null|undefined|unknown|n/a|[object object]|(null)|(none)|(not set)")
        || !matches!(field, Field::FirstName | Field::LastName) && clean.is("none|nan|nil")
}
