//! `db`: dates of birth.

use super::country::Country;
use super::forms::Forms;
use super::reason::Reason;
use super::text::{
    Is, contains, is_ascii_digit, is_letter, is_sign, length, letters, split_at_last, split_before,
    starts_with, trim_matches, with_ascii_digits,
};

/// Adds a date of birth. Meta: `YYYYMMDD`, 1900 to now. Every format that is read has a year of
/// four digits:
///
/// - year first: year, month, day;
/// - a month in words: the position of the month does not matter;
/// - the order in brackets after the date: `(dd/mm/yyyy)`;
/// - dots: day, month, year, which is how such dates are always written;
/// - otherwise: month, day, year, as in Meta's own example, or day, month, year if the default
///   country writes dates so;
/// - a number above 12 cannot be the month, so month and day are swapped.
pub(super) fn read(
    clean: &str,
    country: Option<Country>,
    latest_year: u32,
    forms: &mut Forms,
) -> Result<(), Reason> {
    let Date { year, month, day } = Date::read(clean, country).ok_or(Reason::NOT_A_DATE)?;
    if !(1900..=latest_year).contains(&year) || !exists(year, month, day) {
        return Err(Reason::DATE_OUT_OF_RANGE);
    }
    let digits = [year / 1_000, year / 100, year / 10, year, month / 10, month, day / 10, day];
    forms.add(digits.into_iter().filter_map(|digit| char::from_digit(digit % 10, 10)).collect())
}

/// A date that may not exist.
struct Date {
    year: u32,
    month: u32,
    day: u32,
}

/// One part of a date.
#[derive(Clone, Copy)]
enum Part {
    Number {
        value: u32,
        digits: usize,
    },
    /// A month in words.
    Month(u32),
}

/// The order of day and month.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    MonthFirst,
    DayFirst,
}

impl Date {
    /// Reads year, month and day.
    fn read(clean: &str, country: Option<Country>) -> Option<Self> {
        let text = with_ascii_digits(clean);
        let (text, told) = match in_brackets_at_end(&text) {
            Some((text, inside)) => (text, Some(order_told(&inside)?)),
            None => (text.as_str(), None),
        };
        let (parts, rest) = parts(text)?;
        if !may_follow(rest) {
            return None;
        }
        let is_day_first_here =
            country.is_some_and(|country| !MONTH_FIRST.contains(&country.code()));
        let usual = if contains(text, |sign| sign == '.') || is_day_first_here {
            Order::DayFirst
        } else {
            Order::MonthFirst
        };
        match *parts.as_slice() {
            [Part::Number { value, digits: 8 }] => Self::of_eight_digits(value, told, usual),
            [Part::Number { value: year, digits: 4 }, first, second] => {
                Self::of_parts(year, first, second, told.unwrap_or(Order::MonthFirst))
            }
            [first, second, Part::Number { value: year, digits: 4 }] => {
                Self::of_parts(year, first, second, told.unwrap_or(usual))
            }
            _ => None,
        }
    }

    /// Reads eight digits: the year is first, unless only the last four digits can be a year.
    fn of_eight_digits(value: u32, told: Option<Order>, usual: Order) -> Option<Self> {
        let (start, end) = (value / 10_000, value % 10_000);
        if start < 1900 && end >= 1900 {
            let part = |value| Part::Number { value, digits: 2 };
            let order = told.unwrap_or(usual);
            return Self::of_parts(end, part(start / 100), part(start % 100), order);
        }
        // The order is certain. Do not swap month and day to make a date that exists.
        let (month, day) = match told {
            Some(Order::DayFirst) => (end % 100, end / 100),
            Some(Order::MonthFirst) | None => (end / 100, end % 100),
        };
        Some(Self { year: start, month, day })
    }

    /// Reads month and day in an order, or swapped if only that is possible.
    fn of_parts(year: u32, first: Part, second: Part, order: Order) -> Option<Self> {
        let (month, day) = match (first, second) {
            (Part::Month(month), Part::Number { value: day, digits: 1 | 2 })
            | (Part::Number { value: day, digits: 1 | 2 }, Part::Month(month)) => (month, day),
            (
                Part::Number { value: first, digits: 1 | 2 },
                Part::Number { value: second, digits: 1 | 2 },
            ) => {
                let is_day_first = first > 12 || (order == Order::DayFirst && second <= 12);
                if is_day_first { (second, first) } else { (first, second) }
            }
            _ => return None,
        };
        Some(Self { year, month, day })
    }
}

