//! Builds HTTP answers and refusals.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::sender::AllowedOrigin;
use crate::event::Problem;

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body; `null` for none. The host gets it as text.
    #[serde(serialize_with = "as_text")]
    pub body: Value,
    /// A code for each refused event, or one for the refused request. The host only gets whether
    /// there is any.
    #[serde(serialize_with = "is_any")]
    pub refused: Vec<&'static str>,
}

impl Answer {
    /// Returns an answer with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body, refused: Vec::new() }
    }

    /// Returns the answer for a refused request: its problem, and no accepted events.
    #[must_use]
    pub fn refusal(status: u16, problem: &Problem) -> Self {
        let problems = std::slice::from_ref(problem);
        Self::json(status, json!({ "events_received": 0, "problems": problems }))
            .asking_for_a_key()
            .counting(problems)
    }

    /// Returns the answer for a refusal of the whole request, in the shape of `{base}/events`.
    pub(super) fn of_events(refusal: &Refusal) -> Self {
        Self::refusal(refusal.status, &refusal.problem).with_facts_of(refusal)
    }

    /// Counts each refused event once, by its first problem. A problem of the whole request counts
    /// as one refused request.
    pub(super) fn counting(mut self, problems: &[Problem]) -> Self {
        let mut events = BTreeSet::new();
        for problem in problems.iter().filter(|problem| !problem.event_kept) {
            // `data[3].custom_data.value` is a problem of the event `data[3]`.
            let event = problem.path.split_once(']').map_or("", |(event, _)| event);
            if events.insert(event) {
                self.refused.push(problem.code);
            }
        }
        self
    }

    /// Adds `WWW-Authenticate` to a 401. (RFC 9110)
    pub(super) fn asking_for_a_key(mut self) -> Self {
        if self.status == 401 {
            self.headers.push(("www-authenticate", "Bearer".to_owned()));
        }
        self
    }

    /// Adds the headers that go with a refusal, in any shape.
    pub(super) fn with_facts_of(mut self, refusal: &Refusal) -> Self {
        if let Some(seconds) = refusal.retry_after_seconds {
            self.headers.push(("retry-after", seconds.to_string()));
        }
        if let Some(methods) = refusal.allow {
            self.headers.push(("allow", methods.to_owned()));
        }
        self
    }

    /// Adds `Set-Cookie` headers.
    pub(super) fn set_cookies(&mut self, lines: &[String]) {
        self.headers.extend(lines.iter().map(|line| ("set-cookie", line.clone())));
    }

    /// Adds the CORS headers that let the pages of an origin read the answer.
    #[must_use]
    pub fn readable_by(mut self, origin: &AllowedOrigin) -> Self {
        self.headers.extend([
            ("access-control-allow-origin", origin.as_str().to_owned()),
            ("access-control-allow-credentials", "true".to_owned()),
            ("vary", "origin".to_owned()),
        ]);
        if self.headers.iter().any(|(name, _)| *name == "retry-after") {
            self.headers.push(("access-control-expose-headers", "retry-after".to_owned()));
        }
        self
    }

    /// Returns the answer to the CORS preflight of an allowed origin.
    #[must_use]
    pub fn preflight(origin: &AllowedOrigin, headers: &str) -> Self {
        let mut answer = Self::json(204, Value::Null).readable_by(origin);
        answer.headers.extend([
            ("access-control-allow-methods", "POST".to_owned()),
            ("access-control-allow-headers", headers.to_owned()),
            ("access-control-max-age", "7200".to_owned()),
        ]);
        answer
    }
}

/// The refusal of a whole request. Each source has its own shape for it.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub status: u16,
    pub problem: Problem,
    pub retry_after_seconds: Option<u64>,
    /// The methods of the path, for 405.
    pub allow: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(status: u16, problem: Problem) -> Self {
        Self { status, problem, retry_after_seconds: None, allow: None }
    }

    /// Returns a refusal with the seconds after which the sender may retry.
    pub(super) fn for_now(status: u16, problem: Problem, seconds: u64) -> Self {
        Self { retry_after_seconds: Some(seconds), ..Self::new(status, problem) }
    }

    /// Returns the refusal of a request whose address has used up a budget.
    pub(super) fn too_many(seconds: u64) -> Self {
        let message = format!("expected fewer requests of one address; come again in {seconds} s");
        Self::for_now(429, Problem::refused("too_many_requests", "", message), seconds)
    }

    /// Returns the refusal of a method that the path does not have.
    pub(super) fn method(method: &str, allow: &'static str) -> Self {
        // The message repeats only short methods in capitals.
        let shown = method.bytes().all(|byte| byte.is_ascii_uppercase()) && method.len() <= 16;
        let message =
            if shown { format!("expected POST, not {method}") } else { "expected POST".to_owned() };
        Self {
            allow: Some(allow),
            ..Self::new(405, Problem::refused("invalid_request", "", message))
        }
    }
}

/// Serialises the body as text, so that the host does not have to write JSON.
fn as_text<S: Serializer>(body: &Value, serializer: S) -> Result<S::Ok, S::Error> {
    match body {
        Value::Null => serializer.serialize_none(),
        body => serializer.collect_str(body),
    }
}

#[expect(clippy::ptr_arg, reason = "serde passes the field as it is")]
fn is_any<S: Serializer>(refused: &Vec<&'static str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(!refused.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_with_two_faults_is_counted_once_and_one_that_was_kept_is_not() {
        let problems = [
            Problem::refused("missing_value", "data[0].custom_data.value", ""),
            Problem::refused("missing_currency", "data[0].custom_data.currency", ""),
            Problem::left_out("wrong_type", "data[1].custom_data.contents", ""),
            Problem::refused("missing_value", "data[10].custom_data.value", ""),
        ];
        let answer = Answer::json(202, Value::Null).counting(&problems);
        assert_eq!(answer.refused, ["missing_value", "missing_value"]);
    }

    #[test]
    fn a_body_goes_over_the_border_as_text() {
        let answer = Answer::refusal(403, &Problem::refused("origin_not_allowed", "Origin", "no"));
        let crossed = serde_json::to_value(&answer).unwrap();
        assert_eq!(crossed["refused"], true);
        let body: Value = serde_json::from_str(crossed["body"].as_str().unwrap()).unwrap();
        assert_eq!(body["events_received"], 0);
        assert_eq!(
            serde_json::to_value(Answer::json(204, Value::Null)).unwrap()["body"],
            Value::Null
        );
    }
}
