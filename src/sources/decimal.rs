//! Reads numbers that were sent as text.

use serde_json::Value;

use super::mapping::Json;

/// The marks that separate thousands: blanks of all widths (French), apostrophes (Swiss), dots and
/// commas.
const GROUPING: [char; 8] = [' ', '\u{a0}', '\u{202f}', '\u{2009}', '\'', '’', '.', ','];

/// Returns a JSON number, or text of one, as a number. Returns `None` if it is not a number or may
/// be either of two; see [`in_text`].
pub(super) fn number(value: &Value) -> Option<Value> {
    value.view().number::<&Value>().map(Value::Number)
}

/// Returns the number in a text without blanks around it. Returns `None` if it is not a number or may be either of two.
/// `parse` reads the digits of a number as programs write it, such as `-59.9` or `1e3`.
///
/// | text | number |
/// |---|---|
/// | `59.90`, `1.299`, `-5`, `1e3` | as programs write it: a single dot is the decimal point |
/// | `59,90`, `0,299`, `1299,000` | a single comma is the decimal comma where it cannot separate thousands |
/// | `1,299` | none: 1299 in the United States, 1.299 in Germany |
/// | `1.299,00`, `1,299.00`, `1,299,000`, `1 299,00`, `1'299.00`, `12,34,567.00` | thousands are separated |
pub(super) fn in_text<T>(text: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    // Rust and JavaScript read the same numbers in these characters. Each of them also reads other
    // texts, such as `inf` or `0x10`.
    let is_of_program = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_of_program) {
        let number = parse(text);
        if number.is_some() {
            return number;
        }
    }
    parse(&in_programs_way(text)?)
}

/// Returns a whole number from a JSON number or text of one, or `None` if it has a fraction.
pub(super) fn whole(value: &Value) -> Option<i64> {
    let number = number(value)?;
    number.as_i64().or_else(|| whole_float(number.as_f64()?))
}

/// Converts a float to a whole number, if it has no fraction and a double holds it exactly.
pub fn whole_float(float: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "checked before")]
    (float.trunc() == float && float.abs() <= EXACT).then_some(float as i64)
}

/// Rewrites a number that people write: a dot as the decimal point, and no marks between thousands.
fn in_programs_way(text: &str) -> Option<String> {
    let mut number = String::new();
    // The lengths of the groups of digits, and the marks between them.
    let mut groups = vec![0];
    let mut marks = Vec::new();
    for (index, character) in text.chars().enumerate() {
        match groups.last_mut() {
            Some(digits) if character.is_ascii_digit() => {
                number.push(character);
                *digits += 1;
            }
            _ if index == 0 && character == '-' => number.push('-'),
            _ => {
                groups.push(0);
                marks.push(character);
            }
        }
    }
    let (&last_mark, other_marks) = marks.split_last()?;
    let (&last, other_groups) = groups.split_last()?;
    // The same mark twice separates thousands.
    if !matches!(last_mark, '.' | ',') || other_marks.contains(&last_mark) {
        return are_thousands(&groups, &marks).then_some(number);
    }
    let &[first, ..] = other_groups else { return None };
    let may_be_thousands = last_mark == ','
        && other_marks.is_empty()
        && last == 3
        && first <= 3
        && number.bytes().find(u8::is_ascii_digit) != Some(b'0');
    if may_be_thousands || last == 0 || !are_thousands(other_groups, other_marks) {
        return None;
    }
    number.insert(number.len() - last, '.');
    Some(number)
}

/// Returns true for groups of digits of these lengths, if one kind of mark separates them. In India,
/// groups of two stand before the last group.
fn are_thousands(groups: &[usize], marks: &[char]) -> bool {
    let (Some(&mark), [first, middle @ .., last]) = (marks.first(), groups) else {
        return groups != [0];
    };
    let are_long = |length: usize| middle.iter().all(|group| *group == length);
    GROUPING.contains(&mark)
        && marks.iter().all(|other| *other == mark)
        && (1..=3).contains(first)
        && *last == 3
        && (are_long(3) || mark == ',' && *first <= 2 && are_long(2))
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
            ("1.5E-1", 0.15),
            ("+5", 5.0),
            ("5.", 5.0),
            (".5", 0.5),
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
            "1e",
            "e5",
            "+-5",
            "1e5.5",
            "1.2.3e4",
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
