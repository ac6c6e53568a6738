//! Decimal digits of every script.

/// Returns true if a character beyond ASCII is a decimal digit (Unicode's category Nd).
pub(super) fn is_digit(character: char) -> bool {
    in_ascii(character).is_some()
}

/// Returns the ASCII digit with the value of a decimal digit beyond ASCII.
pub(super) fn in_ascii(character: char) -> Option<char> {
    let zero = ZEROS.chars().rev().find(|&zero| zero <= character)?;
    char::from_digit(u32::from(character) - u32::from(zero), 10)
}

/// The zero of each set of digits, ascending (Unicode 18).
const ZEROS: &str = "\
    \u{660}\u{6f0}\u{7c0}\u{966}\u{9e6}\u{a66}\u{ae6}\u{b66}\u{be6}\u{c66}\u{ce6}\u{d66}\u{de6}\
    \u{e50}\u{ed0}\u{f20}\u{1040}\u{1090}\u{17e0}\u{1810}\u{1946}\u{19d0}\u{1a80}\u{1a90}\u{1b50}\
    \u{1bb0}\u{1c40}\u{1c50}\u{a620}\u{a8d0}\u{a900}\u{a9d0}\u{a9f0}\u{aa50}\u{abf0}\u{ff10}\
    \u{104a0}\u{10d30}\u{10d40}\u{11066}\u{110f0}\u{11136}\u{111d0}\u{112f0}\u{11450}\u{114d0}\
    \u{11650}\u{116c0}\u{116d0}\u{116da}\u{11730}\u{118e0}\u{11950}\u{11bf0}\u{11c50}\u{11d50}\
    \u{11da0}\u{11de0}\u{11f50}\u{16130}\u{16a60}\u{16ac0}\u{16b50}\u{16d70}\u{1ccf0}\u{1d7ce}\
    \u{1d7d8}\u{1d7e2}\u{1d7ec}\u{1d7f6}\u{1e140}\u{1e2f0}\u{1e4f0}\u{1e5f1}\u{1e950}\u{1fbf0}\
";

#[cfg(test)]
mod tests {
    use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

    use super::{in_ascii, is_digit};

    #[test]
    fn the_table_is_the_decimal_digits_of_unicode() {
        for character in '\u{80}'..=char::MAX {
            let expected = character.general_category() == GeneralCategory::DecimalNumber;
            assert_eq!(is_digit(character), expected, "U+{:04X}", u32::from(character));
        }
    }

    #[test]
    fn every_digit_has_its_value_whichever_script_it_is_of() {
        for zero in super::ZEROS.chars() {
            for value in 0..10 {
                let character = char::from_u32(u32::from(zero) + value).unwrap();
                assert_eq!(in_ascii(character), char::from_digit(value, 10), "{character}");
            }
        }
        assert_eq!(in_ascii('x'), None);
        assert_eq!(in_ascii('½'), None);
    }
}
