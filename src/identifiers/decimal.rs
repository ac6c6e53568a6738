//! Reads and writes decimal digits without `core::fmt`, which would cost a page about a kilobyte.

use super::text::push_ascii;

/// Reads one or more digits. Returns `None` for anything else (a sign, a space) and on overflow.
#[cfg_attr(feature = "browser", inline(never))]
pub(super) fn read(text: &str) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let mut number = 0;
    for byte in text.bytes() {
        let digit = u64::from(byte.wrapping_sub(b'0'));
        // Not `checked_mul`: it would link 128-bit arithmetic.
        if digit > 9 || number > (u64::MAX - digit) / 10 {
            return None;
        }
        number = number * 10 + digit;
    }
    Some(number)
}

/// Appends a number in digits.
pub(super) fn push(text: &mut String, number: u64) {
    if number > 9 {
        push(text, number / 10);
    }
    push_ascii(text, b'0' + (number % 10) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_what_it_reads() {
        for digits in ["0", "7", "10", "7776000", "1700000000000", "18446744073709551615"] {
            let mut text = String::new();
            push(&mut text, read(digits).unwrap());
            assert_eq!(text, digits);
        }
    }

    #[test]
    fn reads_nothing_but_digits_that_fit() {
        for text in ["", "-1", "+1", " 1", "1 ", "0x1", "1e3", "18446744073709551616", "１"] {
            assert_eq!(read(text), None, "{text:?}");
        }
    }
}
