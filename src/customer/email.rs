//! `em`: e-mail addresses.

use super::characters::Classes;
use super::forms::Forms;
use super::options::Options;
use super::punycode;
use super::reason::Reason;
use super::text::{IS_SMALL, after, is_ascii, joined, mapped, next, part};

/// Meta: trim, lower-case. Nothing is folded away (`+tag` and dots stay).
///
/// A domain in letters beyond ASCII is sent as written and, second, in its ASCII form: browsers turn
/// what is typed into `<input type=email>` into the latter, back ends keep the former.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn read(clean: &str, forms: &mut Forms<'_>) -> Result<(), Reason> {
    let options = forms.options;
    let at = clean.bytes().rposition(|byte| byte == b'@').ok_or(Reason::NOT_AN_EMAIL)?;
    let local = part(clean, 0, at);
    let mut domain = part(clean, at + 1, clean.len());
    let replaced;
    if IS_SMALL || !is_ascii(domain) {
        replaced = mapped(domain, &mut |c| Some(if c == '\u{3002}' { '.' } else { c }));
        domain = &replaced;
    }
    if domain.ends_with('.') {
        domain = part(domain, 0, domain.len() - 1);
    }
    if !is_local_part(local, options) || !is_domain(domain, options) {
        return Err(Reason::NOT_AN_EMAIL);
    }
    if !IS_SMALL && is_ascii(domain) {
        return forms.add(&joined(&[local, "@", domain]));
    }
    let ascii = punycode::domain(domain).ok_or(Reason::NOT_AN_EMAIL)?;
    for domain in [domain, &ascii] {
        forms.add(&joined(&[local, "@", domain]))?;
    }
    Ok(())
}

/// Dots may stand anywhere: Japanese carriers gave such addresses out.
#[cfg_attr(feature = "customer", inline(never))]
fn is_local_part(text: &str, options: &Options<'_>) -> bool {
    if let Some(inner) = after(text, "\"") {
        return inner.ends_with('"') && is_quoted(part(inner, 0, inner.len() - 1));
    }
    // Controls are gone but for those that are spaces.
    !text.is_empty() && !text.bytes().any(is_special) && !options.has(text, Classes::SPACE)
}

/// What RFC 5322 lets stand in quotes alone, dots excepted.
#[cfg_attr(feature = "customer", inline(never))]
fn is_special(byte: u8) -> bool {
    matches!(
        byte,
        b'"' | b'(' | b')' | b',' | b':' | b';' | b'<' | b'>' | b'@' | b'[' | b'\\' | b']'
    )
}

/// Inside quotes (RFC 5321) everything goes, a quote or a backslash after a backslash.
#[cfg_attr(feature = "customer", inline(never))]
fn is_quoted(inner: &str) -> bool {
    let mut characters = inner.chars();
    while let Some(character) = next(&mut characters) {
        match character {
            '"' | '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => return false,
            '\\' if next(&mut characters).is_none() => return false,
            _ => {}
        }
    }
    !inner.is_empty()
}

/// At least two labels, the last one not a number: an address literal finds no one.
#[cfg_attr(feature = "customer", inline(never))]
fn is_domain(text: &str, options: &Options<'_>) -> bool {
    let mut labels = 1;
    // Of the label so far.
    let (mut length, mut is_number, mut last) = (0, true, '-');
    let mut characters = text.chars();
    while let Some(character) = next(&mut characters) {
        if character == '.' {
            if last == '-' {
                return false;
            }
            labels += 1;
            (length, is_number) = (0, true);
            // So that the next label is neither empty nor starts with a hyphen.
            last = '-';
            continue;
        }
        let sound = match character {
            '-' => length > 0,
            '_' => true,
            _ => options.is(character, Classes::WORD.and(Classes::MARK)),
        };
        length += character.len_utf8();
        if !sound || length > 63 {
            return false;
        }
        is_number &= character.is_ascii_digit();
        last = character;
    }
    labels > 1 && last != '-' && !is_number
}
