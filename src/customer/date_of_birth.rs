//! `db`: dates of birth.

use super::country::Country;
use super::forms::Forms;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Adds a date of birth. Meta: `YYYYMMDD`, 1900 to now. Every format that is read has a year of
/// four digits:
///
/// - year first: year, month, day;
/// - a month in words: the position of the month does not matter;
/// - dots: day, month, year, which is how such dates are always written;
/// - otherwise: month, day, year, as in Meta's own example, or day, month, year if the default
///   country writes dates so;
/// - a number above 12 cannot be the month, so month and day are swapped.
pub(super) fn read<T: Text>(
    clean: T,
    country: Option<Country>,
    forms: &mut Forms<'_, T>,
) -> Result<(), Reason> {
    let [year, month, day] = date(clean, country).ok_or(Reason::NOT_A_DATE)?;
    if year < 1900 || year > forms.known.this_year || !exists(year, month, day) {
        return Err(Reason::DATE_OUT_OF_RANGE);
    }
    let mut text = clean.cut(0).0;
    for number in [year / 100, year % 100, month, day] {
        text = text.with(digit(number / 10)).with(digit(number % 10));
    }
    forms.add(text)
}

fn digit(value: u32) -> char {
    char::from(b'0' + value as u8)
}

/// One part of a date.
#[derive(Clone, Copy, Default)]
struct Piece {
    value: u32,
    /// The number of digits; 0 for a month in words.
    figures: usize,
}

/// Parses year, month and day. Does not check that the date exists.
fn date<T: Text>(clean: T, country: Option<Country>) -> Option<[u32; 3]> {
    let [mut first, mut second, mut third] = [Piece::default(); 3];
    let mut count = 0;
    let mut rest = clean.with_ascii_digits();
    while count < 3 {
        rest = rest.span(Set::LetterOrDigit, false).1;
        if rest.is_empty() {
            break;
        }
        let (figures, after) = rest.span(Set::Digit, true);
        rest = after;
        let mut piece = Piece { value: figures.value(), figures: figures.length() };
        if piece.figures == 0 {
            let (word, after) = rest.span(Set::Letter, true);
            rest = after;
            if word.is(FILLERS) {
                continue;
            }
            piece.value = month_named(word)?;
        }
        (first, second, third) = (second, third, piece);
        count += 1;
    }
    if !is_time(rest) {
        return None;
    }
    if count == 1 && third.figures == 8 {
        // Eight digits in a run: the year is first, unless only the last four digits can be a year.
        let (start, end) = (third.value / 10_000, third.value % 10_000);
        if start >= 1900 || end < 1900 {
            // The order is certain: month, day. Do not swap them.
            return Some([start, end / 100, end % 100]);
        }
        first = Piece { value: start / 100, figures: 2 };
        second = Piece { value: start % 100, figures: 2 };
        third = Piece { value: end, figures: 4 };
    } else if count < 3 {
        return None;
    }
    let (year, [month, day]) = if first.figures == 4 {
        (first.value, two(second, third, false)?)
    } else if third.figures == 4 {
        let day_first = clean.split(".", false).is_some()
            || country.is_some_and(|country| !country.code_beside(clean).is(MONTH_FIRST));
        (third.value, two(first, second, day_first)?)
    } else {
        return None;
    };
    Some([year, month, day])
}

/// Returns month and day of two pieces in the given order, or swapped if only that is possible.
fn two(first: Piece, second: Piece, day_first: bool) -> Option<[u32; 2]> {
    let turned = match (first.figures, second.figures) {
        (0, 1 | 2) => false,
        (1 | 2, 0) => true,
        (1 | 2, 1 | 2) => first.value > 12 || (day_first && second.value <= 12),
        _ => return None,
    };
    Some(if turned { [second.value, first.value] } else { [first.value, second.value] })
}

/// The words that may stand between the pieces: ordinal endings, "of" in some languages, and the
/// characters of Chinese, Japanese and Korean dates.
const FILLERS: &str = "st|nd|rd|th|of|de|del|d|le|er|年|月|日|년|월|일";

/// Returns true if a text may follow a date: nothing, the last word of the date, or a time of day.
fn is_time<T: Text>(rest: T) -> bool {
    let rest = rest.trimmed(Set::AroundTime);
    rest.is_empty()
        || rest.is(FILLERS)
        || rest.split(":", false).is_some() && rest.split("/", false).is_none()
}

/// Returns the number of the month with this name.
fn month_named<T: Text>(word: T) -> Option<u32> {
    if word.length() > 10 {
        return None;
    }
    let place = word.cut(3).0.place_in(MONTHS).or_else(|| word.cut(4).0.place_in(MONTHS))?;
    Some(place as u32 / 4 + 1)
}

/// The beginnings of the months' names in English, German, French, Spanish, Portuguese, Italian and
/// Dutch: four for each month.
const MONTHS: &str = "jan|jän|ene|gen|feb|fév|fev||mar|mär|mrz|maa|apr|avr|abr||may|mai|mei|mag|jun|juin|giu||\
    jul|juil|lug||aug|aoû|aou|ago|sep|set|||oct|okt|out|ott|nov||||dec|dez|déc|dic";

/// The codes of the countries that do not write the day first: the United States with their
/// islands, Micronesia, the Philippines, and countries that write the year first.
const MONTH_FIRST: &str = "us|pr|gu|vi|as|mp|um|fm|mh|pw|ph|cn|jp|kr|kp|tw|hu|lt|mn";

fn exists(year: u32, month: u32, day: u32) -> bool {
    // A year that ends a century is a leap year only if 400 divides it.
    let leap = year.is_multiple_of(if year.is_multiple_of(100) { 400 } else { 4 });
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}
