//! Parses the parts of `multipart/form-data` without copying their values. (RFC 7578)
//!
//! The libraries for it read asynchronous streams and support the character sets of e-mail. They
//! would add more WebAssembly than the whole door has. Here a body is complete, and its texts are
//! UTF-8.

use std::borrow::Cow;

/// The maximum size of the headers of one part, in bytes. A part with more is skipped. Parts have
/// two headers, which are short.
const MAX_HEADER_BYTES: usize = 4 * 1024;

/// A part of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub name: Cow<'a, str>,
    pub value: &'a [u8],
}

/// Returns the parts that have a name. If a body breaks off, returns the complete parts before
/// that.
pub(super) fn parts<'a>(body: &'a [u8], boundary: &str) -> impl Iterator<Item = Part<'a>> {
    let delimiter = format!("\r\n--{boundary}");
    // The first delimiter may be at the very beginning.
    let first = format!("--{boundary}");
    let mut rest = if body.starts_with(first.as_bytes()) {
        body.get(first.len()..)
    } else {
        after(body, delimiter.as_bytes()).map(|(_, rest)| rest)
    };
    std::iter::from_fn(move || {
        loop {
            let begun = rest?;
            // "--" after the delimiter ends the last part; white space may follow any other.
            if begun.starts_with(b"--") {
                return None;
            }
            let (_, content) = after(begun, b"\r\n")?;
            let (part, next) = after(content, delimiter.as_bytes())?;
            rest = Some(next);
            if let Some(part) = read(part) {
                return Some(part);
            }
        }
    })
}

fn read(part: &[u8]) -> Option<Part<'_>> {
    let head = part.get(..part.len().min(MAX_HEADER_BYTES))?;
    let (head, _) = after(head, b"\r\n\r\n")?;
    let value = part.get(head.len() + 4..)?;
    let head = std::str::from_utf8(head).ok()?;
    let disposition = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let (_, parameters) = disposition.split_once(';')?;
    Some(Part { name: parameter(parameters, "name")?, value })
}

/// Returns a parameter of a header, with or without quotes. Browsers write a quote inside as `%22`.
pub(super) fn parameter<'a>(parameters: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let mut rest = parameters;
    loop {
        let (key, value) = rest.split_once('=')?;
        let value = value.trim_start();
        let (text, next) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => {
                let end = value.find(';').unwrap_or(value.len());
                value.split_at(end)
            }
        };
        if key.trim().eq_ignore_ascii_case(name) {
            let text = text.trim_end();
            return Some(match text.contains("%22") {
                true => text.replace("%22", "\"").into(),
                false => text.into(),
            });
        }
        rest = next.split_once(';')?.1;
    }
}

/// Returns the bytes before and after a delimiter.
fn after<'a>(bytes: &'a [u8], delimiter: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let first = *delimiter.first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        let candidate = bytes.get(at..)?;
        if candidate.starts_with(delimiter) {
            return Some((bytes.get(..at)?, candidate.get(delimiter.len()..)?));
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Vec<(String, String)> {
        parts(body.as_bytes(), "x")
            .map(|part| (part.name.into_owned(), String::from_utf8_lossy(part.value).into_owned()))
            .collect()
    }

    #[test]
    fn each_part_has_its_name_and_its_bytes() {
        let body = "ignored\r\n--x \r\nContent-Disposition: form-data; name=\"data\"; filename=\"a=b; name=c\"\r\nContent-Type: text/plain\r\n\r\n[1]\r\n[2]\r\n--x\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--x--\r\nignored";
        let expected = [("data", "[1]\r\n[2]"), ("empty", "")];
        assert_eq!(read(body), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn what_is_no_part_is_passed_by() {
        let named = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--x--";
        assert_eq!(read(named), [("a".to_owned(), "1".to_owned())]);
        assert_eq!(read("--x\r\nno header\r\n\r\n1\r\n--x--"), []);
        for body in [
            "",
            "--x",
            "--x--",
            "--x\r\n",
            "no parts",
            "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1",
        ] {
            assert_eq!(read(body), [], "{body}");
        }
    }
}
