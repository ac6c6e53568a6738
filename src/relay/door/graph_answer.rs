//! Builds answers in the Graph API's shape, for clients that expect Meta's. (reference:
//! `http-api.md`, sections 1 and 3)

use serde_json::json;

use super::answer::{Answer, Refusal};
use crate::event::Problem;

/// The maximum number of messages, and of field paths, in one answer. Further messages are counted.
const MOST_MESSAGES: usize = 100;

/// Returns the answer for a request with accepted events: their number, and a sentence for each
/// problem. Meta rejects a whole request for one bad event. The worker accepts the other events, so
/// `events_received` may be less than the number that was sent.
pub(super) fn received(events: usize, problems: &[Problem], trace: &str) -> Answer {
    let mut messages: Vec<String> = problems.iter().take(MOST_MESSAGES).map(message).collect();
    let more = problems.len().saturating_sub(MOST_MESSAGES);
    if more > 0 {
        messages.push(format!("… and {more} more"));
    }
    Answer::json(
        200,
        json!({ "events_received": events, "messages": messages, "fbtrace_id": trace }),
    )
    .counting(problems)
}

/// Returns the answer for a refused request: the first problem in full, and the path of each.
pub(super) fn refused(status: u16, problems: &[Problem], trace: &str) -> Answer {
    let refused = || problems.iter().filter(|problem| !problem.event_kept);
    let Some(first) = refused().next() else {
        return error(status, &Kind::INVALID, None, "expected events", &[], trace);
    };
    let kind = if status >= 500 { Kind::OURS } else { Kind::of(first.code) };
    let more = refused().count() - 1;
    let mut sentence = sentence(first);
    if more > 0 {
        sentence.push_str(&format!(" … and {more} more"));
    }
    let mut blamed: Vec<&str> = refused().map(|problem| problem.path.as_str()).collect();
    blamed.retain(|path| !path.is_empty());
    blamed.truncate(MOST_MESSAGES);
    let subcode = first.error_subcode.or(kind.subcode);
    error(status, &kind, subcode, &sentence, &blamed, trace).asking_for_a_key().counting(problems)
}

/// Returns the answer for a refusal of the whole request, also if the worker itself failed.
pub(super) fn of_request(refusal: &Refusal, trace: &str) -> Answer {
    refused(refusal.status, std::slice::from_ref(&refusal.problem), trace).with_facts_of(refusal)
}

/// The kind of an error, by Meta's error codes.
struct Kind {
    code: u32,
    subcode: Option<u32>,
    title: &'static str,
    message: &'static str,
    transient: bool,
}

impl Kind {
    const INVALID: Self = Self {
        code: 100,
        subcode: None,
        title: "Event Not Kept",
        message: "Invalid parameter",
        transient: false,
    };

    /// Code 2, "API Service": the worker failed, or its memory or outbox is full.
    const OURS: Self = Self {
        code: 2,
        subcode: None,
        title: "Temporarily Unavailable",
        message: "Service temporarily unavailable",
        transient: true,
    };

    fn of(code: &str) -> Self {
        let of = |code, title, message| Self { code, title, message, ..Self::INVALID };
        match code {
            "missing_access_token" => of(
                2500,
                "Access Token Missing",
                "An active access token must be used to query information about the current user",
            ),
            "wrong_bridge_key" => of(190, "Access Token Invalid", "Invalid OAuth access token"),
            "unknown_dataset" => Self {
                subcode: Some(33),
                ..of(
                    100,
                    "Dataset Not Found",
                    "Unsupported post request. The object does not exist",
                )
            },
            "too_many_requests" => Self {
                transient: true,
                ..of(4, "Too Many Requests", "Application request limit reached")
            },
            "body_too_slow" => {
                Self { transient: true, ..of(1, "Request Too Slow", "An unknown error occurred") }
            }
            "invalid_body" | "invalid_batch" | "body_too_large" => {
                Self { title: "Request Not Readable", ..Self::INVALID }
            }
            _ => Self::INVALID,
        }
    }
}

/// Returns an error in the Graph API's shape. Meta sends the type `OAuthException` for nearly every
/// error, and SDKs decide by `code`.
fn error(
    status: u16,
    kind: &Kind,
    subcode: Option<u32>,
    sentence: &str,
    blamed: &[&str],
    trace: &str,
) -> Answer {
    let mut error = json!({
        "message": format!("(#{}) {}: {sentence}", kind.code, kind.message),
        "type": "OAuthException",
        "code": kind.code,
        "is_transient": kind.transient,
        "error_user_title": kind.title,
        "error_user_msg": sentence,
        "fbtrace_id": trace,
    });
    if let Some(subcode) = subcode {
        error["error_subcode"] = subcode.into();
    }
    if !blamed.is_empty() {
        let specs: Vec<[&str; 1]> = blamed.iter().map(|&path| [path]).collect();
        error["error_data"] = json!({ "blame_field_specs": specs });
    }
    Answer::json(status, json!({ "error": error }))
}

fn sentence(problem: &Problem) -> String {
    if problem.path.is_empty() {
        return problem.message.clone();
    }
    format!("{}: {}", problem.path, problem.message)
}

fn message(problem: &Problem) -> String {
    let fate = if problem.event_kept { "the event was kept" } else { "the event was not kept" };
    match problem.error_subcode {
        Some(subcode) => format!("{} ({fate}; Meta's error 100/{subcode})", sentence(problem)),
        None => format!("{} ({fate})", sentence(problem)),
    }
}
