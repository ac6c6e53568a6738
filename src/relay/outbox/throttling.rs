//! Reads the wait that the headers of Meta's answers ask for (Meta, "Rate Limits").

use jiff::fmt::rfc2822;
use serde_json::Value;

/// The percentage of a limit from which requests are spread.
const NEARLY_USED_UP: f64 = 90.0;
/// The wait for each percent from there on, in milliseconds. At 99 % the worker sends a request
/// every ten seconds. With a thousand events in each, that is a hundred events a second.
const SPREAD_MILLIS_PER_PERCENT: f64 = 1_000.0;
/// The wait in milliseconds if a limit is used up and Meta does not say for how long.
const USED_UP_MILLIS: u64 = 5 * 60_000;
/// The longest wait that a header can cause, in milliseconds. Meta accepts events for seven days.
const MOST_MILLIS: u64 = 24 * 60 * 60_000;

/// Returns the wait that an answer's headers ask for, in milliseconds; 0 if they ask for none.
/// `header` returns a header by its lower-case name. `now_millis` is the time of the answer.
/// Headers that cannot be read are ignored.
///
/// ```
/// use capi_bridge::relay::asked_wait_millis;
///
/// let header = |name: &str| (name == "retry-after").then(|| "120".to_owned());
/// assert_eq!(asked_wait_millis(&header, 1_790_000_000_000), 120_000);
/// ```
#[must_use]
pub fn asked_wait_millis(header: &dyn Fn(&str) -> Option<String>, now_millis: u64) -> u64 {
    let json = |name: &str| serde_json::from_str::<Value>(&header(name)?).ok();
    let retry_after = retry_after_millis(header, now_millis).unwrap_or(0);
    let app = json("x-app-usage").map_or(0, |usage| by_percentage(&usage, &PERCENTAGES));
    // Meta documents both names.
    let business = ["x-business-use-case-usage", "x-business-use-case"]
        .into_iter()
        .filter_map(json)
        .map(|usage| by_business(&usage))
        .max()
        .unwrap_or(0);
    let account = json("x-ad-account-usage").map_or(0, |usage| by_account(&usage));
    [retry_after, app, business, account].into_iter().max().unwrap_or(0).min(MOST_MILLIS)
}

/// Returns the wait of `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). The date is compared
/// with the answer's `Date` header, because both come from the same clock. Without `Date` it is
/// compared with `now_millis`.
fn retry_after_millis(header: &dyn Fn(&str) -> Option<String>, now_millis: u64) -> Option<u64> {
    let text = header("retry-after")?;
    if let Ok(seconds) = text.trim().parse::<u64>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let moment = |text: &str| {
        let moment = rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok()?;
        u64::try_from(moment.as_millisecond()).ok()
    };
    let now = header("date").and_then(|date| moment(&date)).unwrap_or(now_millis);
    Some(moment(&text)?.saturating_sub(now))
}

const PERCENTAGES: [&str; 3] = ["call_count", "total_time", "total_cputime"];

/// Returns the wait of `{"<business id>": [{"call_count", …, "estimated_time_to_regain_access"
/// (minutes)}]}`.
fn by_business(usage: &Value) -> u64 {
    let cases = usage.as_object().into_iter().flatten().filter_map(|(_, cases)| cases.as_array());
    cases
        .flatten()
        .map(|case| {
            let minutes = case.get("estimated_time_to_regain_access").and_then(Value::as_u64);
            match minutes {
                Some(minutes) if minutes > 0 => minutes.saturating_mul(60_000),
                _ => by_percentage(case, &PERCENTAGES),
            }
        })
        .max()
        .unwrap_or(0)
}

/// Returns the wait of `{"acc_id_util_pct", "reset_time_duration" (seconds)}`.
fn by_account(usage: &Value) -> u64 {
    let wait = by_percentage(usage, &["acc_id_util_pct"]);
    match usage.get("reset_time_duration").and_then(Value::as_u64) {
        Some(seconds) if wait >= USED_UP_MILLIS => seconds.saturating_mul(1_000),
        _ => wait,
    }
}

fn by_percentage(usage: &Value, names: &[&str]) -> u64 {
    let used =
        names.iter().filter_map(|name| usage.get(name).and_then(Value::as_f64)).fold(0.0, f64::max);
    match used {
        used if used >= 100.0 => USED_UP_MILLIS,
        used if used >= NEARLY_USED_UP => spread(used),
        _ => 0,
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1,000 to 11,000")]
fn spread(used: f64) -> u64 {
    ((used - NEARLY_USED_UP + 1.0) * SPREAD_MILLIS_PER_PERCENT) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000_000;

    fn asked(name: &'static str, value: &'static str) -> u64 {
        asked_wait_millis(&|asked| (asked == name).then(|| value.to_owned()), NOW)
    }

    #[test]
    fn a_date_is_so_far_away_as_the_clock_of_whoever_wrote_it_says() {
        // 1 790 000 000, by date(1).
        assert_eq!(asked("retry-after", "Mon, 21 Sep 2026 14:15:20 GMT"), 2 * 60_000);
        assert_eq!(asked("retry-after", "Mon, 21 Sep 2026 14:13:20 GMT"), 0);
        assert_eq!(asked("retry-after", "Mon, 21 Sep 2026 14:12:00 GMT"), 0);
        assert_eq!(asked("retry-after", "Thu, 31 Dec 2099 23:59:59 GMT"), MOST_MILLIS);
        // The server's clock is an hour ahead.
        let ahead = |name: &str| match name {
            "retry-after" => Some("Mon, 21 Sep 2026 15:15:20 GMT".to_owned()),
            "date" => Some("Mon, 21 Sep 2026 15:13:20 GMT".to_owned()),
            _ => None,
        };
        assert_eq!(asked_wait_millis(&ahead, NOW), 2 * 60_000);
    }

    #[test]
    fn metas_estimate_is_minutes_and_the_longest_counts() {
        let usage = r#"{"1":[{"type":"ads_management","call_count":100,"estimated_time_to_regain_access":19}],
            "2":[{"call_count":3,"estimated_time_to_regain_access":2}]}"#;
        assert_eq!(asked("x-business-use-case-usage", usage), 19 * 60_000);
    }

    #[test]
    fn a_limit_nearly_used_up_spreads_the_requests_and_one_used_up_stops_them() {
        let of = |percent: &str| {
            let usage = format!(r#"{{"call_count":{percent},"total_time":25,"total_cputime":1}}"#);
            asked_wait_millis(&|asked| (asked == "x-app-usage").then(|| usage.clone()), NOW)
        };
        assert_eq!([of("28"), of("93"), of("99.5"), of("100.5")], [0, 4_000, 10_500, 300_000]);
    }

    #[test]
    fn an_ad_account_says_when_its_limit_is_reset() {
        let usage = r#"{"acc_id_util_pct":100,"reset_time_duration":600}"#;
        assert_eq!(asked("x-ad-account-usage", usage), 600_000);
    }

    #[test]
    fn what_cannot_be_read_asks_for_nothing_and_nothing_asks_for_more_than_a_day() {
        for nonsense in ["", "soon", "Mon, 21 Sep", "-1", "{", "[]", "7", r#"{"1":[7]}"#] {
            for name in ["retry-after", "x-app-usage", "x-business-use-case-usage"] {
                let header = |asked: &str| (asked == name).then(|| nonsense.to_owned());
                let millis = asked_wait_millis(&header, NOW);
                assert!(millis == 0 || nonsense == "7", "{name}: {nonsense}");
            }
        }
        assert_eq!(asked("retry-after", "18446744073709551615"), 86_400_000);
    }
}
