//! Parses numbers that were sent as text.

use lexical_parse_float::FromLexical;
use serde_json::{Number, Value};

/// The marks that separate thousands: blanks of all widths (French), apostrophes (Swiss), dots and
/// commas.
const GROUPING: [char; 8] = [' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '’', '.', ','];

/// Returns a JSON number, or text of one, as a number. Returns `None` if it is not a number or may
/// be either of two.
///
/// | text | number |
/// |---|---|
/// | `59.90`, `1.299`, `-5`, `1e3` | as programs write it: a single dot is the decimal point |
/// | `59,90`, `0,299`, `1299,000` | a single comma is the decimal comma where it cannot separate thousands |
/// | `1,299` | none: 1299 in the United States, 1.299 in Germany |
/// | `1.299,00`, `1,299.00`, `1,299,000`, `1 299,00`, `1'299.00`, `12,34,567.00` | thousands are separated |
pub(super) fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) => Some(number.clone().into()),
        Value::String(text) => {
            let text = text.trim();
            of_program(text).or_else(|| of_program(&in_programs_way(text)?))
        }
        _ => None,
    }
}

/// Returns a whole number from a JSON number or text of one, or `None` if it has a fraction.
pub(super) fn whole(value: &Value) -> Option<i64> {
    let number = number(value)?;
    number.as_i64().or_else(|| whole_float(number.as_f64()?))
}

/// Converts a float to a whole number, if it has no fraction and a double holds it exactly.
pub(super) fn whole_float(float: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "checked before")]
    (float.trunc() == float && float.abs() <= EXACT).then_some(float as i64)
}

fn of_program(text: &str) -> Option<Value> {
    text.parse::<i64>()
        .map(Value::from)
        .ok()
        .or_else(|| Number::from_f64(f64::from_lexical(text.as_bytes()).ok()?).map(Value::Number))
}

/// Rewrites a number that people write: a dot as the decimal point, and no marks between thousands.
fn in_programs_way(text: &str) -> Option<String> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => ("-", text),
        None => ("", text),
    };
    let Some((before, after)) = text.rsplit_once(['.', ',']) else {
        return Some(format!("{sign}{}", without_grouping(text)?));
    };
    let mark = if text.as_bytes().get(before.len()) == Some(&b',') { ',' } else { '.' };
    if before.contains(mark) {
        // The same mark twice separates thousands.
        return Some(format!("{sign}{}", without_grouping(text)?));
    }
    let is_plain = before.bytes().all(|byte| byte.is_ascii_digit());
    let may_be_thousands =
        mark == ',' && after.len() == 3 && before.len() <= 3 && !before.starts_with('0');
    let is_fraction = !after.is_empty() && after.bytes().all(|byte| byte.is_ascii_digit());
    if !is_fraction || is_plain && may_be_thousands {
        return None;
    }
    Some(format!("{sign}{}.{after}", without_grouping(before)?))
}

/// Returns digits without the one kind of mark that separates their thousands. In India, groups of
/// two stand before the last group.
fn without_grouping(text: &str) -> Option<String> {
    let is_digits =
        |group: &str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let Some(mark) = text.chars().find(|character| !character.is_ascii_digit()) else {
        return is_digits(text).then(|| text.to_owned());
    };
    if !GROUPING.contains(&mark) {
        return None;
    }
    let groups: Vec<&str> = text.split(mark).collect();
    let (first, rest) = groups.split_first()?;
    let (last, middle) = rest.split_last()?;
    let is_grouped = (1..=3).contains(&first.len())
        && last.len() == 3
        && (middle.iter().all(|group| group.len() == 3)
            || mark == ',' && first.len() <= 2 && middle.iter().all(|group| group.len() == 2));
    (is_grouped && groups.iter().all(|group| is_digits(group))).then(|| groups.concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The expected numbers are those that a reader in the notation's country reads.
    #[test]
    fn prices_are_read_in_the_notations_that_have_one_meaning() {
        for (text, expected) in [
            ("59.90", 59.9),
            (" 59,90 ", 59.9),
            ("59,9", 59.9),
            ("0,299", 0.299),
            ("1299,000", 1299.0),
            ("1,2999", 1.2999),
            ("1.299", 1.299),
            ("1.299,00", 1299.0),
            ("1,299.00", 1299.0),
            ("1.299.000", 1_299_000.0),
            ("1,299,000", 1_299_000.0),
            ("1,299,000.5", 1_299_000.5),
            ("12,34,567.00", 1_234_567.0),
            ("1 299", 1299.0),
            ("1 299,00", 1299.0),
            ("1\u{202f}299,50", 1299.5),
            ("1'299.00", 1299.0),
            ("1’299", 1299.0),
            ("-1.299,00", -1299.0),
            ("1e3", 1000.0),
            ("0", 0.0),
        ] {
            assert_eq!(number(&json!(text)).and_then(|n| n.as_f64()), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_may_be_either_of_two_or_none_is_no_number() {
        for text in [
            "1,299",
            "999,999",
            "-1,299",
            "",
            " ",
            "a lot",
            "€59.90",
            "59.90 EUR",
            "1,2,3",
            "1.29.000",
            "1,299,00",
            "1.299,000,000",
            "1 2",
            "59,",
            ",",
            ".",
            "--5",
            "1 299 00",
            "NaN",
            "inf",
            "1e999",
            "Infinity",
            "1,299.000,00",
            "0x10",
            "1_000",
            "١٢",
            "1,,299",
            "12,34.567,00",
        ] {
            assert_eq!(number(&json!(text)), None, "{text}");
        }
        for other in [json!(true), json!(null), json!([59.9]), json!({ "amount": 1 })] {
            assert_eq!(number(&other), None, "{other}");
        }
    }

    #[test]
    fn a_whole_number_has_no_fraction() {
        for (value, expected) in [
            (json!(2), Some(2)),
            (json!(2.0), Some(2)),
            (json!("2"), Some(2)),
            (json!("2.0"), Some(2)),
            (json!("1.000.000"), Some(1_000_000)),
            (json!(2.5), None),
            (json!("2,5"), None),
            (json!(1e300), None),
            (json!("two"), None),
        ] {
            assert_eq!(whole(&value), expected, "{value}");
        }
    }
}
