//! Labels of domains in ASCII: Punycode (RFC 3492), encoding only.
//!
//! The `idna` crate does this and all of UTS 46 for 126 kB of WebAssembly. Addresses are already
//! lower-case and composed here. In practice, no other mapping of UTS 46 occurs.

use super::text::length;

/// The maximum length of a domain's label, in characters.
const MAX_LABEL: usize = 63;

/// Returns a label as it is, or its `xn--` form if it has letters beyond ASCII. Returns `None` if
/// either is too long.
pub(super) fn label(label: &str) -> Option<String> {
    if length(label) > MAX_LABEL {
        return None;
    }
    if label.is_ascii() {
        return Some(label.to_owned());
    }
    let encoded = encode(label);
    (encoded.len() <= MAX_LABEL).then_some(encoded)
}

/// Encodes a label (RFC 3492, section 6.3, with the parameters of section 5). A label has at most
/// 63 characters, so nothing overflows.
fn encode(label: &str) -> String {
    let mut encoded = String::from("xn--");
    encoded.extend(label.chars().filter(char::is_ascii));
    let basic = encoded.len() as u32 - 4;
    if basic > 0 {
        encoded.push('-');
    }
    let points = || label.chars().map(u32::from);
    let (mut next, mut delta, mut bias, mut handled) = (128u32, 0u32, 72u32, basic);
    while let Some(lowest) = points().filter(|&point| point >= next).min() {
        delta += (lowest - next) * (handled + 1);
        next = lowest;
        for point in points() {
            if point < next {
                delta += 1;
            } else if point == next {
                push_integer(&mut encoded, delta, bias);
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

fn push_integer(encoded: &mut String, mut value: u32, bias: u32) {
    let mut position = 36;
    loop {
        let threshold = if position <= bias { 1 } else { (position - bias).min(26) };
        if value < threshold {
            encoded.push(digit(value));
            return;
        }
        encoded.push(digit(threshold + (value - threshold) % (36 - threshold)));
        value = (value - threshold) / (36 - threshold);
        position += 36;
    }
}

fn adapted(delta: u32, handled: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
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
            assert_eq!(label(text).as_deref(), Some(expected));
        }
    }
}
