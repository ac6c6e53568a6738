//! Sets of characters that the rules use.

use super::characters::{Class, class};

/// A set of characters, by Unicode's classes. Only the first three sets are exact for
/// [`Class::Invisible`] characters. The rules remove these before they use the other sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Set {
    /// [`Class::Invisible`].
    Invisible,
    /// [`Class::Space`].
    Space,
    /// The characters that may surround a hash: white space and invisible characters.
    Blank,
    /// [`Class::Letter`].
    Letter,
    /// Letters, and digits of ASCII.
    LetterOrDigit,
    /// Letters and numbers.
    Word,
    /// Letters, numbers and marks.
    WordOrMark,
    /// `0` to `9`.
    Digit,
    /// `0`.
    Zero,
    /// `a` to `z`.
    Lower,
    /// ASCII.
    Ascii,
    /// Hexadecimal digits of either case.
    Hexadecimal,
    /// The characters of base64url.
    Base64Url,
    /// The characters of a domain's label.
    Label,
    /// `-`.
    Hyphen,
    /// The characters that RFC 5322 allows only in quotes, except dots; and white space.
    NeedsQuotes,
    /// The characters that need a backslash inside quotes: a quote, and controls (Cc).
    NeedsBackslash,
    /// The plus sign, of ASCII or full width.
    Plus,
    /// The characters that start an extension of a phone number.
    Extension,
    /// The characters that may surround the time of day after a date.
    AroundTime,
    /// The characters that Meta's business SDK removes from cities and states.
    NotInCities,
}

impl Set {
    /// The sets as they stand between the brackets of a JavaScript regular expression with the flag
    /// `u`, one line each, in the order of the variants. The first set is without the controls that
    /// are white space.
    #[cfg(any(feature = "customer", test))]
    pub const PATTERNS: &'static str = r#"\p{DI}\p{Cf}\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f
\p{White_Space}
\p{White_Space}\p{DI}\p{Cf}\p{Cc}
\p{Alpha}
\p{Alpha}0-9
\p{Alpha}\p{N}
\p{Alpha}\p{N}\p{M}
0-9
0
a-z
\x00-\x7f
0-9a-fA-F
0-9A-Za-z_-
\p{Alpha}\p{N}\p{M}_-
-
\p{White_Space}"(),:;<>@\[\\\]
\p{Cc}"
+＋
\p{Alpha}#;,
\p{White_Space}.,
\p{White_Space}0-9().-"#;

    /// Returns true if the set contains a character, by tables.
    pub(super) fn holds(self, character: char) -> bool {
        let is = |classes: &[Class]| classes.contains(&class(character));
        match self {
            Self::Invisible => is(&[Class::Invisible]),
            Self::Space => is(&[Class::Space]),
            Self::Blank => is(&[Class::Space, Class::Invisible]),
            Self::Letter => is(&[Class::Letter]),
            Self::LetterOrDigit => character.is_ascii_digit() || is(&[Class::Letter]),
            Self::Word => is(&[Class::Letter, Class::Digit, Class::Number]),
            Self::WordOrMark => is(&[Class::Letter, Class::Digit, Class::Number, Class::Mark]),
            Self::Digit => character.is_ascii_digit(),
            Self::Zero => character == '0',
            Self::Lower => character.is_ascii_lowercase(),
            Self::Ascii => character.is_ascii(),
            Self::Hexadecimal => character.is_ascii_hexdigit(),
            Self::Base64Url => character.is_ascii_alphanumeric() || matches!(character, '-' | '_'),
            Self::Label => matches!(character, '-' | '_') || Self::WordOrMark.holds(character),
            Self::Hyphen => character == '-',
            Self::NeedsQuotes => r#""(),:;<>@[\]"#.contains(character) || is(&[Class::Space]),
            Self::NeedsBackslash => character == '"' || character.is_control(),
            Self::Plus => matches!(character, '+' | '＋'),
            Self::Extension => matches!(character, '#' | ';' | ',') || is(&[Class::Letter]),
            Self::AroundTime => matches!(character, '.' | ',') || is(&[Class::Space]),
            Self::NotInCities => {
                matches!(character, '(' | ')' | '.' | '-' | '0'..='9') || is(&[Class::Space])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange, HirKind};

    use super::*;

    const ALL: [Set; 21] = [
        // The first three sets are compared for every character.
        Set::Invisible,
        Set::Space,
        Set::Blank,
        Set::Letter,
        Set::LetterOrDigit,
        Set::Word,
        Set::WordOrMark,
        Set::Digit,
        Set::Zero,
        Set::Lower,
        Set::Ascii,
        Set::Hexadecimal,
        Set::Base64Url,
        Set::Label,
        Set::Hyphen,
        Set::NeedsQuotes,
        Set::NeedsBackslash,
        Set::Plus,
        Set::Extension,
        Set::AroundTime,
        Set::NotInCities,
    ];

    fn pattern(set: Set) -> &'static str {
        Set::PATTERNS.lines().nth(set as usize).unwrap()
    }

    /// Parses a pattern as a regular expression does. Two more characters are added, because a
    /// single character is not parsed as a class.
    fn read(pattern: &str) -> ClassUnicode {
        let parsed = regex_syntax::parse(&format!("[\u{e000}\u{e001}{pattern}]")).unwrap();
        match parsed.into_kind() {
            HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => class,
            other => panic!("{pattern}: {other:?}"),
        }
    }

    #[test]
    fn patterns_mean_what_the_tables_say() {
        let mut asked = read(r"\P{Cn}");
        asked.difference(&read(""));
        assert!(Set::PATTERNS.lines().eq(ALL.map(pattern)), "a line for each");
        for set in ALL {
            let held = ('\0'..=char::MAX).filter(|&character| set.holds(character));
            let held = ClassUnicode::new(held.map(|each| ClassUnicodeRange::new(each, each)));
            let mut wrong = read(pattern(set));
            wrong.symmetric_difference(&held);
            wrong.intersect(&asked);
            assert_eq!(wrong.ranges(), [], "{set:?}");
            if set == Set::Blank {
                // The sets that follow are not compared for invisible characters.
                asked.difference(&read(pattern(Set::Invisible)));
            }
        }
    }
}
