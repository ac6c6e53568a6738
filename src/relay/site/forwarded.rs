//! Parses the `Forwarded` header. (RFC 7239)

/// Returns the value of a parameter, without its quotes. It reads the element at position
/// `from_end`, counted from the header's end. Returns `None` if the element is malformed or has the
/// parameter twice.
pub(in crate::relay) fn parameter(header: &str, from_end: usize, name: &str) -> Option<String> {
    // A visitor may send a quote that never ends. Elements that proxies append hold no comma, so
    // the header is split from its end and not by its quotes.
    let element = header.rsplit(',').nth(from_end)?;
    let mut found = None;
    let mut rest = element.trim_ascii();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=')?;
        let (value, after) = value(after)?;
        if key.trim_ascii().eq_ignore_ascii_case(name) && found.replace(value).is_some() {
            return None;
        }
        rest = match after.trim_ascii_start() {
            "" => "",
            after => after.strip_prefix(';')?.trim_ascii(),
        };
    }
    found.filter(|value| !value.is_empty())
}

/// Splits after a token or a quoted string.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (token, rest) = text.split_at_checked(end)?;
        let token = token.trim_ascii_end();
        return (!token.contains(['"', ' ', '\t'])).then(|| (token.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            other => value.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_a_token_or_a_quoted_string() {
        // The first three are examples of RFC 7239, section 4.
        for (header, name, expected) in [
            ("for=192.0.2.60;proto=http;by=203.0.113.43", "proto", Some("http")),
            ("For=\"[2001:db8:cafe::17]:4711\"", "for", Some("[2001:db8:cafe::17]:4711")),
            ("for=192.0.2.43, for=198.51.100.17", "for", Some("198.51.100.17")),
            ("HOST=\"a\\\".example\" ; proto=https", "proto", Some("https")),
            ("host=\"shop.example:8443\"", "host", Some("shop.example:8443")),
            ("host=a;host=b", "host", None),
            ("host", "host", None),
            ("host=", "host", None),
            ("host=\"a", "host", None),
            ("host=a b", "host", None),
            ("host=\"a\"b;proto=https", "proto", None),
            ("for=\"x, proto=https", "proto", Some("https")),
            ("", "host", None),
        ] {
            assert_eq!(parameter(header, 0, name).as_deref(), expected, "{header}");
        }
        assert_eq!(parameter("for=a, for=b", 1, "for").as_deref(), Some("a"));
        assert_eq!(parameter("for=a, for=b", 2, "for"), None);
    }
}
