//! Reads the visitor's consent from the site's cookie.

use crate::identifiers::cookie;
use crate::relay::config::ConsentCookie;

impl ConsentCookie {
    /// Returns true if the cookies of a request grant consent.
    pub(in crate::relay) fn says_yes(&self, cookies: &str) -> bool {
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
