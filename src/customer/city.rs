//! `ct`: cities.

use super::characters::Classes;
use super::forms::Forms;
use super::name::words;
use super::options::Options;
use super::reason::Reason;
use super::text::mapped;

/// Meta: lower-case, no punctuation, no special characters, no spaces; UTF-8 where letters need it.
///
/// Meta's parameter builder keeps `a`-`z` and digits alone: its form is sent as well, unless most of
/// the name is lost (`Łódź` would be `d`) or it starts with a digit, which the builder refuses.
/// Meta's business SDK keeps apostrophes and drops digits: sent as well.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn read(clean: &str, forms: &mut Forms<'_>) -> Result<(), Reason> {
    let documented = words(clean, forms.options).ok_or(Reason::NO_LETTERS)?;
    let mut all = 0;
    let ascii = mapped(&documented, &mut |character| {
        all += 1;
        character.is_ascii().then_some(character)
    });
    forms.add(&documented)?;
    if ascii.len() * 2 >= all && ascii.as_bytes().first().is_some_and(u8::is_ascii_lowercase) {
        forms.add(&ascii)?;
    }
    forms.add(&business_sdk(clean, forms.options))
}

/// Meta's business SDK, cities and states: without digits, whitespace, parentheses, dots, hyphens.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn business_sdk(clean: &str, options: &Options<'_>) -> String {
    let kept = mapped(clean, &mut |character| {
        let dropped = matches!(character, '(' | ')' | '.' | '-' | '0'..='9')
            || options.is(character, Classes::SPACE);
        (!dropped).then_some(character)
    });
    // What stood apart may compose now.
    options.folded(&kept)
}
