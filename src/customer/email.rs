//! `em`: e-mail addresses.

use super::forms::Forms;
use super::punycode;
use super::reason::Reason;
use super::text::{contains, is_digits, is_space, joined, mapped, split_at_last};
use super::unicode::{Class, class, folded};

/// Adds the forms of an e-mail address. Meta: trim, lower-case. Keeps `+tag` and dots.
///
/// Characters of full width, which an East Asian keyboard can write, become ordinary ones.
/// A domain with letters beyond ASCII is added as written and, second, in its ASCII form. Browsers
/// convert the value of `<input type=email>` to ASCII; back ends keep it as written.
pub(super) fn read(clean: &str, forms: &mut Forms) -> Result<(), Reason> {
    let narrow;
    let address = if contains(clean, is_wide) {
        narrow = folded(&mapped(clean, of_usual_width));
        &narrow
    } else {
        clean
    };
    let (local, domain) = split_at_last(address, "@").ok_or(Reason::NOT_AN_EMAIL)?;
    let domain = domain.strip_suffix(".").unwrap_or(domain);
    if !is_local_part(local) {
        return Err(Reason::NOT_AN_EMAIL);
    }
    let ascii = in_ascii(domain).ok_or(Reason::NOT_AN_EMAIL)?;
    forms.add(joined(&[local, "@", domain]))?;
    if ascii != domain {
        forms.add(joined(&[local, "@", &ascii]))?;
    }
    Ok(())
}

fn is_wide(character: char) -> bool {
    of_usual_width(character) != character
}

/// Returns the ASCII character of a character of full width, and a dot for an ideographic full stop.
fn of_usual_width(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character)
        }
        '\u{3002}' | '\u{ff61}' => '.',
        _ => character,
    }
}

/// Returns true if a text may stand before the `@`. Dots may be anywhere, because Japanese mobile
/// carriers gave such addresses to customers.
fn is_local_part(text: &str) -> bool {
    if let Some(inner) = text.strip_prefix("\"") {
        return inner.strip_suffix("\"").is_some_and(|inner| !inner.is_empty() && is_quoted(inner));
    }
    // RFC 5322 allows these characters only in quotes.
    let needs_quotes = |character| {
        matches!(character, '"' | '(' | ')' | ',' | ':' | ';' | '<' | '>' | '@' | '[' | '\\' | ']')
            || is_space(character)
    };
    !text.is_empty() && !contains(text, needs_quotes)
}

/// Returns true if a text may stand inside quotes (RFC 5321). Any character may, but a quote or a
/// backslash only after a backslash.
fn is_quoted(inner: &str) -> bool {
    let mut is_escaped = false;
    for character in inner.chars() {
        if !is_escaped && (character.is_control() || character == '"') {
            return false;
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    !is_escaped
}

/// Returns a domain in ASCII. Returns `None` for one label, and for a number as the last label: an
/// IP address does not identify a person.
fn in_ascii(domain: &str) -> Option<String> {
    let (_, last) = split_at_last(domain, ".")?;
    if is_digits(last) {
        return None;
    }
    let mut ascii = String::new();
    for label in domain.split(is_dot) {
        if !is_label(label) {
            return None;
        }
        if !ascii.is_empty() {
            ascii.push('.');
        }
        ascii.push_str(&punycode::label(label)?);
    }
    Some(ascii)
}

fn is_dot(character: char) -> bool {
    character == '.'
}

/// Returns true for letters, marks, numbers, hyphens and underscores, without a hyphen at an end.
fn is_label(label: &str) -> bool {
    let is_other = |character| {
        matches!(class(character), Class::Invisible | Class::Space | Class::Other)
            && !matches!(character, '-' | '_')
    };
    let is_hyphen_at_end = label.starts_with("-") || label.ends_with("-");
    !label.is_empty() && !is_hyphen_at_end && !contains(label, is_other)
}
