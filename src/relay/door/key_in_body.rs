//! Finds a key in a body before the body is parsed. It reads the bytes once and builds no values,
//! so a sender without a right key costs no memory except for the bytes themselves.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::multipart;
use crate::sources::json;

/// Finds the text of a member of the top-level JSON object. The last member of that name counts, as
/// in the parsed body.
///
/// # Errors
/// Returns an error if the body is not one JSON object. `found` then has the text if it came before
/// the fault.
pub(super) fn in_json(
    body: &[u8],
    name: &str,
    found: &mut Option<String>,
) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = Finder { name, found }.deserialize(&mut deserializer);
    let read = read.and_then(|()| deserializer.end());
    match (&read, read.is_err().then(|| json::text_of(body, name)).flatten()) {
        // Values that are not valid JSON, such as one bad event, do not hide the key.
        (Err(_), Some(text)) => {
            *found = text;
            Ok(())
        }
        _ => read,
    }
}

/// Returns the value of a field of a form, percent-decoded. The last one of that name counts.
pub(super) fn in_form(body: &[u8], name: &str) -> Option<String> {
    let pairs = body.split(|byte| *byte == b'&').rev();
    let named = |pair: &&[u8]| {
        // No other pair is decoded: `data` may be megabytes.
        let end = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let key = form_urlencoded::parse(pair.get(..end).unwrap_or_default()).next();
        key.is_some_and(|(key, _)| key == name)
    };
    let pair = pairs.filter(|pair| pair.len() <= MAX_FIELD_BYTES).find(named)?;
    form_urlencoded::parse(pair).next().map(|(_, value)| value.into_owned())
}

/// Returns the text of a part of a multipart form. The last one of that name counts.
pub(super) fn in_multipart(body: &[u8], boundary: &str, name: &str) -> Option<String> {
    let part = multipart::parts(body, boundary).filter(|part| part.name == name).last()?;
    let text = part.value.get(..part.value.len().min(MAX_FIELD_BYTES))?;
    Some(String::from_utf8_lossy(text).into_owned())
}

/// The maximum size of a field with a key, in bytes: percent-encoded, and with its name.
const MAX_FIELD_BYTES: usize = 8 * 1024;

/// Reads an object, and stores the text of one member.
struct Finder<'a> {
    name: &'a str,
    found: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Finder<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Finder<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(IsNamed(is_named)) = members.next_key_seed(Named(self.name))? {
            if is_named {
                *self.found = members.next_value::<Text>()?.0;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// Compares a member's name.
struct Named<'a>(&'a str);
struct IsNamed(bool);

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = IsNamed;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<IsNamed, D::Error> {
        // Compares bytes. A name may hold half a surrogate pair, which is not valid text.
        struct Bytes<'a>(&'a str);
        impl Visitor<'_> for Bytes<'_> {
            type Value = IsNamed;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a name")
            }

            fn visit_str<E>(self, name: &str) -> Result<IsNamed, E> {
                Ok(IsNamed(name == self.0))
            }

            fn visit_bytes<E>(self, name: &[u8]) -> Result<IsNamed, E> {
                Ok(IsNamed(name == self.0.as_bytes()))
            }
        }
        deserializer.deserialize_bytes(Bytes(self.0))
    }
}

/// The text of a JSON value, or `None` if the value is not a string.
struct Text(Option<String>);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AnyText;
        impl<'de> Visitor<'de> for AnyText {
            type Value = Text;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("any value")
            }

            fn visit_str<E>(self, text: &str) -> Result<Text, E> {
                Ok(Text(Some(text.to_owned())))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_unit<E>(self) -> Result<Text, E> {
                Ok(Text(None))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<Text, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Text(None))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Text(None))
            }
        }
        deserializer.deserialize_any(AnyText)
    }
}

/// Returns the boundary of a `Content-Type: multipart/form-data; boundary=…`.
pub(super) fn boundary(content_type: &str) -> Option<Cow<'_, str>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = multipart::parameter(parameters, "boundary")?;
    // RFC 2046: 1 to 70 characters.
    (1..=70).contains(&boundary.len()).then_some(boundary)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(body: &str) -> (Option<String>, bool) {
        let mut found = None;
        let is_whole = in_json(body.as_bytes(), "key", &mut found).is_ok();
        (found, is_whole)
    }

    #[test]
    fn the_last_text_of_that_name_at_the_top_is_found() {
        for (body, expected) in [
            (r#"{"data":[{"key":"inner"}],"key":"K"}"#, Some("K")),
            (r#"{"key":"first","key":"K"}"#, Some("K")),
            (r#"{"key":"first","key":7}"#, None),
            (r#"{"key":{"key":"inner"}}"#, None),
            (r#"{"key":["inner",{"a":null}]}"#, None),
            (r#"{"\u006bey":"\u004b"}"#, Some("K")),
            (r#"{"\ud83d":1e999,"key":"K"}"#, Some("K")),
            ("{}", None),
        ] {
            assert_eq!(json(body), (expected.map(str::to_owned), true), "{body}");
        }
    }

    #[test]
    fn a_body_that_is_no_object_says_so_and_keeps_what_it_had() {
        assert_eq!(json(r#"{"key":"K","data":["#), (Some("K".to_owned()), false));
        for body in ["", "[]", "7", "{", "{} x"] {
            assert_eq!(json(body), (None, false), "{body}");
        }
    }

    #[test]
    fn megabytes_of_nesting_are_no_stack_overflow() {
        let body = format!("{{\"data\":{}", "[".repeat(4 * 1024 * 1024));
        assert_eq!(json(&body), (None, false));
    }

    #[test]
    fn a_form_field_is_decoded_and_the_last_counts() {
        let form = |body: &str| in_form(body.as_bytes(), "access_token");
        assert_eq!(form("data=%5B%5D&access_token=a%2Bb").as_deref(), Some("a+b"));
        assert_eq!(form("access%5Ftoken=x").as_deref(), Some("x"));
        assert_eq!(form("access_token=x&access_token=y").as_deref(), Some("y"));
        assert_eq!(form("data=access_token=x"), None);
        assert_eq!(form(""), None);
    }

    #[test]
    fn a_part_of_multipart_is_found_by_its_name() {
        let kind = "multipart/form-data; boundary=\"a b\"";
        let boundary = boundary(kind).unwrap();
        let body = "--a b\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n[\"access_token\"]\r\n--a b\r\ncontent-disposition: form-data; name=access_token\r\n\r\nK\r\n--a b--\r\n";
        let found = in_multipart(body.as_bytes(), &boundary, "access_token");
        assert_eq!(found.as_deref(), Some("K"));
    }
}
