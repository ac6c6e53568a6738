//! `db`: dates of birth.

use super::country::Country;
use super::forms::Forms;
use super::reason::Reason;
use super::set::Set;
use super::text::Text;

/// Meta: `YYYYMMDD`, 1900 to now. The year has four digits in every form that is read:
///
/// - year first: always year, month, day;
/// - a month in words: no doubt either;
/// - dots: day, month, year, as everyone who writes dots writes it;
/// - otherwise month, day, year, as in Meta's own example, or day, month, year if the default country
///   is one that writes so;
/// - a figure above 12 cannot be the month, and turns the order round.
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

/// A piece of a date.
#[derive(Clone, Copy, Default)]
struct Piece {
    value: u32,
    /// How many figures; none for a month in words.
    figures: usize,
}

/// Year, month, day; not yet known to exist.
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
        // In one run: year first if that is a date, else year last.
        let (start, end) = (third.value / 10_000, third.value % 10_000);
        if start >= 1900 || end < 1900 {
            // The month is where it is, as one in words is.
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

/// Month and day of two pieces in the given order, turned round where only that can be.
fn two(first: Piece, second: Piece, day_first: bool) -> Option<[u32; 2]> {
    let turned = match (first.figures, second.figures) {
        (0, 1 | 2) => false,
        (1 | 2, 0) => true,
        (1 | 2, 1 | 2) => first.value > 12 || (day_first && second.value <= 12),
        _ => return None,
    };
    Some(if turned { [second.value, first.value] } else { [first.value, second.value] })
}

/// What stands between the pieces: ordinals, "of" in some languages, the words of Chinese, Japanese
/// and Korean dates.
const FILLERS: &str = "st|nd|rd|th|of|de|del|d|le|er|年|月|日|년|월|일";

/// Whether this may follow a date: nothing, the last word of it, or a time of day.
fn is_time<T: Text>(rest: T) -> bool {
    let rest = rest.trimmed(Set::AroundTime);
    rest.is_empty()
        || rest.is(FILLERS)
        || rest.split(":", false).is_some() && rest.split("/", false).is_none()
}

/// The month whose name a word is.
fn month_named<T: Text>(word: T) -> Option<u32> {
    if word.length() > 10 {
        return None;
    }
    let place = word.cut(3).0.place_in(MONTHS).or_else(|| word.cut(4).0.place_in(MONTHS))?;
    Some(place as u32 / 4 + 1)
}

/// English, German, French, Spanish, Portuguese, Italian and Dutch, by how the names begin: four a month.
const MONTHS: &str = "jan|jän|ene|gen|feb|fév|fev||mar|mär|mrz|maa|apr|avr|abr||may|mai|mei|mag|jun|juin|giu||\
    jul|juil|lug||aug|aoû|aou|ago|sep|set|||oct|okt|out|ott|nov||||dec|dez|déc|dic";

/// Where the day is not first: the United States with their islands, Micronesia, the Philippines, and those
/// who put the year first anyway.
const MONTH_FIRST: &str = "us|pr|gu|vi|as|mp|um|fm|mh|pw|ph|cn|jp|kr|kp|tw|hu|lt|mn";

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
