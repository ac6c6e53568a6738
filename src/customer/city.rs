//! `ct`: cities.

use super::options::Options;
use super::reason::Reason;
use super::text::letters;

/// Meta: lower-case, no punctuation, no special characters, no spaces; UTF-8 where letters need it.
///
/// Meta's parameter builder keeps `a`-`z` and digits alone: its form is sent as well, unless most of
/// the name is lost (`Łódź` would be `d`) or it starts with a digit, which the builder refuses.
/// Meta's business SDK keeps apostrophes and drops digits: sent as well.
pub(super) fn forms(clean: &str, options: &Options<'_>) -> Result<Vec<String>, Reason> {
    let documented = letters(clean, options);
    if !documented.contains(char::is_alphabetic) {
        return Err(Reason::NO_LETTERS);
    }
    let mut forms = vec![documented];
    let all = forms[0].chars().count();
    let ascii: String = forms[0].chars().filter(char::is_ascii).collect();
    if ascii.len() * 2 >= all && ascii.starts_with(|c: char| c.is_ascii_lowercase()) {
        forms.push(ascii);
    }
    forms.push(business_sdk(clean, options));
    Ok(forms)
}

/// Meta's business SDK, cities and states: without digits, whitespace, parentheses, dots, hyphens.
pub(super) fn business_sdk(clean: &str, options: &Options<'_>) -> String {
    let kept: String = clean
        .chars()
        .filter(|&c| {
            !(c.is_ascii_digit() || c.is_whitespace() || matches!(c, '(' | ')' | '.' | '-'))
        })
        .collect();
    // What stood apart may compose now.
    options.folded(&kept)
}
