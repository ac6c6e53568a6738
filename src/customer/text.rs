//! What several rules do with texts.

use super::unicode::{Class, ascii_digit, class, folded};

/// The joiners between letters of Persian, Sorani and Indic scripts: U+200C and U+200D.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// Returns a text in lower case and NFC, without invisible characters and surrounding white space.
pub(super) fn clean(raw: &str) -> String {
    without_invisible(raw, |_| false)
}

/// Returns a text as [`clean`] does, but with the joiners that follow a letter or a mark.
pub(super) fn clean_with_joiners(raw: &str) -> String {
    let kept = without_invisible(raw, is_joiner);
    let mut is_after_letter = false;
    let kept: String = kept
        .chars()
        .filter(|&character| {
            let stays = !is_joiner(character) || is_after_letter;
            is_after_letter = matches!(class(character), Class::Letter | Class::Mark);
            stays
        })
        .collect();
    trimmed(&folded(&kept)).to_owned()
}

/// Returns true for a joiner of letters.
pub(super) fn is_joiner(character: char) -> bool {
    JOINERS.contains(&character)
}

fn without_invisible(raw: &str, stays: impl Fn(char) -> bool) -> String {
    let mut text = folded(raw);
    let goes = |character: char| class(character) == Class::Invisible && !stays(character);
    if text.contains(goes) {
        text.retain(|character| !goes(character));
        // Removing characters can bring a letter and a mark together, so compose (NFC) again.
        text = folded(&text);
    }
    if trimmed(&text).len() == text.len() { text } else { trimmed(&text).to_owned() }
}

/// Returns a text without white space around it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Returns true for white space.
pub(super) fn is_space(character: char) -> bool {
    class(character) == Class::Space
}

/// Returns true for a letter.
pub(super) fn is_letter(character: char) -> bool {
    class(character) == Class::Letter
}

/// Returns true for a letter or a number.
pub(super) fn is_letter_or_number(character: char) -> bool {
    matches!(class(character), Class::Letter | Class::Digit | Class::Number)
}

/// Returns the letters, marks and numbers of a clean text. Removes punctuation, symbols and spaces,
/// and the marks that stand on a symbol. Joiners stay between them.
pub(super) fn letters(clean: &str) -> String {
    let mut letters = String::with_capacity(clean.len());
    let mut is_in_word = false;
    for character in clean.chars() {
        is_in_word = match class(character) {
            Class::Letter | Class::Digit | Class::Number => true,
            Class::Mark => is_in_word,
            _ => is_in_word && is_joiner(character),
        };
        if is_in_word {
            letters.push(character);
        }
    }
    if letters.len() == clean.len() { letters } else { folded(&letters) }
}

/// Returns a text without the characters that `goes` is true for.
pub(super) fn without(text: &str, goes: impl Fn(char) -> bool) -> String {
    text.chars().filter(|&character| !goes(character)).collect()
}

/// Returns a text whose decimal digits of other scripts are ASCII digits.
pub(super) fn with_ascii_digits(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    text.chars().map(|character| ascii_digit(character).unwrap_or(character)).collect()
}

/// Returns true if a text has digits of ASCII alone, at least one.
pub(super) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
