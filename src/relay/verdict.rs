//! What an answer from Meta means for the events it is about.
//!
//! Classified by `code` and `error_subcode` alone: `type` is `OAuthException` for nearly everything
//! and the texts are localised (Meta, "Error Handling"; see the reference on the error object).

use serde::{Deserialize, Serialize};

/// What to do with the events of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Verdict {
    /// Meta has them.
    Accepted,
    /// Nobody's fault: try again, with the same ids and times. Wait at least so long.
    Retry {
        /// Milliseconds that Meta asked for; 0 when it asked for none.
        #[serde(rename = "waitMillis")]
        wait_millis: u64,
        /// Why, for the status.
        refusal: Refusal,
    },
    /// At least one of them is bad: halve, and send the halves.
    Split {
        /// What Meta said.
        refusal: Refusal,
    },
    /// The one event that was sent is bad, and will be: set it aside.
    Quarantine {
        /// What Meta said.
        refusal: Refusal,
    },
    /// The token or the permission is bad: keep them, tell the operator.
    Stop {
        /// What Meta said.
        refusal: Refusal,
    },
}

/// Why Meta did not take a request. Holds nothing of the events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    /// The HTTP status; 0 when no answer came.
    pub status: u16,
    /// Meta's code; 0 when the answer was not one of the Graph API's.
    pub code: i64,
    /// Meta's subcode, or 0.
    pub error_subcode: i64,
    /// Meta's sentence, or ours.
    pub message: String,
    /// What Meta's support asks for.
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

/// Judges an answer about `events` events. `status` is 0 when no answer came; `retry_after_seconds`
/// is what the answer's headers asked for.
#[must_use]
pub fn verdict(
    status: u16,
    body: &[u8],
    events: usize,
    retry_after_seconds: Option<u32>,
) -> Verdict {
    let wait_millis = u64::from(retry_after_seconds.unwrap_or(0)) * 1_000;
    let received = serde_json::from_slice::<serde_json::Value>(body).ok();
    if (200..300).contains(&status) {
        // A 200 that does not say what it received is no receipt: a captive portal answers so too.
        return match received.as_ref().and_then(|body| body.get("events_received")) {
            Some(_) => Verdict::Accepted,
            None => Verdict::Retry { wait_millis, refusal: unreadable(status) },
        };
    }
    let Some(ErrorBody { error }) = received.and_then(|body| serde_json::from_value(body).ok())
    else {
        return Verdict::Retry { wait_millis, refusal: unreadable(status) };
    };
    let refusal = Refusal {
        status,
        code: error.code,
        error_subcode: error.error_subcode,
        message: error.error_user_msg.unwrap_or(error.message),
        fbtrace_id: error.fbtrace_id,
    };
    match error.code {
        // A wrong dataset id, or a token that is not linked to it.
        100 if error.error_subcode == 33 => Verdict::Stop { refusal },
        3 | 10 | 102 | 104 | 190 | 200..=299 | 2500 | 2635 => Verdict::Stop { refusal },
        100 | 506 if !error.is_transient => {
            if events > 1 {
                Verdict::Split { refusal }
            } else {
                Verdict::Quarantine { refusal }
            }
        }
        // 1, 2, limits (4, 17, 32, 341, 368, 613, 80000 and above), what is negative, and what nobody knows.
        _ => Verdict::Retry { wait_millis, refusal },
    }
}

fn unreadable(status: u16) -> Refusal {
    let message = match status {
        0 => "no answer",
        200..=299 => "an answer that is not Meta's",
        _ => "an error that is not the Graph API's",
    };
    Refusal { status, message: message.to_owned(), ..Refusal::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str, events: usize) -> &'static str {
        match verdict(status, body.as_bytes(), events, None) {
            Verdict::Accepted => "accepted",
            Verdict::Retry { .. } => "retry",
            Verdict::Split { .. } => "split",
            Verdict::Quarantine { .. } => "quarantine",
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
            kind(200, r#"{"events_received":1,"messages":[],"fbtrace_id":"x"}"#, 1),
            "accepted"
        );
        assert_eq!(kind(200, "<html>welcome to the hotel</html>", 1), "retry");
        assert_eq!(kind(200, "{}", 1), "retry");
        assert_eq!(kind(204, "", 1), "retry");
    }

    #[test]
    fn no_answer_and_unreadable_ones_are_tried_again() {
        for (status, body) in [
            (0, ""),
            (500, ""),
            (502, "<html>"),
            (400, "nonsense"),
            (429, "{}"),
            (500, "{\"error\":7}"),
        ] {
            assert_eq!(kind(status, body, 3), "retry", "{status} {body}");
        }
    }

    #[test]
    fn limits_and_passing_faults_are_tried_again() {
        for code in [1, 2, 4, 17, 32, 341, 368, 613, 5000, 80_000, 80_004, -1] {
            assert_eq!(kind(400, &error(code, 0), 3), "retry", "{code}");
        }
    }

    #[test]
    fn a_bad_event_is_looked_for_and_set_aside() {
        assert_eq!(kind(400, &error(100, 2_804_003), 1000), "split");
        assert_eq!(kind(400, &error(100, 2_804_003), 1), "quarantine");
        assert_eq!(kind(400, &error(100, 0), 2), "split");
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
            assert_eq!(kind(status, &error(code, subcode), 1), "stop", "{code}/{subcode}");
        }
    }

    #[test]
    fn keeps_metas_reason_and_trace_id() {
        let body = r#"{"error":{"message":"Invalid parameter","code":100,"error_subcode":2804009,"error_user_msg":"Missing value","fbtrace_id":"AbC"}}"#;
        let Verdict::Quarantine { refusal } = verdict(400, body.as_bytes(), 1, None) else {
            panic!("quarantine")
        };
        assert_eq!(
            (refusal.message.as_str(), refusal.fbtrace_id.as_str()),
            ("Missing value", "AbC")
        );
    }

    #[test]
    fn waits_as_long_as_meta_asks() {
        let Verdict::Retry { wait_millis, .. } = verdict(429, b"", 1, Some(60)) else {
            panic!("retry")
        };
        assert_eq!(wait_millis, 60_000);
    }
}
