//! `db`: dates of birth.

use super::characters::Classes;
use super::country::Country;
use super::forms::Forms;
use super::options::Options;
use super::reason::Reason;
use super::text::{after, count, is_one_of, next, take, trimmed};

/// Meta: `YYYYMMDD`, 1900 to now. The year has four digits in every form that is read:
///
/// - year first: always year, month, day;
/// - a month in words: no doubt either;
/// - dots: day, month, year, as everyone who writes dots writes it;
/// - otherwise month, day, year, as in Meta's own example, or day, month, year if the default country
///   is one that writes so;
/// - a figure above 12 cannot be the month, and turns the order round.
#[cfg_attr(feature = "customer", inline(never))]
pub(super) fn read(
    clean: &str,
    country: Option<Country>,
    forms: &mut Forms<'_>,
) -> Result<(), Reason> {
    let date = date(clean, country, forms.options).ok_or(Reason::NOT_A_DATE)?;
    let [year, month, day] = date;
    let last = forms.options.this_year.map_or(2100, u32::from);
    if year < 1900 || year > last || !exists(year, month, day) {
        return Err(Reason::DATE_OUT_OF_RANGE);
    }
    let date = (year * 100 + month) * 100 + day;
    let mut text = String::new();
    let mut place = 10_000_000;
    while place > 0 {
        text.push(char::from(b'0' + (date / place % 10) as u8));
        place /= 10;
    }
    forms.add(&text)
}

/// A piece of a date.
#[derive(Clone, Copy, Default)]
struct Piece {
    value: u32,
    /// How many figures; none for a month in words.
    figures: usize,
}

/// Year, month, day; not yet known to exist.
#[cfg_attr(feature = "customer", inline(never))]
fn date(clean: &str, country: Option<Country>, options: &Options<'_>) -> Option<[u32; 3]> {
    let mut pieces = [Piece::default(); 3];
    let mut count = 0;
    let mut rest = clean;
    while let Some(piece) = pieces.get_mut(count) {
        options.take_span(&mut rest, Classes::LETTER.and(Classes::DIGIT), false);
        if rest.is_empty() {
            break;
        }
        *piece = figures(&mut rest, options);
        if piece.figures == 0 {
            let word = options.take_span(&mut rest, Classes::LETTER, true);
            if is_filler(word) {
                continue;
            }
            piece.value = month_named(word)?;
        }
        count += 1;
    }
    if !is_time(rest, options) {
        return None;
    }
    let [mut first, mut second, mut third] = pieces;
    if count < 3 {
        if count != 1 || first.figures != 8 {
            return None;
        }
        // In one run: year first if that is a date, else year last.
        let (start, end) = (first.value / 10_000, first.value % 10_000);
        [first, second, third] = if start >= 1900 || end < 1900 {
            // The month is where it is, as one in words is.
            [(start, 4), (end / 100, 0), (end % 100, 2)]
        } else {
            [(start / 100, 2), (start % 100, 2), (end, 4)]
        }
        .map(|(value, figures)| Piece { value, figures });
    }
    let (year, [month, day]) = if first.figures == 4 {
        (first.value, two(second, third, false)?)
    } else if third.figures == 4 {
        let day_first = has(clean, b'.') || country.is_some_and(writes_day_first);
        (third.value, two(first, second, day_first)?)
    } else {
        return None;
    };
    Some([year, month, day])
}

/// Month and day of two pieces in the given order, turned round where only that can be.
#[cfg_attr(feature = "customer", inline(never))]
fn two(first: Piece, second: Piece, day_first: bool) -> Option<[u32; 2]> {
    let turned = match (first.figures, second.figures) {
        (0, 1 | 2) => false,
        (1 | 2, 0) => true,
        (1 | 2, 1 | 2) => first.value > 12 || (day_first && second.value <= 12),
        _ => return None,
    };
    Some(if turned { [second.value, first.value] } else { [first.value, second.value] })
}

/// Takes the figures that a text starts with off it. Of more than a date has, the value is lost.
#[cfg_attr(feature = "customer", inline(never))]
fn figures(rest: &mut &str, options: &Options<'_>) -> Piece {
    let mut piece = Piece::default();
    let mut characters = rest.chars();
    while let Some(digit) = next(&mut characters).and_then(|character| options.digit(character)) {
        piece.value = piece.value.wrapping_mul(10).wrapping_add(u32::from(digit) & 15);
        piece.figures += 1;
        *rest = characters.as_str();
    }
    piece
}

/// What stands between the pieces: ordinals, "of" in some languages, the words of Chinese, Japanese
/// and Korean dates.
#[cfg_attr(feature = "customer", inline(never))]
fn is_filler(word: &str) -> bool {
    is_one_of("st|nd|rd|th|of|de|del|d|le|er|年|月|日|년|월|일", word)
}

/// What may follow a date: nothing, the last word of it, or a time of day.
#[cfg_attr(feature = "customer", inline(never))]
fn is_time(rest: &str, options: &Options<'_>) -> bool {
    let rest = trimmed(rest, &|character| {
        matches!(character, '.' | ',') || options.is(character, Classes::SPACE)
    });
    rest.is_empty() || is_filler(rest) || has(rest, b':') && !has(rest, b'/')
}

fn has(text: &str, sign: u8) -> bool {
    text.bytes().any(|byte| byte == sign)
}

/// English, German, French, Spanish, Portuguese, Italian and Dutch, by how the names begin.
#[cfg_attr(feature = "customer", inline(never))]
fn month_named(word: &str) -> Option<u32> {
    let mut months = MONTHS;
    let mut month = 0;
    while !months.is_empty() {
        let beginning = take(&mut months, b' ');
        if beginning.is_empty() {
            month += 1;
        } else if after(word, beginning).is_some() && count(word) <= 10 {
            return Some(month);
        }
    }
    None
}

/// A space more before each month.
const MONTHS: &str = " jan jän ene gen  feb fév fev  mar mär mrz maa  apr avr abr  may mai mei mag  jun juin giu  \
    jul juil lug  aug aoû aou ago  sep set  oct okt out ott  nov  dec dez déc dic";

/// Everyone but the United States with their islands, Micronesia, the Philippines, and those who put
/// the year first anyway.
fn writes_day_first(country: Country) -> bool {
    !is_one_of("us|pr|gu|vi|as|mp|um|fm|mh|pw|ph|cn|jp|kr|kp|tw|hu|lt|mn", &country.code())
}

#[cfg_attr(feature = "customer", inline(never))]
fn exists(year: u32, month: u32, day: u32) -> bool {
    // No year that is a century, but every fourth of them.
    let leap = year.is_multiple_of(if year.is_multiple_of(100) { 400 } else { 4 });
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}
