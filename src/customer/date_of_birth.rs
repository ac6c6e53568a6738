//! `db`: dates of birth.

use super::country::Country;
use super::digits::ascii_digit;
use super::options::Options;
use super::reason::Reason;

/// Meta: `YYYYMMDD`, 1900 to now. The year has four digits in every form that is read:
///
/// - year first: always year, month, day;
/// - a month in words: no doubt either;
/// - dots: day, month, year, as everyone who writes dots writes it;
/// - otherwise month, day, year, as in Meta's own example, or day, month, year if the default country
///   is one that writes so;
/// - a figure above 12 cannot be the month, and turns the order round.
pub(super) fn forms(clean: &str, options: &Options<'_>) -> Result<Vec<String>, Reason> {
    let date = read(clean, options).ok_or(Reason::NOT_A_DATE)?;
    let [year, month, day] = date;
    if year < 1900 || year > options.this_year.unwrap_or(2100) || !exists(year, month, day) {
        return Err(Reason::DATE_OUT_OF_RANGE);
    }
    let mut text = String::with_capacity(8);
    for (value, width) in [(year, 1000), (month, 10), (day, 10)] {
        let mut place = width;
        while place > 0 {
            text.push(char::from(b'0' + (value / place % 10) as u8));
            place /= 10;
        }
    }
    Ok(vec![text])
}

/// A piece of a date: figures and how many, or a month in words.
#[derive(Clone, Copy)]
enum Piece {
    Figures(u32, usize),
    Month(u16),
}

/// Year, month, day; not yet known to exist.
fn read(clean: &str, options: &Options<'_>) -> Option<[u16; 3]> {
    let mut pieces = [None; 3];
    let mut count = 0;
    let mut rest = clean;
    while count < 3 {
        rest = rest.trim_start_matches(|c: char| ascii_digit(c).is_none() && !is_word(c));
        if rest.is_empty() {
            break;
        }
        let starts_with_digit = rest.starts_with(|c| ascii_digit(c).is_some());
        let end = rest
            .find(|c: char| if starts_with_digit { ascii_digit(c).is_none() } else { !is_word(c) })
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        if starts_with_digit {
            pieces[count] = Some(figures(piece)?);
            count += 1;
        } else if let Some(month) = month_named(piece) {
            pieces[count] = Some(Piece::Month(month));
            count += 1;
        } else if !is_filler(piece) {
            return None;
        }
    }
    if !is_time(rest) {
        return None;
    }
    let day_first =
        || clean.as_bytes().contains(&b'.') || Country::of(options).is_some_and(writes_day_first);
    match pieces {
        [Some(Piece::Figures(date, 8)), None, None] => in_one_run(date, day_first()),
        [Some(Piece::Figures(year, 4)), Some(second), Some(third)] => {
            let [month, day] = two(second, third, false)?;
            Some([short(year)?, month, day])
        }
        [Some(first), Some(second), Some(Piece::Figures(year, 4))] => {
            let [month, day] = two(first, second, day_first())?;
            Some([short(year)?, month, day])
        }
        _ => None,
    }
}

/// Month and day of two pieces in the given order, turned round where only that can be.
fn two(first: Piece, second: Piece, day_first: bool) -> Option<[u16; 2]> {
    match (first, second) {
        (Piece::Month(month), Piece::Figures(day, 1 | 2))
        | (Piece::Figures(day, 1 | 2), Piece::Month(month)) => Some([month, short(day)?]),
        (Piece::Figures(first, 1 | 2), Piece::Figures(second, 1 | 2)) => {
            let (first, second) = (short(first)?, short(second)?);
            let day_first = if first > 12 { true } else { day_first && second <= 12 };
            Some(if day_first { [second, first] } else { [first, second] })
        }
        _ => None,
    }
}

/// Eight figures: year first if that is a date, else year last.
fn in_one_run(date: u32, day_first: bool) -> Option<[u16; 3]> {
    let year_first = [short(date / 10_000)?, short(date / 100 % 100)?, short(date % 100)?];
    if year_first[0] >= 1900 || date % 10_000 < 1900 {
        return Some(year_first);
    }
    let [month, day] = two(
        Piece::Figures(date / 1_000_000, 2),
        Piece::Figures(date / 10_000 % 100, 2),
        day_first,
    )?;
    Some([short(date % 10_000)?, month, day])
}

fn short(value: u32) -> Option<u16> {
    u16::try_from(value).ok()
}

fn figures(piece: &str) -> Option<Piece> {
    let mut value = 0u32;
    let mut count = 0;
    for digit in piece.chars().filter_map(ascii_digit).filter_map(|digit| digit.to_digit(10)) {
        value = value.checked_mul(10)?.checked_add(digit)?;
        count += 1;
    }
    Some(Piece::Figures(value, count))
}

fn is_word(character: char) -> bool {
    character.is_alphabetic()
}

/// What stands between the pieces: ordinals, "of" in some languages, the words of Chinese, Japanese
/// and Korean dates.
fn is_filler(word: &str) -> bool {
    "st nd rd th of de del d le er 年 月 日 년 월 일".split(' ').any(|filler| filler == word)
}

/// What may follow a date: nothing, the last word of it, or a time of day.
fn is_time(rest: &str) -> bool {
    let rest = rest.trim_matches(|c: char| c.is_whitespace() || matches!(c, '.' | ','));
    rest.is_empty()
        || is_filler(rest)
        || rest.as_bytes().contains(&b':') && !rest.as_bytes().contains(&b'/')
}

/// English, German, French, Spanish, Portuguese, Italian and Dutch, by how the names begin.
fn month_named(word: &str) -> Option<u16> {
    MONTHS.split('|').zip(1u16..).find_map(|(beginnings, month)| {
        let known = |beginning: &str| word.starts_with(beginning) && word.chars().count() <= 10;
        beginnings.split(' ').any(known).then_some(month)
    })
}

const MONTHS: &str = "jan jän ene gen|feb fév fev|mar mär mrz maa|apr avr abr|may mai mei mag|jun juin giu|\
    jul juil lug|aug aoû aou ago|sep set|oct okt out ott|nov|dec dez déc dic";

/// Everyone but the United States with their islands, Micronesia, the Philippines, and those who put
/// the year first anyway.
fn writes_day_first(country: Country) -> bool {
    !"us pr gu vi as mp um fm mh pw ph cn jp kr kp tw hu lt mn"
        .split(' ')
        .any(|code| code == country.code())
}

fn exists(year: u16, month: u16, day: u16) -> bool {
    let days = match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}
