//! Sets of characters that the rules ask about.

use super::characters::{Class, class};

/// A set of characters. Classes are Unicode's, and nothing that is [`Class::Invisible`] is asked about any more
/// once it is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Set {
    /// [`Class::Invisible`].
    Invisible,
    /// [`Class::Space`].
    Space,
    /// What may stand around a hash: spaces and what no one sees.
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
    /// What base64url is written in.
    Base64Url,
    /// What a label of a domain may have.
    Label,
    /// `-`.
    Hyphen,
    /// What RFC 5322 lets stand in quotes alone, dots excepted, and spaces.
    NeedsQuotes,
    /// What stands inside quotes after a backslash alone: a quote; and controls (Cc).
    NeedsBackslash,
    /// The plus sign, of ASCII or full width.
    Plus,
    /// What an extension of a phone number starts with.
    Extension,
    /// What may stand around the time of day after a date.
    AroundTime,
    /// What Meta's business SDK takes out of cities and states.
    NotInCities,
}

impl Set {
    /// Each set as it stands between the brackets of a regular expression with JavaScript's flag `u`, a line
    /// each, in order. The first is without the controls that are spaces.
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

    /// Whether a character is one of them, by tables.
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
        // First what is asked of every character.
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

    /// What a regular expression takes a pattern for. With two signs more: one alone is no class to it.
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
                // Of what is invisible nothing more is asked.
                asked.difference(&read(pattern(Set::Invisible)));
            }
        }
    }
}
