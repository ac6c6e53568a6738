//! The three stages of a value: raw, normalised, hashed. Only a hash may be shown or stored.

use super::hashed;
use super::sha256_hex;

/// A value as a person typed it or a shop stores it: personal data.
///
/// It has no `Debug` and no `Display`, so that it cannot end up in a log or an error message:
///
/// ```compile_fail
/// let raw = capi_bridge::customer::Raw::from("jane@example.com");
/// println!("{raw:?}");
/// ```
///
/// A function that takes a `Raw` also takes a `&str` or a `&String`.
#[derive(Clone, Copy)]
pub struct Raw<'a>(pub(super) &'a str);

impl<'a> From<&'a str> for Raw<'a> {
    fn from(text: &'a str) -> Self {
        Self(text)
    }
}

impl<'a> From<&'a String> for Raw<'a> {
    fn from(text: &'a String) -> Self {
        Self(text)
    }
}

/// A value in the form that is hashed: still personal data, hence no `Debug` and no `Display`.
///
/// ```compile_fail
/// use capi_bridge::customer::{Field, Options, normalize};
///
/// let normalized = normalize(Field::Email, "jane@example.com", &Options::default()).unwrap();
/// println!("{}", normalized[0]);
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Normalized(pub(super) String);

impl Normalized {
    /// Returns the normalised text, which is never empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns its SHA-256.
    pub fn hash(&self) -> Hashed {
        Hashed(sha256_hex(self.0.as_bytes()))
    }
}

/// A SHA-256 in 64 lower-case hexadecimal digits, as Meta wants it.
///
/// It cannot be hashed again. A hash that Meta's parameter builder made may have an appendix
/// (`<hash>.<appendix>`), which stays unchanged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hashed(pub(super) String);

impl Hashed {
    /// Reads a value that is already hashed. Returns `None` if it is anything else.
    ///
    /// Exactly 64 hexadecimal digits of any case become lower-case. White space and invisible
    /// characters (a byte order mark) around them are ignored. 64 hexadecimal digits, a dot and an
    /// appendix (two or eight characters of base64url) stay as Meta's parameter builder wrote them.
    /// 32 digits (MD5) are not read: Meta documents only SHA-256.
    ///
    /// ```
    /// use capi_bridge::customer::Hashed;
    ///
    /// let digits = "8C87B489CE35CF2E2F39F80E282CB2E804932A56A213983EEEB428407D43B52D";
    /// assert_eq!(Hashed::parse(digits).unwrap().as_str(), digits.to_lowercase());
    /// assert!(Hashed::parse("jane@example.com").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        hashed::read(text).map(Self)
    }

    /// Returns the 64 digits, and the appendix if there is one.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Hashed> for String {
    fn from(hash: Hashed) -> Self {
        hash.0
    }
}