/// Splits off words in brackets at the end. Brackets with digits are part of the date.
fn in_brackets_at_end(text: &str) -> Option<(&str, String)> {
    let text = trim_matches(text, |sign| is_sign(sign) && !matches!(sign, ')' | ']'));
    let (before, inside) = match text.strip_suffix(")") {
        Some(rest) => split_at_last(rest, "(")?,
        None => split_at_last(text.strip_suffix("]")?, "[")?,
    };
    let letters = letters(inside);
    (!contains(inside, is_ascii_digit) && !letters.is_empty()).then_some((before, letters))
}

/// Reads the order that a form writes beside a date, as in `(mm/dd/yyyy)` or `(TT.MM.JJJJ)`: the
/// letter of each part in a row. The month is an M in every language that is known here.
fn order_told(letters: &str) -> Option<Order> {
    let mut rows: Vec<(char, usize)> = Vec::new();
    for letter in letters.chars() {
        match rows.last_mut() {
            Some((same, length)) if *same == letter => *length += 1,
            _ => rows.push((letter, 1)),
        }
    }
    match *rows.as_slice() {
        [('m', _), (day, _), (year, _)] if day != 'm' && year != 'm' => Some(Order::MonthFirst),
        // The year, the month, the day.
        [('y', _) | (_, 4), ('m', _), (day, _)] if day != 'm' => Some(Order::MonthFirst),
        [(day, _), ('m', _), (year, _)] if day != 'm' && year != 'm' => Some(Order::DayFirst),
        [(year, _), (day, _), ('m', _)] if year != 'm' && day != 'm' => Some(Order::DayFirst),
        _ => None,
    }
}

/// Returns the first three parts of a date and the text after them; `None` if a word is no month.
fn parts(text: &str) -> Option<(Vec<Part>, &str)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while parts.len() < 3 {
        let (_, from_part) =
            split_before(rest, |character| character.is_ascii_digit() || is_letter(character));
        if from_part.is_empty() {
            break;
        }
        let is_number = starts_with(from_part, is_ascii_digit);
        let ends: Is = if is_number {
            |character| !character.is_ascii_digit()
        } else {
            |character| !is_letter(character)
        };
        let (part, after) = split_before(from_part, ends);
        rest = after;
        if is_number {
            // More than nine digits are no part of a date.
            let digits = part.bytes().take(9).map(|digit| u32::from(digit - b'0'));
            let value = digits.fold(0, |value, digit| 10 * value + digit);
            parts.push(Part::Number { value, digits: part.len() });
        } else if !FILLERS.contains(&part) {
            parts.push(Part::Month(month_named(part)?));
        }
    }
    Some((parts, rest))
}

/// The words that may stand between the parts: ordinal endings, "of" in some languages, and the
/// characters of Chinese, Japanese and Korean dates.
const FILLERS: [&str; 16] = [
    "st", "nd", "rd", "th", "of", "de", "del", "d", "le", "er", "年", "月", "日", "년", "월", "일",
];

/// Returns true if a text may follow a date: nothing, the last word of the date, or a time of day.
fn may_follow(rest: &str) -> bool {
    let rest = trim_matches(rest, is_sign);
    let is_time = contains(rest, |sign| sign == ':') && !contains(rest, |sign| sign == '/');
    rest.is_empty() || FILLERS.contains(&rest) || is_time
}

/// Returns the number of the month with this name.
fn month_named(word: &str) -> Option<u32> {
    if length(word) > 10 {
        return None;
    }
    let month =
        MONTHS.iter().position(|starts| starts.iter().any(|start| word.starts_with(start)))?;
    Some(month as u32 + 1)
}

/// The beginnings of the months' names in English, German, French, Spanish, Portuguese, Italian and
/// Dutch.
const MONTHS: [&[&str]; 12] = [
    &["jan", "jän", "ene", "gen"],
    &["feb", "fév", "fev"],
    &["mar", "mär", "mrz", "maa"],
    &["apr", "avr", "abr"],
    &["may", "mai", "mei", "mag"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "aoû", "aou", "ago"],
    &["sep", "set"],
    &["oct", "okt", "out", "ott"],
    &["nov"],
    &["dec", "dez", "déc", "dic"],
];

/// The codes of the countries that do not write the day first: the United States with their
/// islands, Micronesia, the Philippines, and countries that write the year first.
const MONTH_FIRST: [&str; 19] = [
    "us", "pr", "gu", "vi", "as", "mp", "um", "fm", "mh", "pw", "ph", "cn", "jp", "kr", "kp", "tw",
    "hu", "lt", "mn",
];

fn exists(year: u32, month: u32, day: u32) -> bool {
    // A year that ends a century is a leap year only if 400 divides it.
    let is_leap = year.is_multiple_of(if year.is_multiple_of(100) { 400 } else { 4 });
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}
