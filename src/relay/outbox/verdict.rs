//! Decides what an answer from Meta means for the events of its request.
//!
//! Classifies by `code` and `error_subcode`. `type` is `OAuthException` for nearly every error, and
//! the texts are localised (Meta, "Error Handling"; see the reference on the error object).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::plain_words::is_plain;

/// The meaning of an answer for the events of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Meta accepted them.
    Accepted,
    /// No answer, or a failure that the events did not cause. Retry with the same ids and times.
    Fault {
        /// The reason.
        refusal: Refusal,
    },
    /// Too many calls. Retry later.
    Throttled {
        /// The reason.
        refusal: Refusal,
    },
    /// The request is too large. Retry with fewer events.
    TooLarge {
        /// The reason.
        refusal: Refusal,
    },
    /// At least one event is bad. A retry does not help.
    BadEvent {
        /// The reason.
        refusal: Refusal,
    },
    /// The token or the permission is bad. Keep the events and tell the operator.
    Stop {
        /// The reason.
        refusal: Refusal,
    },
}

/// The reason why a request failed. It contains no data of the events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The HTTP status; 0 if there was no answer.
    pub status: u16,
    /// Meta's error code; 0 if the answer is not an error of the Graph API.
    pub code: i64,
    /// Meta's error subcode, or 0.
    pub error_subcode: i64,
    /// Meta's message without personal data, or a message of the worker.
    pub message: String,
    /// The trace id that Meta's support asks for.
    pub fbtrace_id: String,
}

#[derive(Deserialize)]
struct ErrorBody {
    error: GraphError,
}

#[derive(Deserialize)]
struct GraphError {
    code: i64,
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    error_subcode: i64,
    #[serde(default)]
    is_transient: bool,
    #[serde(default)]
    message: String,
    #[serde(default)]
    error_user_msg: Option<String>,
    #[serde(default)]
    fbtrace_id: String,
}

/// Classifies the answer to a request with `sent` events. `status` is 0 if there was no answer.
#[must_use]
pub fn verdict(status: u16, body: &[u8], sent: u32) -> Verdict {
    let received = serde_json::from_slice::<Value>(body).ok();
    if (200..300).contains(&status) {
        // A 200 without the number of received events is no receipt: a captive portal may send one.
        let count = received.as_ref().and_then(|body| body.get("events_received"));
        return match count.map(Value::as_u64) {
            Some(Some(count)) if count >= u64::from(sent) => Verdict::Accepted,
            Some(Some(count)) => {
                let message = format!("a receipt for {count} of {sent} events");
                Verdict::Fault { refusal: Refusal { status, message, ..Refusal::default() } }
            }
            Some(None) | None => Verdict::Fault { refusal: unreadable(status) },
        };
    }
    let Some(ErrorBody { error }) = received.and_then(|body| serde_json::from_value(body).ok())
    else {
        let refusal = unreadable(status);
        return match status {
            429 => Verdict::Throttled { refusal },
            // Meta or a proxy may have answered. In both cases a smaller request helps.
            413 => Verdict::TooLarge { refusal },
            _ => Verdict::Fault { refusal },
        };
    };
    let refusal = Refusal {
        status,
        code: error.code,
        error_subcode: error.error_subcode,
        message: redacted(&error.error_user_msg.unwrap_or(error.message))
            .unwrap_or_else(|| own_sentence(error.code, error.error_subcode).to_owned()),
        fbtrace_id: trace_id(error.fbtrace_id),
    };
    match error.code {
        // An error of the request itself, such as a wrong `appsecret_proof`. Bad events come with
        // `OAuthException` (reference: `quality-and-tokens.md`).
        100 if error.r#type == "GraphMethodException" => Verdict::Stop { refusal },
        // The dataset id is wrong, or the token has no access to the dataset.
        100 if error.error_subcode == 33 => Verdict::Stop { refusal },
        3 | 10 | 102 | 104 | 190 | 200..=299 | 2500 | 2635 => Verdict::Stop { refusal },
        100 | 506 if !error.is_transient => Verdict::BadEvent { refusal },
        4 | 17 | 32 | 341 | 368 | 613 | 80_000..=89_999 => Verdict::Throttled { refusal },
        _ if status == 429 => Verdict::Throttled { refusal },
        // Codes 1 and 2, negative codes, and unknown codes.
        _ => Verdict::Fault { refusal },
    }
}

