//! Reads moments as senders write them.

use serde_json::Value;

use super::fields::integer;

/// Returns the Unix seconds or milliseconds of a number or of text of digits, or the Unix seconds
/// of a time in ISO 8601.
pub(super) fn moment(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => {
            let text = text.trim();
            integer(value)
                .or_else(|| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second))
                .or_else(|| in_gmt(text))
        }
        _ => integer(value),
    }
}

/// Reads a time without a zone, as in WooCommerce's fields that end in `_gmt`.
fn in_gmt(text: &str) -> Option<i64> {
    let time: jiff::civil::DateTime = text.parse().ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

/// Returns the year of a time in Unix milliseconds; `None` for a time that no clock shows.
pub(super) fn year(millis: u64) -> Option<u16> {
    let time = jiff::Timestamp::from_millisecond(millis.try_into().ok()?).ok()?;
    time.to_zoned(jiff::tz::TimeZone::UTC).year().try_into().ok()
}
