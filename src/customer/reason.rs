//! The reasons why a value of customer information cannot be used.

use core::fmt;

/// The reason why a value was dropped.
///
/// It is one byte. Its texts are static, so a build that never shows them links neither the texts
/// nor any formatting code. It never contains the dropped value.
///
/// ```
/// use capi_bridge::customer::{Field, Options, hash};
///
/// let reason = hash(Field::Email, "jane at example", &Options::default()).unwrap_err();
/// assert_eq!(reason.code(), "not_an_email");
/// assert_eq!(reason.to_string(), "expected one e-mail address, like jane@example.com");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Empty,
    TooLong,
    Placeholder,
    AlreadyHashed,
    Md5,
    NotAnEmail,
    NotAPhone,
    PhoneTooShort,
    PhoneTooLong,
    NoLetters,
    NotADate,
    DateOutOfRange,
    NotAGender,
    NotAPostalCode,
    NotACountry,
    UnknownDefaultCountry,
}

impl Reason {
    pub(super) const EMPTY: Self = Self(Kind::Empty);
    pub(super) const TOO_LONG: Self = Self(Kind::TooLong);
    pub(super) const PLACEHOLDER: Self = Self(Kind::Placeholder);
    pub(super) const ALREADY_HASHED: Self = Self(Kind::AlreadyHashed);
    pub(super) const MD5: Self = Self(Kind::Md5);
    pub(super) const NOT_AN_EMAIL: Self = Self(Kind::NotAnEmail);
    pub(super) const NOT_A_PHONE: Self = Self(Kind::NotAPhone);
    pub(super) const PHONE_TOO_SHORT: Self = Self(Kind::PhoneTooShort);
    pub(super) const PHONE_TOO_LONG: Self = Self(Kind::PhoneTooLong);
    pub(super) const NO_LETTERS: Self = Self(Kind::NoLetters);
    pub(super) const NOT_A_DATE: Self = Self(Kind::NotADate);
    pub(super) const DATE_OUT_OF_RANGE: Self = Self(Kind::DateOutOfRange);
    pub(super) const NOT_A_GENDER: Self = Self(Kind::NotAGender);
    pub(super) const NOT_A_POSTAL_CODE: Self = Self(Kind::NotAPostalCode);
    pub(super) const NOT_A_COUNTRY: Self = Self(Kind::NotACountry);
    pub(super) const UNKNOWN_DEFAULT_COUNTRY: Self = Self(Kind::UnknownDefaultCountry);

    /// Returns a stable code in snake case, for programs.
    pub const fn code(self) -> &'static str {
        match self.0 {
            Kind::Empty => "empty",
            Kind::TooLong => "too_long",
            Kind::Placeholder => "placeholder",
            Kind::AlreadyHashed => "already_hashed",
            Kind::Md5 => "md5",
            Kind::NotAnEmail => "not_an_email",
            Kind::NotAPhone => "not_a_phone",
            Kind::PhoneTooShort => "phone_too_short",
            Kind::PhoneTooLong => "phone_too_long",
            Kind::NoLetters => "no_letters",
            Kind::NotADate => "not_a_date",
            Kind::DateOutOfRange => "date_out_of_range",
            Kind::NotAGender => "not_a_gender",
            Kind::NotAPostalCode => "not_a_postal_code",
            Kind::NotACountry => "not_a_country",
            Kind::UnknownDefaultCountry => "unknown_default_country",
        }
    }

    /// Returns a sentence for people that says what was expected.
    pub const fn text(self) -> &'static str {
        match self.0 {
            Kind::Empty => "expected a value that is not empty",
            Kind::TooLong => "expected a value of at most 1024 characters",
            Kind::Placeholder => {
                "expected a value; this is what programs write where there is none"
            }
            Kind::AlreadyHashed => "expected a value that is not hashed yet",
            Kind::Md5 => "expected the plain value or its SHA-256; this looks like an MD5",
            Kind::NotAnEmail => "expected one e-mail address, like jane@example.com",
            Kind::NotAPhone => "expected a phone number",
            Kind::PhoneTooShort => {
                "expected a phone number of at least 7 digits, its country calling code included"
            }
            Kind::PhoneTooLong => {
                "expected a phone number of at most 15 digits, its country calling code included"
            }
            Kind::NoLetters => "expected at least one letter",
            Kind::NotADate => "expected a date with a year of four digits, like 1997-02-16",
            Kind::DateOutOfRange => "expected a date that exists, from 1900 to this year",
            Kind::NotAGender => "expected f or m, or a word for one of them",
            Kind::NotAPostalCode => "expected at least two letters or digits",
            Kind::NotACountry => "expected a country: its ISO 3166-1 code or its name",
            Kind::UnknownDefaultCountry => {
                "expected a default country that is known: its ISO 3166-1 code or its name"
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.text())
    }
}

impl core::error::Error for Reason {}
