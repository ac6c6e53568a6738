//! Labels of domains in ASCII: Punycode (RFC 3492), encoding only.
//!
//! The `idna` crate does this and all of UTS 46 for 126 kB of WebAssembly. Addresses are already
//! lower-case and composed here. In practice, no other mapping of UTS 46 occurs.

use super::set::Set;
use super::text::Text;

/// The maximum length of a domain's label, in characters.
const LONGEST: usize = 63;

/// Returns a label as it is, or its `xn--` form if it has letters beyond ASCII. Returns `None` if
/// either is too long.
pub(super) fn label<T: Text>(label: T) -> Option<T> {
    if label.length() > LONGEST {
        return None;
    }
    if label.has_only(Set::Ascii) {
        return Some(label);
    }
    let encoded = label.literal("xn--").joined(encode(label));
    (encoded.length() <= LONGEST).then_some(encoded)
}

/// Encodes a label (RFC 3492, section 6.3, with the parameters of section 5). A label has at most
/// 63 characters, so nothing overflows.
fn encode<T: Text>(label: T) -> T {
    let mut encoded = label.removed(Set::Ascii, false);
    let basic = encoded.length() as u32;
    if basic > 0 {
        encoded = encoded.with('-');
    }
    let (mut next, mut delta, mut bias, mut handled) = (128u32, 0u32, 72u32, basic);
    while let Some(lowest) = lowest(label, next) {
        delta += (lowest - next) * (handled + 1);
        next = lowest;
        let mut rest = label;
        while let Some(point) = take(&mut rest) {
            if point < next {
                delta += 1;
            } else if point == next {
                encoded = with_integer(encoded, delta, bias);
                bias = adapted(delta, handled + 1, handled == basic);
                delta = 0;
                handled += 1;
            }
        }
        delta += 1;
        next += 1;
    }
    encoded
}

/// Removes the first character of a text and returns it.
fn take<T: Text>(rest: &mut T) -> Option<u32> {
    let (first, more) = rest.cut(1);
    *rest = more;
    if first.is_empty() { None } else { Some(first.character()) }
}

/// Returns the lowest character that is not below `from`.
fn lowest<T: Text>(mut rest: T, from: u32) -> Option<u32> {
    let mut lowest = None;
    while let Some(point) = take(&mut rest) {
        if point >= from && lowest.is_none_or(|lowest| point < lowest) {
            lowest = Some(point);
        }
    }
    lowest
}

fn with_integer<T: Text>(mut encoded: T, mut value: u32, bias: u32) -> T {
    let mut position = 36;
    loop {
        let threshold = if position <= bias { 1 } else { (position - bias).min(26) };
        if value < threshold {
            return encoded.with(digit(value));
        }
        encoded = encoded.with(digit(threshold + (value - threshold) % (36 - threshold)));
        value = (value - threshold) / (36 - threshold);
        position += 36;
    }
}

fn adapted(delta: u32, handled: u32, first: bool) -> u32 {
    let mut delta = if first { delta / 700 } else { delta / 2 };
    delta += delta / handled;
    let mut bias = 0;
    while delta > 455 {
        delta /= 35;
        bias += 36;
    }
    bias + 36 * delta / (delta + 38)
}

/// Returns the character of a digit: 0 to 25 are `a` to `z`, 26 to 35 are `0` to `9`.
fn digit(value: u32) -> char {
    char::from(value as u8 + if value < 26 { b'a' } else { b'0' - 26 })
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use super::super::written::Written;
    use super::*;

    #[test]
    fn labels_are_encoded_as_rfc_3492_shows() {
        for (text, expected) in [
            ("bücher", "xn--bcher-kva"),
            ("münchen-ost", "xn--mnchen-ost-9db"),
            ("例え", "xn--r8jz45g"),
            ("他们为什么不说中文", "xn--ihqwcrb4cv8a8dqg056pqjye"),
            ("пример", "xn--e1afmkfd"),
            ("😀", "xn--e28h"),
            ("example", "example"),
        ] {
            let place = Bump::new();
            let encoded = label(Written { text, place: &place });
            assert_eq!(encoded.map(|encoded| encoded.text), Some(expected));
        }
    }
}
