//! Unicode's marks (category M) that are not Alphabetic: accents, viramas, nuktas.
//!
//! The standard library knows which characters are Alphabetic; this table has the other marks. A
//! crate with all categories costs 40 kB of WebAssembly, this table 1.3 kB. A test compares the
//! table with such a crate.

/// Returns true if a character is a mark that is neither Alphabetic nor invisible.
pub(super) fn is_mark(character: char) -> bool {
    // No mark is below U+0300. From U+20000 on, all marks are invisible.
    if !('\u{300}'..'\u{20000}').contains(&character) {
        return false;
    }
    let mut ends = RANGES.chars();
    while let (Some(first), Some(last)) = (ends.next(), ends.next()) {
        if character <= last {
            return character >= first;
        }
    }
    false
}

/// The first and last character of each range, ascending (Unicode 18).
const RANGES: &str = "\
    \u{300}\u{344}\u{346}\u{34e}\u{350}\u{362}\u{483}\u{489}\u{591}\u{5af}\u{5c8}\u{5c9}\
    \u{658}\u{658}\u{6df}\u{6e0}\u{6ea}\u{6ec}\u{740}\u{74a}\u{7eb}\u{7f3}\u{7fd}\u{7fd}\
    \u{818}\u{819}\u{82d}\u{82d}\u{859}\u{85b}\u{898}\u{89f}\u{8ca}\u{8d3}\u{8e0}\u{8e1}\
    \u{8ea}\u{8ef}\u{93c}\u{93c}\u{94d}\u{94d}\u{951}\u{954}\u{9bc}\u{9bc}\u{9cd}\u{9cd}\
    \u{9fe}\u{9fe}\u{a3c}\u{a3c}\u{a4d}\u{a4d}\u{abc}\u{abc}\u{acd}\u{acd}\u{afd}\u{aff}\
    \u{b3c}\u{b3c}\u{b4d}\u{b4d}\u{b53}\u{b55}\u{bcd}\u{bcd}\u{c3c}\u{c3c}\u{c4d}\u{c4d}\
    \u{cbc}\u{cbc}\u{ccd}\u{ccd}\u{d3b}\u{d3c}\u{d4d}\u{d4d}\u{dca}\u{dca}\u{e47}\u{e4c}\
    \u{e4e}\u{e4e}\u{eba}\u{eba}\u{ec8}\u{ecc}\u{ece}\u{ece}\u{f18}\u{f19}\u{f35}\u{f35}\
    \u{f37}\u{f37}\u{f39}\u{f39}\u{f3e}\u{f3f}\u{f84}\u{f84}\u{f86}\u{f87}\u{fc6}\u{fc6}\
    \u{1037}\u{1037}\u{1039}\u{103a}\u{135d}\u{135f}\u{1714}\u{1715}\u{1734}\u{1734}\
    \u{17c9}\u{17d3}\u{17dd}\u{17dd}\u{1939}\u{193b}\u{1a60}\u{1a60}\u{1a75}\u{1a7c}\
    \u{1a7f}\u{1a7f}\u{1ab0}\u{1abe}\u{1ac1}\u{1acb}\u{1acf}\u{1af0}\u{1b34}\u{1b34}\
    \u{1b44}\u{1b44}\u{1b6b}\u{1b73}\u{1baa}\u{1bab}\u{1be6}\u{1be6}\u{1bf2}\u{1bf3}\
    \u{1c37}\u{1c37}\u{1cd0}\u{1cd2}\u{1cd4}\u{1ce8}\u{1ced}\u{1ced}\u{1cf4}\u{1cf4}\
    \u{1cf7}\u{1cf9}\u{1dc0}\u{1dd2}\u{1df5}\u{1dff}\u{20d0}\u{20f0}\u{2cef}\u{2cf1}\
    \u{2d7f}\u{2d7f}\u{302a}\u{302f}\u{3099}\u{309a}\u{a66f}\u{a672}\u{a67c}\u{a67d}\
    \u{a6f0}\u{a6f1}\u{a806}\u{a806}\u{a82c}\u{a82c}\u{a8c4}\u{a8c4}\u{a8e0}\u{a8f1}\
    \u{a92b}\u{a92d}\u{a953}\u{a953}\u{a9b3}\u{a9b3}\u{a9c0}\u{a9c0}\u{aabf}\u{aabf}\
    \u{aac1}\u{aac1}\u{aaf6}\u{aaf6}\u{abec}\u{abed}\u{fe20}\u{fe2f}\u{101fd}\u{101fd}\
    \u{102e0}\u{102e0}\u{10a38}\u{10a3a}\u{10a3f}\u{10a3f}\u{10ae5}\u{10ae6}\u{10d6a}\u{10d6d}\
    \u{10ecb}\u{10ecf}\u{10ef0}\u{10ef9}\u{10efd}\u{10eff}\u{10f46}\u{10f50}\u{10f82}\u{10f85}\
    \u{11046}\u{11046}\u{11070}\u{11070}\u{1107f}\u{1107f}\u{110b9}\u{110ba}\u{11133}\u{11134}\
    \u{11173}\u{11173}\u{111c0}\u{111c0}\u{111c9}\u{111cc}\u{11235}\u{11236}\u{112e9}\u{112ea}\
    \u{1133b}\u{1133c}\u{1134d}\u{1134d}\u{11366}\u{1136c}\u{11370}\u{11374}\u{113ce}\u{113d0}\
    \u{113d2}\u{113d2}\u{113e1}\u{113e2}\u{11442}\u{11442}\u{11446}\u{11446}\u{1145e}\u{1145e}\
    \u{114c2}\u{114c3}\u{115bf}\u{115c0}\u{1163f}\u{1163f}\u{116b6}\u{116b7}\u{1172b}\u{1172b}\
    \u{11839}\u{1183a}\u{1193d}\u{1193e}\u{11943}\u{11943}\u{119e0}\u{119e0}\u{11a33}\u{11a34}\
    \u{11a47}\u{11a47}\u{11a98}\u{11a99}\u{11c3f}\u{11c3f}\u{11d42}\u{11d42}\u{11d44}\u{11d45}\
    \u{11d97}\u{11d97}\u{11df0}\u{11df0}\u{11f41}\u{11f42}\u{11f5a}\u{11f5a}\u{13440}\u{13440}\
    \u{13447}\u{13455}\u{1612f}\u{1612f}\u{16af0}\u{16af4}\u{16b30}\u{16b36}\u{16fe4}\u{16fe4}\
    \u{1bc9d}\u{1bc9d}\u{1cf00}\u{1cf2d}\u{1cf30}\u{1cf46}\u{1d127}\u{1d128}\u{1d165}\u{1d169}\
    \u{1d16d}\u{1d172}\u{1d17b}\u{1d182}\u{1d185}\u{1d18b}\u{1d1aa}\u{1d1ad}\u{1d242}\u{1d244}\
    \u{1d250}\u{1d252}\u{1d25b}\u{1d25c}\u{1d25f}\u{1d25f}\u{1d280}\u{1d281}\u{1da00}\u{1da36}\
    \u{1da3b}\u{1da6c}\u{1da75}\u{1da75}\u{1da84}\u{1da84}\u{1da9b}\u{1da9f}\u{1daa1}\u{1daaf}\
    \u{1e130}\u{1e136}\u{1e2ae}\u{1e2ae}\u{1e2ec}\u{1e2ef}\u{1e4ec}\u{1e4ef}\u{1e5ee}\u{1e5ef}\
    \u{1e8d0}\u{1e8d6}\u{1e944}\u{1e946}\u{1e948}\u{1e94a}\
";

#[cfg(test)]
mod tests {
    use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

    use super::is_mark;

    #[test]
    fn with_the_standard_librarys_letters_the_table_covers_every_mark_and_nothing_else() {
        for character in '\0'..=char::MAX {
            // Variation selectors, the grapheme joiner and other invisible marks are not in the
            // table.
            let invisible = matches!(character,
                '\u{34f}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
            let mark =
                character.general_category_group() == GeneralCategoryGroup::Mark && !invisible;
            let known = is_mark(character);
            assert!(!known || mark, "U+{:04X} is no mark", u32::from(character));
            assert!(
                known || !mark || character.is_alphabetic(),
                "U+{:04X} is a mark",
                u32::from(character)
            );
        }
    }
}
