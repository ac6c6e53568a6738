//! The reasons why a value is not a valid identifier.

use core::fmt;

/// The reason why a value is not a valid identifier.
///
/// It is one byte. Its texts are static, so a browser build that never shows them links neither the
/// texts nor any formatting code. It never contains the value itself.
///
/// ```
/// use capi_bridge::identifiers::Fbp;
///
/// let reason = Fbp::parse("ga.1.1596403881668.1116446470").unwrap_err();
/// assert_eq!(reason.code(), "wrong_version");
/// assert_eq!(reason.to_string(), "expected a value that starts with \"fb.\"");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    WrongVersion,
    WrongSegmentCount,
    BadSubdomainIndex,
    BadCreationTime,
    EmptyPayload,
    UnsafeCharacter,
    BadAppendix,
    ValueTooLong,
    NoClickId,
    EmptyClickId,
    MalformedClickId,
    ControlCharacter,
    ClickIdTooLong,
    PlaceholderClickId,
    BlankEventId,
    EventIdTooLong,
    SecretTooShort,
    SecretWithWhiteSpace,
}

impl Reason {
    pub(super) const WRONG_VERSION: Self = Self(Kind::WrongVersion);
    pub(super) const WRONG_SEGMENT_COUNT: Self = Self(Kind::WrongSegmentCount);
    pub(super) const BAD_SUBDOMAIN_INDEX: Self = Self(Kind::BadSubdomainIndex);
    pub(super) const BAD_CREATION_TIME: Self = Self(Kind::BadCreationTime);
    pub(super) const EMPTY_PAYLOAD: Self = Self(Kind::EmptyPayload);
    pub(super) const UNSAFE_CHARACTER: Self = Self(Kind::UnsafeCharacter);
    pub(super) const BAD_APPENDIX: Self = Self(Kind::BadAppendix);
    pub(super) const VALUE_TOO_LONG: Self = Self(Kind::ValueTooLong);
    pub(super) const NO_CLICK_ID: Self = Self(Kind::NoClickId);
    pub(super) const EMPTY_CLICK_ID: Self = Self(Kind::EmptyClickId);
    pub(super) const MALFORMED_CLICK_ID: Self = Self(Kind::MalformedClickId);
    pub(super) const CONTROL_CHARACTER: Self = Self(Kind::ControlCharacter);
    pub(super) const CLICK_ID_TOO_LONG: Self = Self(Kind::ClickIdTooLong);
    pub(super) const PLACEHOLDER_CLICK_ID: Self = Self(Kind::PlaceholderClickId);
    pub(super) const BLANK_EVENT_ID: Self = Self(Kind::BlankEventId);
    pub(super) const EVENT_ID_TOO_LONG: Self = Self(Kind::EventIdTooLong);
    pub(super) const SECRET_TOO_SHORT: Self = Self(Kind::SecretTooShort);
    pub(super) const SECRET_WITH_WHITE_SPACE: Self = Self(Kind::SecretWithWhiteSpace);

    /// Returns a stable code in snake case, for programs.
    pub const fn code(self) -> &'static str {
        match self.0 {
            Kind::WrongVersion => "wrong_version",
            Kind::WrongSegmentCount => "wrong_segment_count",
            Kind::BadSubdomainIndex => "bad_subdomain_index",
            Kind::BadCreationTime => "bad_creation_time",
            Kind::EmptyPayload => "empty_payload",
            Kind::UnsafeCharacter => "unsafe_character",
            Kind::BadAppendix => "bad_appendix",
            Kind::ValueTooLong => "value_too_long",
            Kind::NoClickId => "no_click_id",
            Kind::EmptyClickId => "empty_click_id",
            Kind::MalformedClickId => "malformed_click_id",
            Kind::ControlCharacter => "control_character",
            Kind::ClickIdTooLong => "click_id_too_long",
            Kind::PlaceholderClickId => "placeholder_click_id",
            Kind::BlankEventId => "blank_event_id",
            Kind::EventIdTooLong => "event_id_too_long",
            Kind::SecretTooShort => "secret_too_short",
            Kind::SecretWithWhiteSpace => "secret_with_white_space",
        }
    }

    /// Returns a sentence for people: the expected form of the value.
    pub const fn text(self) -> &'static str {
        match self.0 {
            Kind::WrongVersion => "expected a value that starts with \"fb.\"",
            Kind::WrongSegmentCount => {
                "expected fb.<subdomain index>.<creation time>.<payload>, optionally .<appendix>"
            }
            Kind::BadSubdomainIndex => "expected a subdomain index in decimal digits",
            Kind::BadCreationTime => {
                "expected a creation time in decimal digits, milliseconds since 1970"
            }
            Kind::EmptyPayload => "expected something after the creation time",
            Kind::UnsafeCharacter => {
                "expected only characters that a cookie value may carry (RFC 6265, cookie-octet)"
            }
            Kind::BadAppendix => {
                "expected an appendix of one of Meta's two-character tokens or of eight base64url characters"
            }
            Kind::ValueTooLong => "expected a value that fits into a cookie, at most 4000 bytes",
            Kind::NoClickId => "expected an address with an fbclid parameter",
            Kind::EmptyClickId => "expected an fbclid that is not empty",
            Kind::MalformedClickId => {
                "expected an fbclid whose percent signs each start an encoded byte of UTF-8"
            }
            Kind::ControlCharacter => "expected no control characters",
            Kind::ClickIdTooLong => "expected a click id of at most 500 characters",
            Kind::PlaceholderClickId => {
                "expected a click id, not the placeholder of a template that nothing has filled in"
            }
            Kind::BlankEventId => "expected an event id that is not blank",
            Kind::EventIdTooLong => "expected an event id of at most 256 characters",
            Kind::SecretTooShort => {
                "expected a secret of at least 32 random characters, such as openssl rand -hex 32 prints"
            }
            Kind::SecretWithWhiteSpace => {
                "expected a secret without white space at its ends: remove the line break of the file it was read from"
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
