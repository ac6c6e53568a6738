//! Classes of characters, by Unicode's properties.

use super::digits::is_digit;
use super::marks::is_mark;

/// The class of a character. A character that fits several classes has the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Invisible characters: controls that are no white space, format characters (Cf) and
    /// Default_Ignorable_Code_Point. Names that were pasted from a document often contain them.
    Invisible,
    /// White_Space.
    Space,
    /// Alphabetic.
    Letter,
    /// A decimal digit of any script (Nd).
    Digit,
    /// Any other number (N).
    Number,
    /// A mark (M) that is not Alphabetic: an accent, a virama, a nukta.
    Mark,
    /// Punctuation, symbols and the rest.
    Other,
}

/// Returns the class of a character. Characters beyond ASCII are looked up in tables.
pub(super) fn class(character: char) -> Class {
    if character.is_ascii() {
        ascii_class(character)
    } else if is_invisible(character) {
        Class::Invisible
    } else if character.is_whitespace() {
        Class::Space
    } else if character.is_alphabetic() {
        Class::Letter
    } else if is_digit(character) {
        Class::Digit
    } else if character.is_numeric() {
        Class::Number
    } else if is_mark(character) {
        Class::Mark
    } else {
        Class::Other
    }
}

fn ascii_class(character: char) -> Class {
    match character {
        'A'..='Z' | 'a'..='z' => Class::Letter,
        '0'..='9' => Class::Digit,
        '\t'..='\r' | ' ' => Class::Space,
        '\0'..='\u{1f}' | '\u{7f}' => Class::Invisible,
        _ => Class::Other,
    }
}

fn is_invisible(character: char) -> bool {
    match character {
        '\t'..='\r' | '\u{85}' => false,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' => true,
        '\0'..='\u{34e}' => false,
        _ => matches!(character,
            '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
            | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}'
            | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'),
    }
}

#[cfg(test)]
mod tests {
    use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

    use super::*;

    #[test]
    fn every_character_has_the_class_of_its_category() {
        for character in '\0'..=char::MAX {
            let category = character.general_category();
            let expected = match category {
                GeneralCategory::Control if !character.is_whitespace() => Class::Invisible,
                GeneralCategory::Format => Class::Invisible,
                // Default_Ignorable_Code_Point also has fillers, variation selectors and unassigned
                // code points.
                _ if is_invisible(character) => continue,
                _ if character.is_whitespace() => Class::Space,
                _ if character.is_alphabetic() => Class::Letter,
                GeneralCategory::DecimalNumber => Class::Digit,
                _ if character.is_numeric() => Class::Number,
                _ => match character.general_category_group() {
                    GeneralCategoryGroup::Mark => Class::Mark,
                    _ => Class::Other,
                },
            };
            assert_eq!(class(character), expected, "U+{:04X}", u32::from(character));
        }
    }

    #[test]
    fn no_visible_letter_is_invisible() {
        for character in ['a', '정', 'é', 'ß', '\u{301}', 'क', '\u{94d}', 'ß', '١', '東'] {
            assert!(!is_invisible(character));
        }
    }
}