/// Returns the verdict on events that the worker failed to write into a request: at least one of
/// them is bad.
#[must_use]
pub fn unwritable() -> Verdict {
    let message = "the worker failed on this event: see its log".to_owned();
    Verdict::BadEvent { refusal: Refusal { message, ..Refusal::default() } }
}

fn unreadable(status: u16) -> Refusal {
    let message = match status {
        0 => "no answer",
        200..=299 => "an answer that is not Meta's",
        _ => "an error that is not the Graph API's",
    };
    Refusal { status, message: message.to_owned(), ..Refusal::default() }
}

/// Returns Meta's trace id, or `…` if it is too long or has unexpected characters.
fn trace_id(id: String) -> String {
    let plain = id.len() <= 64
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_+/=".contains(&byte));
    if plain { id } else { "…".to_owned() }
}

/// Keeps the words of Meta's message that cannot identify a person or reveal a token. The result
/// goes to the log and to the status. Returns `None` if too little is left, for example of a
/// message in another language.
fn redacted(text: &str) -> Option<String> {
    const MAX_TEXT_BYTES: usize = 300;
    let mut kept = String::new();
    let (mut shown, mut hidden) = (0, 0);
    for word in text.split(|letter: char| letter.is_whitespace() || letter.is_control()) {
        let is_shown = is_plain(word);
        if is_shown {
            shown += 1;
        } else {
            hidden += 1;
            // One `…` stands for all hidden words in a row.
            if word.is_empty() || kept.ends_with('…') {
                continue;
            }
        }
        if !kept.is_empty() {
            kept.push(' ');
        }
        kept.push_str(if is_shown { word } else { "…" });
        if kept.len() > MAX_TEXT_BYTES {
            kept.push_str(" …");
            break;
        }
    }
    (shown >= 2 && shown * 2 >= hidden).then_some(kept)
}

