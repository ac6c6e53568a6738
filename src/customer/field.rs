//! The fields of customer information that Meta takes hashed.

/// A field of customer information that is normalised and hashed (Meta, "Customer Information
/// Parameters"). Each of them takes a list of hashes.
///
/// ```
/// use capi_bridge::customer::Field;
///
/// assert_eq!(Field::from_key("em"), Some(Field::Email));
/// assert_eq!(Field::Email.key(), "em");
/// assert_eq!(Field::from_key("client_ip_address"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// `em`, an e-mail address.
    Email,
    /// `ph`, a phone number with its country calling code.
    Phone,
    /// `fn`, a first name.
    FirstName,
    /// `ln`, a last name.
    LastName,
    /// `db`, a date of birth.
    DateOfBirth,
    /// `ge`, `f` or `m`.
    Gender,
    /// `ct`, a city.
    City,
    /// `st`, a state or province.
    State,
    /// `zp`, a postal code.
    Zip,
    /// `country`, a country.
    Country,
    /// `external_id`, an id of the advertiser's own.
    ExternalId,
}

impl Field {
    /// Every field, in the order of Meta's table.
    pub const ALL: [Self; 11] = [
        Self::Email,
        Self::Phone,
        Self::FirstName,
        Self::LastName,
        Self::DateOfBirth,
        Self::Gender,
        Self::City,
        Self::State,
        Self::Zip,
        Self::Country,
        Self::ExternalId,
    ];

    /// Returns the field with Meta's key, exactly as Meta writes it. Returns `None` for every other
    /// key, also for keys of `user_data` that are never hashed.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.key() == key)
    }

    /// Returns Meta's key of the field in `user_data`.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Email => "em",
            Self::Phone => "ph",
            Self::FirstName => "fn",
            Self::LastName => "ln",
            Self::DateOfBirth => "db",
            Self::Gender => "ge",
            Self::City => "ct",
            Self::State => "st",
            Self::Zip => "zp",
            Self::Country => "country",
            Self::ExternalId => "external_id",
        }
    }
}
