//! `em`: e-mail addresses.

use super::forms::Forms;
use super::punycode;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Meta: trim, lower-case. Nothing is folded away (`+tag` and dots stay).
///
/// A domain in letters beyond ASCII is sent as written and, second, in its ASCII form: browsers turn
/// what is typed into `<input type=email>` into the latter, back ends keep the former.
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

/// Dots may stand anywhere: Japanese carriers gave such addresses out.
fn is_local_part<T: Text>(text: T) -> bool {
    if let Some(inner) = text.after("\"") {
        return inner.split("\"", true).is_some_and(|(inner, after)| {
            after.is_empty() && !inner.is_empty() && is_quoted(inner)
        });
    }
    // Controls are gone but for those that are spaces.
    !text.is_empty() && !text.has(Set::NeedsQuotes, true)
}

/// Inside quotes (RFC 5321) everything goes, a quote or a backslash after a backslash.
fn is_quoted<T: Text>(mut inner: T) -> bool {
    while let Some((before, after)) = inner.split("\\", false) {
        if before.has(Set::NeedsBackslash, true) || after.is_empty() {
            return false;
        }
        inner = after.cut(1).1;
    }
    !inner.has(Set::NeedsBackslash, true)
}

/// A domain with every label beyond ASCII as its `xn--` form. It has at least two labels, the last one
/// not a number: an address literal finds no one.
fn in_ascii<T: Text>(domain: T) -> Option<T> {
    let (mut ascii, mut rest) = domain.cut(0);
    loop {
        let (label, more) = match rest.split(".", false) {
            Some((label, more)) => (label, Some(more)),
            None => (rest, None),
        };
        // Neither empty nor with a hyphen at an end.
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
