//! Checks the normalisation and hashing of each field of customer information.

use capi_bridge::customer::{Field, Hashed, Options, hash, normalize, sha256_hex};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// The first line is the default country and, after a comma, the year; the rest is the value.
pub fn any(field: Field, input: &[u8]) {
    let text = crate::text(input);
    let (head, raw) = crate::first_line(&text);
    let (country, year) = head.split_once(',').unwrap_or((head, ""));
    let options = Options {
        default_country: (!country.is_empty()).then_some(country),
        this_year: year.parse().ok(),
    };
    let forms = forms(field, raw, &options);
    let hashes = hashes(field, raw, &options);

    match (&forms, &hashes) {
        (Ok(forms), Ok(hashes)) => {
            assert!(!forms.is_empty());
            for (at, form) in forms.iter().enumerate() {
                is_sound(field, form);
                assert!(!forms[..at].contains(form), "twice");
            }
            assert_eq!(*hashes, forms.iter().map(|form| sha256(form)).collect::<Vec<_>>());
        }
        (Err(code), Ok(hashes)) => {
            assert_eq!((*code, hashes.len()), ("already_hashed", 1));
            assert!(crate::is_lower_hex(&hashes[0], 64) || hashes[0].contains('.'));
        }
        (Err(code), Err(other)) => assert_eq!(code, other),
        (Ok(_), Err(code)) => panic!("has forms and no hash: {code}"),
    }
    for hash_of_it in hashes.iter().flatten() {
        assert_eq!(
            crate::customer::hashes(field, hash_of_it, &options),
            Ok(vec![hash_of_it.clone()])
        );
    }
    is_settled(field, &forms, &options);
    is_the_same_however_it_is_written(field, raw, &options, &forms);
}

/// Returns the forms of a value, or the code of the reason why there are none.
fn forms(field: Field, raw: &str, options: &Options<'_>) -> Result<Vec<String>, &'static str> {
    match normalize(field, raw, options) {
        Ok(forms) => Ok(forms.iter().map(|form| form.as_str().to_owned()).collect()),
        Err(reason) => Err(reason.code()),
    }
}

fn hashes(field: Field, raw: &str, options: &Options<'_>) -> Result<Vec<String>, &'static str> {
    match hash(field, raw, options) {
        Ok(hashes) => Ok(hashes.iter().map(|hash| hash.as_str().to_owned()).collect()),
        Err(reason) => Err(reason.code()),
    }
}

fn sha256(text: &str) -> String {
    let mut expected = String::with_capacity(64);
    for byte in Sha256::digest(text) {
        expected.push_str(&format!("{byte:02x}"));
    }
    assert_eq!(expected, sha256_hex(text.as_bytes()));
    assert!(crate::is_lower_hex(&expected, 64));
    expected
}

/// Checks the rules that every form of a field keeps.
fn is_sound(field: Field, form: &str) {
    assert!(!form.trim().is_empty(), "{form:?}");
    assert!(Hashed::parse(form).is_none(), "{form:?}");
    let digits = form.bytes().all(|byte| byte.is_ascii_digit());
    match field {
        Field::Email => assert!(form.rsplit_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains(char::is_whitespace)
        })),
        Field::Phone => {
            assert!(digits && (7..=15).contains(&form.len()) && !form.starts_with('0'), "{form:?}");
        }
        Field::DateOfBirth => {
            assert!(digits && form.len() == 8, "{form:?}");
            assert!(("19000101".."21010101").contains(&form), "{form:?}");
        }
        Field::Gender => assert!(matches!(form, "f" | "m")),
        Field::Country => {
            assert!(form.len() == 2 && form.bytes().all(|b| b.is_ascii_lowercase()), "{form:?}");
        }
        Field::FirstName | Field::LastName | Field::City | Field::State => {
            assert!(form.contains(char::is_alphabetic), "{form:?}");
        }
        Field::Zip => assert!(form.chars().nth(1).is_some(), "{form:?}"),
        Field::ExternalId => {}
    }
    if field != Field::ExternalId {
        assert_eq!(form, form.trim());
        assert_eq!(form, form.nfc().collect::<String>());
        assert!(!form.contains(['\0', '\u{ad}', '\u{200b}', '\u{200f}', '\u{feff}']), "{form:?}");
    }
}

/// Checks that the first form is its own first form.
fn is_settled(field: Field, forms: &Result<Vec<String>, &str>, options: &Options<'_>) {
    let Ok(once) = forms else { return };
    // The final form of a phone number has its country code; see the documentation.
    let again = if field == Field::Phone { Options::default() } else { *options };
    let twice = crate::customer::forms(field, &once[0], &again);
    assert_eq!(twice.map(|twice| twice[0].clone()).as_deref(), Ok(once[0].as_str()));
}

/// Checks that composition, spaces around a value and capitals change nothing.
fn is_the_same_however_it_is_written(
    field: Field,
    raw: &str,
    options: &Options<'_>,
    forms: &Result<Vec<String>, &str>,
) {
    let written = |text: &str| crate::customer::forms(field, text, options);
    let spaced = format!("\u{a0} {raw}\r\n");
    if spaced.len() <= 1024 {
        assert_eq!(written(&spaced), *forms, "with spaces around it");
    }
    // An external id is hashed as it is.
    if field == Field::ExternalId {
        return;
    }
    assert_eq!(written(&raw.to_ascii_uppercase()), *forms, "in capitals");
    let composed: String = raw.nfc().collect();
    let decomposed: String = raw.nfd().collect();
    if composed.len() <= 1024 && decomposed.len() <= 1024 {
        let first = |text: &str| written(text).map(|mut forms| forms.swap_remove(0));
        assert_eq!(first(&composed), first(&decomposed), "composed and not");
    }
}
