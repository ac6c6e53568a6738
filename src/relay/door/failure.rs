//! Answers failures of the worker itself, in the shape that the sender reads.

use serde_json::json;

use super::answer::{Answer, Refusal};
use super::source::{Shape, path_and_query};
use crate::event::Problem;
use crate::relay::config::{Config, ConfigError};
use crate::sources::NoEntropy;

/// The code of a failure because a secret of senders cannot be used.
const UNUSABLE_SECRET: &str = "unusable_secret";

/// The code of a refusal because nothing answers at the path.
const NOT_FOUND: &str = "not_found";

/// A failure of the worker itself on a request.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The status.
    pub status: u16,
    /// A name for programs.
    pub code: &'a str,
    /// A sentence for a person.
    pub message: &'a str,
    /// The seconds after which the sender should retry.
    pub retry_after_seconds: Option<u64>,
}

impl<'a> Failure<'a> {
    /// Returns the failure of a worker with a secret that cannot be used. `message` names the
    /// secret.
    pub(super) fn unusable_secret(message: &'a str) -> Self {
        Self { status: 500, code: UNUSABLE_SECRET, message, retry_after_seconds: None }
    }
}

impl Failure<'_> {
    /// Returns the answer by the path alone, for a worker that has no relay. Returns `None` if no
    /// source has such a path.
    ///
    /// # Errors
    /// Returns [`NoEntropy`] if there was no entropy for a trace id.
    pub fn answer(
        &self,
        url: &str,
        entropy: &mut dyn FnMut() -> Option<[u8; 16]>,
    ) -> Result<Option<Answer>, NoEntropy> {
        let (path, _) = path_and_query(url);
        Shape::of_path(path).map(|shape| shape.answer(&self.refusal(), entropy)).transpose()
    }

    /// Returns the code, or `bridge_failed` for an unknown one. Failures are counted by code, so
    /// the codes are a fixed set.
    pub(super) fn code(&self) -> &'static str {
        let known = [
            "bridge_failed",
            "undelivered",
            "outbox_full",
            NOT_FOUND,
            "not_stored",
            UNUSABLE_SECRET,
        ];
        known.into_iter().find(|code| *code == self.code).unwrap_or("bridge_failed")
    }

    pub(super) fn refusal(&self) -> Refusal {
        Refusal {
            retry_after_seconds: self.retry_after_seconds,
            ..Refusal::new(self.status, Problem::refused(self.code(), "", self.message))
        }
    }
}

/// Returns true if the door answers a path, whatever the secrets are: a path below the base, of the
/// Graph API or of Segment. Any other path is the site's.
pub(super) fn is_of_door(config: &Config, path: &str) -> bool {
    match Shape::of_path(path) {
        Some(Shape::Events) => is_below_base(config, path),
        Some(Shape::Graph | Shape::Segment) => true,
        None => false,
    }
}

/// Returns true if a path is below the base. The worker answers all such paths itself.
pub(super) fn is_below_base(config: &Config, path: &str) -> bool {
    path.strip_prefix(config.base.as_str()).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns the refusal of a path with the version of the Graph API that is not the one for events.
pub(super) fn no_such_graph_path(path: &str) -> Refusal {
    let message =
        format!("nothing answers at {path}: expected POST /<version>/<dataset id>/events");
    Refusal::new(404, Problem::refused(NOT_FOUND, "", message))
}

/// Returns the answer for a path that nothing answers. It lists the paths of the worker.
pub(super) fn no_such_path(base: &str, path: &str) -> Answer {
    let routes = [
        format!("POST {base}/events"),
        format!("GET {base}/capi-bridge.js"),
        format!("GET {base}/health"),
        format!("GET {base}/status"),
        format!("POST {base}/replay"),
        "POST /<version>/<dataset id>/events".to_owned(),
        "POST /v1/{track,page,identify,screen,group,alias,batch}, where a write key of Segment's is set".to_owned(),
        format!("POST {base}/segment/webhook"),
    ];
    let body = json!({ "error": format!("nothing answers at {path}"), "routes": routes });
    Answer { refused: vec![NOT_FOUND], ..Answer::json(404, body) }
}

/// Returns the alarm about a secret that cannot be used. It names the secret and not its value.
#[must_use]
pub fn secret_alarm(error: &ConfigError) -> String {
    format!("{error}; until it is corrected, every post with events gets 500")
}
