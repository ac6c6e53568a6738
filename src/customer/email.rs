//! `em`: e-mail addresses.

use super::forms::Forms;
use super::punycode;
use super::reason::Reason;
use super::text::{is_digits, is_space};
use super::unicode::{Class, class, folded};

/// Adds the forms of an e-mail address. Meta: trim, lower-case. Keeps `+tag` and dots.
///
/// Characters of full width, which an East Asian keyboard can write, become ordinary ones.
/// A domain with letters beyond ASCII is added as written and, second, in its ASCII form. Browsers
/// convert the value of `<input type=email>` to ASCII; back ends keep it as written.
pub(super) fn read(clean: &str, forms: &mut Forms) -> Result<(), Reason> {
    if clean.is_ascii() {
        return add(clean, forms);
    }
    let address: String = clean.chars().map(of_usual_width).collect();
    add(&folded(&address), forms)
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

fn add(address: &str, forms: &mut Forms) -> Result<(), Reason> {
    let (local, domain) = address.rsplit_once('@').ok_or(Reason::NOT_AN_EMAIL)?;
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    if !is_local_part(local) || !is_domain(domain) {
        return Err(Reason::NOT_AN_EMAIL);
    }
    let ascii: Option<Vec<String>> = domain.split('.').map(punycode::label).collect();
    let ascii = ascii.ok_or(Reason::NOT_AN_EMAIL)?.join(".");
    forms.add([local, "@", domain].concat())?;
    forms.add([local, "@", &ascii].concat())
}

/// Returns true if a text may stand before the `@`. Dots may be anywhere, because Japanese mobile
/// carriers gave such addresses to customers.
fn is_local_part(text: &str) -> bool {
    if let Some(inner) = text.strip_prefix('"') {
        return inner.strip_suffix('"').is_some_and(|inner| !inner.is_empty() && is_quoted(inner));
    }
    // RFC 5322 allows the other characters only in quotes.
    let needs_quotes = |character| r#""(),:;<>@[\]"#.contains(character) || is_space(character);
    !text.is_empty() && !text.contains(needs_quotes)
}

/// Returns true if a text may stand inside quotes (RFC 5321). Any character may, but a quote or a
/// backslash only after a backslash.
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
    true
}

/// Returns true for at least two labels, the last of which is not a number: an IP address does not
/// identify a person.
fn is_domain(domain: &str) -> bool {
    let last = domain.rsplit_once('.').map(|(_, last)| last);
    last.is_some_and(|last| !is_digits(last)) && domain.split('.').all(is_label)
}

/// Returns true for letters, marks, numbers, hyphens and underscores, without a hyphen at an end.
fn is_label(label: &str) -> bool {
    let is_part = |character| {
        matches!(character, '-' | '_')
            || matches!(
                class(character),
                Class::Letter | Class::Mark | Class::Digit | Class::Number
            )
    };
    !label.is_empty()
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(is_part)
}
