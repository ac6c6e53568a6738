//! Checks the click ids that are read from addresses.

use capi_bridge::identifiers::{ClickId, Fbc};

use crate::visit::{self, NOW};

/// The input is the page's address; what follows its last line break is the referrer.
pub fn any(input: &[u8]) {
    let text = crate::text(input);
    let (url, referrer) = text.rsplit_once('\n').unwrap_or((&text, ""));

    let click = ClickId::in_url(url).ok();
    assert_eq!(click.as_ref().map(ClickId::as_str), expected(url).as_deref());

    for domain in &visit::domains() {
        let visit = visit::visit(url, referrer, "", domain);
        let found = visit.identifiers();
        visit::is_well_formed(&visit, &found);
        visit::changes_nothing_when_repeated(&visit, &found);
        let Some(fbc) = found.fbc else {
            assert_eq!(click, None);
            continue;
        };
        let Some(click) = click.clone().or_else(|| ClickId::in_url(referrer).ok()) else {
            panic!("a click id that is in neither address");
        };
        let read_back = click.as_str().replace('.', "__DOT__").replace("__DOT__", ".");
        assert_eq!(fbc.click_id(), read_back);
        assert_eq!(fbc.creation_millis(), NOW);
        assert_eq!(fbc.as_str().split('.').count(), 4);
        assert_eq!(Fbc::in_cookies(&format!("_fbc={}", fbc.as_str()), NOW), Some(fbc));
    }
}

/// Returns the click id by the rules of `docs/identifiers.md`, computed with the standard library.
fn expected(url: &str) -> Option<String> {
    let value = url.match_indices(['?', '#', '&']).find_map(|(at, _)| {
        let after = url[at + 1..].strip_prefix("fbclid")?;
        let is_bare = after.is_empty() || after.starts_with(['&', '#']);
        if is_bare { Some("") } else { after.strip_prefix('=') }
    })?;
    let value = value.split(['#', '&']).next()?;
    let mut pieces = value.split('%');
    let mut bytes = pieces.next()?.replace('+', " ").into_bytes();
    for piece in pieces {
        let digits = piece.get(..2)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend(piece[2..].replace('+', " ").bytes());
    }
    let click = String::from_utf8(bytes).ok()?;
    // The placeholder of a template.
    if click.starts_with(['{', '[', '<', '$', '%']) || click.starts_with("__") {
        return None;
    }
    // The cookie's value must fit: a byte that needs escaping takes three characters, a dot seven.
    let escaped: usize = click
        .bytes()
        .map(|byte| match byte {
            b'.' => 7,
            b'%' | b'"' | b',' | b';' | b'\\' => 3,
            byte if byte.is_ascii_graphic() => 1,
            _ => 3,
        })
        .sum();
    (!click.is_empty()
        && !click.chars().any(char::is_control)
        && crate::utf16_length(&click) <= 500
        && escaped <= 3900)
        .then_some(click)
}
