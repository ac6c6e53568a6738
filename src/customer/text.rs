//! What every field does to text: lower case, composition, what is invisible, what is a letter.

use unicode_normalization::UnicodeNormalization;

use super::marks::is_mark;
use super::options::Options;

/// Full lower-casing, then NFC, by tables: the default of [`Options::fold`].
pub(super) fn fold(text: &str) -> String {
    text.to_lowercase().nfc().collect()
}

impl Options<'_> {
    /// Lower case and NFC, without the tables where the text is ASCII.
    pub(super) fn folded(&self, text: &str) -> String {
        if text.is_ascii() { text.to_ascii_lowercase() } else { (self.fold)(text) }
    }
}

/// Lower case, NFC, nothing invisible, nothing around it.
pub(super) fn clean(raw: &str, options: &Options<'_>) -> String {
    let inner = raw.trim();
    if inner.is_ascii() && !inner.bytes().any(|byte| is_invisible(char::from(byte))) {
        return inner.to_ascii_lowercase();
    }
    let folded = options.folded(raw);
    if !folded.contains(is_invisible) {
        return without_spaces_around(folded);
    }
    let visible: String = folded.chars().filter(|&character| !is_invisible(character)).collect();
    // What stood apart may compose now.
    without_spaces_around(options.folded(&visible))
}

fn without_spaces_around(text: String) -> String {
    let inner = text.trim();
    if inner.len() == text.len() { text } else { inner.to_owned() }
}

/// Without spaces and invisible characters around it.
pub(super) fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || is_invisible(character))
}

/// Letters, marks and numbers of a clean text; punctuation, symbols and spaces go, and with a symbol
/// the marks that stand on it.
pub(super) fn letters(clean: &str, options: &Options<'_>) -> String {
    let mut kept = String::with_capacity(clean.len());
    let mut on_a_letter = false;
    for character in clean.chars() {
        if character.is_alphanumeric() || (on_a_letter && is_mark(character)) {
            kept.push(character);
            on_a_letter = true;
        } else {
            on_a_letter = false;
        }
    }
    if kept.len() == clean.len() || kept.is_ascii() { kept } else { options.folded(&kept) }
}

/// Characters that no one sees and no one means: controls that are no spaces, format characters,
/// Unicode's Default_Ignorable_Code_Point. A name pasted from a document is full of them.
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
    use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

    use super::*;

    #[test]
    fn every_format_and_control_character_that_is_no_space_is_invisible() {
        for character in '\0'..=char::MAX {
            let category = character.general_category();
            let expected = match category {
                GeneralCategory::Control => !character.is_whitespace(),
                GeneralCategory::Format => true,
                // Default_Ignorable_Code_Point has fillers, selectors and unassigned ones besides.
                _ => continue,
            };
            assert_eq!(is_invisible(character), expected, "U+{:04X}", u32::from(character));
        }
    }

    #[test]
    fn no_visible_letter_is_invisible() {
        for character in ['a', '정', 'é', 'ß', '\u{301}', 'क', '\u{94d}', 'ß', '١', '東'] {
            assert!(!is_invisible(character));
        }
    }

    #[test]
    fn folding_every_letter_twice_is_folding_it_once() {
        for character in '\0'..=char::MAX {
            let once = fold(character.encode_utf8(&mut [0; 4]));
            assert_eq!(fold(&once), once, "U+{:04X}", u32::from(character));
        }
    }
}
