//! Unicode by the crates `unicode-normalization` and `unicode-properties`, and the standard library.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use super::Class;

pub(super) fn class(character: char) -> Class {
    let category = character.general_category();
    match category {
        _ if is_invisible(character) => Class::Invisible,
        _ if character.is_whitespace() => Class::Space,
        _ if character.is_alphabetic() => Class::Letter,
        GeneralCategory::DecimalNumber => Class::Digit,
        _ => match character.general_category_group() {
            GeneralCategoryGroup::Number => Class::Number,
            GeneralCategoryGroup::Mark => Class::Mark,
            _ => Class::Other,
        },
    }
}

/// Returns the value of a decimal digit. The ten digits of a script are consecutive, zero first.
/// Several scripts may follow each other.
pub(super) fn digit_value(character: char) -> u32 {
    let is_digit = |point: &u32| {
        char::from_u32(*point)
            .is_some_and(|before| before.general_category() == GeneralCategory::DecimalNumber)
    };
    let before = (0..u32::from(character)).rev().take_while(is_digit).count();
    (before % 10) as u32
}

pub(super) fn folded(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.to_lowercase().nfc().collect() }
}

/// Returns true for controls that are no white space, format characters and the characters of
/// Default_Ignorable_Code_Point, which no crate has.
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
    use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, HirKind};

    use super::*;
    use crate::customer::unicode::{ascii_digit, class};

    /// Returns the characters of a class of a regular expression.
    fn read(pattern: &str) -> ClassUnicode {
        match regex_syntax::parse(pattern).unwrap().into_kind() {
            HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => class,
            other => panic!("{pattern}: {other:?}"),
        }
    }

    /// The regular expressions by which a page knows the classes, in the order of the classes.
    fn patterns_of_pages() -> Vec<&'static str> {
        let source = include_str!("../../shell/browser/customer.ts");
        let (_, list) = source.split_once("const CLASSES = [").unwrap();
        let (list, _) = list.split_once("];").unwrap();
        let lines = list.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(|line| line.strip_prefix('/').unwrap().strip_suffix("/u,").unwrap()).collect()
    }

    #[test]
    fn each_class_is_what_a_page_reads_with_a_regular_expression() {
        let classes = [
            Class::Invisible,
            Class::Space,
            Class::Letter,
            Class::Digit,
            Class::Number,
            Class::Mark,
        ];
        let patterns = patterns_of_pages();
        assert_eq!(patterns.len(), classes.len());
        let assigned = read(r"\P{Cn}");
        let mut earlier = ClassUnicode::empty();
        for (expected, pattern) in classes.into_iter().zip(patterns) {
            let of_class = ('\0'..=char::MAX).filter(|&character| class(character) == expected);
            let of_class =
                ClassUnicode::new(of_class.map(|each| ClassUnicodeRange::new(each, each)));
            let mut wrong = read(pattern);
            wrong.difference(&earlier);
            wrong.symmetric_difference(&of_class);
            wrong.intersect(&assigned);
            assert_eq!(wrong.ranges(), [], "{expected:?}");
            earlier.union(&read(pattern));
        }
    }

    #[test]
    fn no_visible_letter_is_invisible() {
        for character in ['a', '정', 'é', 'ß', '\u{301}', 'क', '\u{94d}', '١', '東'] {
            assert!(!is_invisible(character));
        }
    }

    #[test]
    fn every_decimal_digit_has_its_value() {
        for zero in ['0', '٠', '०', '０', '\u{1d7ce}', '\u{1d7d8}', '\u{1fbf0}'] {
            for value in 0..10 {
                let character = char::from_u32(u32::from(zero) + value).unwrap();
                assert_eq!(ascii_digit(character), char::from_digit(value, 10), "{character}");
            }
        }
        assert_eq!(ascii_digit('x'), None);
        assert_eq!(ascii_digit('½'), None);
    }

    #[test]
    fn folding_every_letter_twice_is_folding_it_once() {
        for character in '\0'..=char::MAX {
            let once = folded(character.encode_utf8(&mut [0; 4]));
            assert_eq!(folded(&once), once, "U+{:04X}", u32::from(character));
        }
    }
}
