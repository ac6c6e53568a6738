//! HTTP answers, decided.

use serde::Serialize;
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
    /// The JSON body; `null` for none.
    pub body: Value,
}

impl Answer {
    /// A JSON answer.
    #[must_use]
    pub fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// Nothing was taken, and why.
    #[must_use]
    pub fn refusal(status: u16, problem: &Problem) -> Self {
        let mut answer = Self::json(status, json!({ "events_received": 0, "problems": [problem] }));
        if status == 401 {
            answer.headers.push(("www-authenticate", "Bearer".to_owned()));
        }
        answer
    }

    /// The sender asked too much; come again after so many seconds.
    #[must_use]
    pub fn too_many(seconds: u64) -> Self {
        let message = format!("expected fewer requests of one address; come again in {seconds} s");
        let mut answer = Self::refusal(429, &Problem::refused("too_many_requests", "", message));
        answer.headers.push(("retry-after", seconds.to_string()));
        answer
    }

    /// Lets the pages of an origin read it.
    #[must_use]
    pub fn readable_by(mut self, origin: &AllowedOrigin) -> Self {
        self.headers.extend([
            ("access-control-allow-origin", origin.as_str().to_owned()),
            ("access-control-allow-credentials", "true".to_owned()),
            ("vary", "origin".to_owned()),
        ]);
        self
    }

    /// What a browser is told that asks whether a page may post here.
    #[must_use]
    pub fn preflight(origin: &AllowedOrigin) -> Self {
        let mut answer = Self::json(204, Value::Null).readable_by(origin);
        answer.headers.extend([
            ("access-control-allow-methods", "POST".to_owned()),
            ("access-control-allow-headers", "content-type".to_owned()),
            ("access-control-max-age", "7200".to_owned()),
        ]);
        answer
    }
}
