//! `em`: e-mail addresses.

use std::borrow::Cow;

use super::marks::is_mark;
use super::punycode;
use super::reason::Reason;

/// Meta: trim, lower-case. Nothing is folded away (`+tag` and dots stay).
///
/// A domain in letters beyond ASCII is sent as written and, second, in its ASCII form: browsers turn
/// what is typed into `<input type=email>` into the latter, back ends keep the former.
pub(super) fn forms(clean: &str) -> Result<Vec<String>, Reason> {
    let (local, domain) = clean.rsplit_once('@').ok_or(Reason::NOT_AN_EMAIL)?;
    let domain = if domain.is_ascii() {
        Cow::Borrowed(domain)
    } else {
        Cow::Owned(domain.replace('\u{3002}', "."))
    };
    let domain = domain.strip_suffix('.').unwrap_or(&domain);
    if !is_local_part(local) || !is_domain(domain) {
        return Err(Reason::NOT_AN_EMAIL);
    }
    let documented = [local, "@", domain].concat();
    if domain.is_ascii() {
        return Ok(vec![documented]);
    }
    let ascii = punycode::domain(domain).ok_or(Reason::NOT_AN_EMAIL)?;
    Ok(vec![documented, [local, "@", &ascii].concat()])
}

/// Dots may stand anywhere: Japanese carriers gave such addresses out.
fn is_local_part(text: &str) -> bool {
    if let Some(inner) = text.strip_prefix('"') {
        return inner.strip_suffix('"').is_some_and(is_quoted);
    }
    !text.is_empty()
        && !text.contains(|c: char| c.is_whitespace() || c.is_control() || is_special(c))
}

/// What RFC 5322 lets stand in quotes alone, dots excepted. Matched one by one, because `str::contains`
/// of a character links a substring search.
fn is_special(character: char) -> bool {
    matches!(character, '"' | '(' | ')' | ',' | ':' | ';' | '<' | '>' | '@' | '[' | '\\' | ']')
}

/// Inside quotes (RFC 5321) everything goes, a quote or a backslash after a backslash.
fn is_quoted(inner: &str) -> bool {
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return false,
            '\\' if characters.next().is_none() => return false,
            _ if character.is_control() => return false,
            _ => {}
        }
    }
    !inner.is_empty()
}

/// At least two labels, the last one not a number: an address literal finds no one.
fn is_domain(text: &str) -> bool {
    let labels = || text.split('.');
    labels().count() >= 2
        && labels().all(is_label)
        && labels().next_back().is_some_and(|last| !last.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_label(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 63
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text.chars().all(|c| c == '-' || c == '_' || c.is_alphanumeric() || is_mark(c))
}