/// Returns the meaning of one of Meta's codes (Meta, "Error Handling" and "Error Codes" of the
/// Marketing API).
fn own_sentence(code: i64, subcode: i64) -> &'static str {
    match (code, subcode) {
        (100, 33) => "the dataset does not exist, or the token may not send to it",
        (100 | 506, _) => "a parameter is invalid",
        (102 | 190, _) => "the access token is invalid or has expired",
        (104, _) => "the proof of the app's secret is missing or wrong",
        (3 | 10 | 200..=299, _) => "the access token lacks a permission",
        (2500, _) => "there was no access token",
        (4 | 17 | 32 | 341 | 613 | 80_000..=89_999, _) => "too many requests",
        (368, _) => "blocked for a time by a policy",
        (1 | 2, _) => "a fault of Meta's, or too much load there",
        _ => "an error that this version does not know: see its code",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> &'static str {
        match verdict(status, body.as_bytes(), 1) {
            Verdict::Accepted => "accepted",
            Verdict::Fault { .. } => "fault",
            Verdict::Throttled { .. } => "throttled",
            Verdict::TooLarge { .. } => "too large",
            Verdict::BadEvent { .. } => "bad event",
            Verdict::Stop { .. } => "stop",
        }
    }

    fn error(code: i64, subcode: i64) -> String {
        format!(
            r#"{{"error":{{"message":"m","type":"OAuthException","code":{code},"error_subcode":{subcode},"fbtrace_id":"t"}}}}"#
        )
    }

    #[test]
    fn a_receipt_is_accepted_and_nothing_else_is() {
        assert_eq!(
            kind(200, r#"{"events_received":1,"messages":[],"fbtrace_id":"x"}"#),
            "accepted"
        );
        assert_eq!(kind(200, "<html>welcome to the hotel</html>"), "fault");
        assert_eq!(kind(200, "{}"), "fault");
        assert_eq!(kind(204, ""), "fault");
    }

    #[test]
    fn no_answer_and_unreadable_ones_are_nobodys_fault() {
        for (status, body) in [
            (0, ""),
            (302, ""),
            (500, ""),
            (502, "<html>"),
            (400, "nonsense"),
            (500, "{\"error\":7}"),
        ] {
            assert_eq!(kind(status, body), "fault", "{status} {body}");
        }
        for code in [1, 2, 5000, -1] {
            assert_eq!(kind(400, &error(code, 0)), "fault", "{code}");
        }
    }

    #[test]
    fn limits_ask_for_patience() {
        for code in [4, 17, 32, 341, 368, 613, 80_000, 80_004] {
            assert_eq!(kind(400, &error(code, 0)), "throttled", "{code}");
        }
        assert_eq!(kind(429, "slow down"), "throttled");
    }

    #[test]
    fn an_invalid_parameter_is_a_bad_event_and_so_is_a_request_that_is_too_large() {
        assert_eq!(kind(400, &error(100, 2_804_003)), "bad event");
        assert_eq!(kind(400, &error(100, 0)), "bad event");
        assert_eq!(kind(413, "<html>"), "too large");
    }

    #[test]
    fn a_bad_token_stops_and_spoils_no_event() {
        for (status, code, subcode) in [
            (401, 190, 463),
            (400, 100, 33),
            (403, 10, 0),
            (403, 200, 0),
            (400, 294, 0),
            (400, 104, 0),
            (400, 2635, 0),
        ] {
            assert_eq!(kind(status, &error(code, subcode)), "stop", "{code}/{subcode}");
        }
    }

    #[test]
    fn the_table_in_plain_words_says_what_the_verdict_does() {
        #[derive(Deserialize)]
        struct Row {
            code: i64,
            to: Option<i64>,
            #[serde(default)]
            subcode: i64,
            r#type: Option<String>,
            does: String,
        }
        let rows: Vec<Row> = serde_json::from_str(include_str!("meta_errors.json")).unwrap();
        assert!(rows.len() > 40);
        for row in rows {
            for code in [row.code, row.to.unwrap_or(row.code)] {
                let mut body = error(code, row.subcode);
                if let Some(kind) = &row.r#type {
                    body = body.replace("OAuthException", kind);
                }
                let does = match kind(400, &body) {
                    "fault" => "retry",
                    "throttled" => "wait",
                    "bad event" => "quarantine",
                    other => other,
                };
                assert_eq!(does, row.does, "{code}/{}", row.subcode);
            }
        }
    }

    #[test]
    fn keeps_metas_reason_and_trace_id() {
        let body = r#"{"error":{"message":"Invalid parameter","code":100,"error_subcode":2804009,"error_user_msg":"Missing value","fbtrace_id":"AbC"}}"#;
        let Verdict::BadEvent { refusal } = verdict(400, body.as_bytes(), 1) else {
            panic!("bad event")
        };
        assert_eq!(
            (refusal.message.as_str(), refusal.fbtrace_id.as_str()),
            ("Missing value", "AbC")
        );
    }

    fn message(code: i64, text: &str) -> String {
        let body = serde_json::json!({ "error": { "message": text, "code": code } }).to_string();
        match verdict(400, body.as_bytes(), 1) {
            Verdict::BadEvent { refusal }
            | Verdict::Stop { refusal }
            | Verdict::Fault { refusal } => refusal.message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_may_be_a_persons_is_not_kept_of_metas_reason() {
        for (text, expected) in [
            (
                "Invalid jane@example.com for +49 151 12345678 with EAABsbCS1234567TOKEN\nhere",
                "Invalid … for … with … here",
            ),
            (
                "(#100) Invalid parameter: the value 'Jane Doe, Hauptstraße 12, Köln' of fn is not hashed",
                "(#100) Invalid parameter: the value … of fn is not hashed",
            ),
            (
                "The parameter data[0].user_data.ct has the value new york and must be hashed",
                "The parameter data[0].user_data.ct has the value new … and must be hashed",
            ),
        ] {
            assert_eq!(message(100, text), expected);
        }
    }

    #[test]
    fn a_reason_in_another_language_or_all_of_values_becomes_our_own_sentence() {
        for text in [
            "Ungültiger Parameter: Rumpelstiltskin, Hauptstraße 12",
            "Jane",
            "",
            "無効なパラメータ",
        ] {
            assert_eq!(message(100, text), "a parameter is invalid");
        }
        assert_eq!(
            message(190, "Die Sitzung ist abgelaufen"),
            "the access token is invalid or has expired"
        );
    }
}
