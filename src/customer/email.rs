//! `em`: e-mail addresses.

use super::forms::Forms;
use super::punycode;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Adds the forms of an e-mail address. Meta: trim, lower-case. Keeps `+tag` and dots.
///
/// A domain with letters beyond ASCII is added as written and, second, in its ASCII form. Browsers
/// convert the value of `<input type=email>` to ASCII; back ends keep it as written.
pub(super) fn read<T: Text>(clean: T, forms: &mut Forms<'_, T>) -> Result<(), Reason> {
    let (local, mut domain) = clean.split("@", true).ok_or(Reason::NOT_AN_EMAIL)?;
    while let Some((before, after)) = domain.split("\u{3002}", false) {
        domain = before.with('.').joined(after);
    }
    if let Some((before, after)) = domain.split(".", true)
        && after.is_empty()
    {
        domain = before;
    }
    if !is_local_part(local) {
        return Err(Reason::NOT_AN_EMAIL);
    }
    let ascii = in_ascii(domain).ok_or(Reason::NOT_AN_EMAIL)?;
    let local = local.with('@');
    forms.add(local.joined(domain))?;
    forms.add(local.joined(ascii))
}

/// Returns true if a text may stand before the `@`. Dots may be anywhere, because Japanese mobile
/// carriers gave such addresses to customers.
fn is_local_part<T: Text>(text: T) -> bool {
    if let Some(inner) = text.after("\"") {
        return inner.split("\"", true).is_some_and(|(inner, after)| {
            after.is_empty() && !inner.is_empty() && is_quoted(inner)
        });
    }
    // A clean value has no controls, except those that are white space.
    !text.is_empty() && !text.has(Set::NeedsQuotes, true)
}

/// Returns true if a text may stand inside quotes (RFC 5321). Any character may, but a quote or a
/// backslash only after a backslash.
fn is_quoted<T: Text>(mut inner: T) -> bool {
    while let Some((before, after)) = inner.split("\\", false) {
        if before.has(Set::NeedsBackslash, true) || after.is_empty() {
            return false;
        }
        inner = after.cut(1).1;
    }
    !inner.has(Set::NeedsBackslash, true)
}

/// Returns a domain with every label beyond ASCII in its `xn--` form. The domain must have at least
/// two labels, and the last one must not be a number: an IP address does not identify a person.
fn in_ascii<T: Text>(domain: T) -> Option<T> {
    let (mut ascii, mut rest) = domain.cut(0);
    loop {
        let (label, more) = match rest.split(".", false) {
            Some((label, more)) => (label, Some(more)),
            None => (rest, None),
        };
        // A label is not empty and has no hyphen at either end.
        let length = label.length();
        if length == 0
            || label.trimmed(Set::Hyphen).length() < length
            || !label.has_only(Set::Label)
        {
            return None;
        }
        ascii = ascii.joined(punycode::label(label)?);
        let Some(more) = more else {
            let is_sound = length < domain.length() && !label.has_only(Set::Digit);
            return is_sound.then_some(ascii);
        };
        (ascii, rest) = (ascii.with('.'), more);
    }
}
