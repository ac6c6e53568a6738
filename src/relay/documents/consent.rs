//! Decides if a visitor's documents may carry cookies.

use super::{ConsentCookie, Cookies, DocumentRequest};
use crate::identifiers::cookie;
use crate::relay::Config;

/// Returns true if the host must ask its own consent function about this request.
#[must_use]
pub fn asks_callback(config: &Config, request: &DocumentRequest<'_>) -> bool {
    config.documents.cookies == Cookies::Callback
        && request.is_navigation()
        && !request.has_global_privacy_control()
}

/// Returns true if identifiers may be read and written. `callback` is the answer of the host's own
/// consent function.
///
/// Global Privacy Control denies consent, and nothing overrides it.
pub(super) fn is_granted(
    config: &Config,
    request: &DocumentRequest<'_>,
    callback: Option<bool>,
) -> bool {
    if request.has_global_privacy_control() {
        return false;
    }
    match config.documents.cookies {
        Cookies::Off => false,
        Cookies::Granted => true,
        Cookies::Callback => callback == Some(true),
        Cookies::ConsentCookie => config
            .documents
            .consent_cookie
            .as_ref()
            .is_some_and(|consent| consent.says_yes(&request.header("cookie"))),
    }
}

impl ConsentCookie {
    fn says_yes(&self, cookies: &str) -> bool {
        let Some(value) = cookie(cookies, &self.name) else { return false };
        let value = percent_decoded(value);
        match (&self.equals, &self.contains) {
            (Some(yes), _) => value == *yes,
            (None, Some(yes)) => value.contains(yes.as_str()),
            (None, None) => false,
        }
    }
}

/// Percent-decodes a text once. `+` stays, and so does a percent sign without two hexadecimal
/// digits.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let byte = match tail {
            [high, low, ..] if *first == b'%' => hex(*high).zip(hex(*low)),
            _ => None,
        };
        if let Some((high, low)) = byte {
            bytes.push(high << 4 | low);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
