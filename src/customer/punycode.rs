//! Domains in ASCII: Punycode (RFC 3492), encoding only.
//!
//! The `idna` crate does this and all of UTS 46 for 126 kB of WebAssembly. Addresses are lower-case and
//! composed when they come here, which is all of its mapping that occurs in practice.

use super::text::{is_ascii, mapped, take};

/// A domain with every label beyond ASCII as its `xn--` form; `None` if a label is too long.
pub(super) fn domain(text: &str) -> Option<String> {
    let mut ascii = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let label = take(&mut rest, b'.');
        if !ascii.is_empty() {
            ascii.push('.');
        }
        if is_ascii(label) {
            ascii.push_str(label);
        } else {
            let encoded = encode(label);
            if encoded.len() > 63 - 4 {
                return None;
            }
            ascii.push_str("xn--");
            ascii.push_str(&encoded);
        }
    }
    Some(ascii)
}

/// RFC 3492, section 6.3, with the parameters of section 5. A label has at most 63 bytes, so that
/// nothing overflows.
#[cfg_attr(feature = "customer", inline(never))]
fn encode(label: &str) -> String {
    let mut encoded = mapped(label, &mut |character| character.is_ascii().then_some(character));
    let basic = encoded.len() as u32;
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

#[cfg_attr(feature = "customer", inline(never))]
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

#[cfg_attr(feature = "customer", inline(never))]
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

/// 0 to 25 are `a` to `z`, 26 to 35 are `0` to `9`.
fn digit(value: u32) -> char {
    char::from(value as u8 + if value < 26 { b'a' } else { b'0' - 26 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_encoded_as_rfc_3492_shows() {
        for (label, expected) in [
            ("bücher", "bcher-kva"),
            ("münchen-ost", "mnchen-ost-9db"),
            ("例え", "r8jz45g"),
            ("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye"),
            ("пример", "e1afmkfd"),
            ("😀", "e28h"),
        ] {
            assert_eq!(encode(label), expected);
        }
    }

    #[test]
    fn only_labels_beyond_ascii_change() {
        assert_eq!(domain("mail.bücher.example").as_deref(), Some("mail.xn--bcher-kva.example"));
    }
}
