//! Answers failures of the worker itself, in the shape that the sender reads.

use super::answer::{Answer, Refusal};
use super::source::{Shape, path_and_query};
use crate::event::Problem;
use crate::relay::config::Config;
use crate::sources::NoEntropy;

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

    /// Returns the answer by the path and the configuration: for a path below the base, of the
    /// Graph API or of Segment. Returns `None` for any other path, which is the site's.
    ///
    /// # Errors
    /// Returns [`NoEntropy`] if there was no entropy for a trace id.
    pub fn answer_of(
        &self,
        config: &Config,
        url: &str,
        entropy: &mut dyn FnMut() -> Option<[u8; 16]>,
    ) -> Result<Option<Answer>, NoEntropy> {
        let (path, _) = path_and_query(url);
        let below_base = path.strip_prefix(config.base.as_str());
        let is_ours = below_base.is_some_and(|rest| rest.starts_with('/'))
            || Shape::of_path(path).is_some_and(|shape| shape != Shape::Events);
        if is_ours { self.answer(url, entropy) } else { Ok(None) }
    }

    /// Returns the code, or `bridge_failed` for an unknown one. Failures are counted by code, so
    /// the codes are a fixed set.
    pub(super) fn code(&self) -> &'static str {
        let known = ["bridge_failed", "undelivered", "outbox_full", "not_found", "not_stored"];
        known.into_iter().find(|code| *code == self.code).unwrap_or("bridge_failed")
    }

    pub(super) fn refusal(&self) -> Refusal {
        Refusal {
            retry_after_seconds: self.retry_after_seconds,
            ..Refusal::new(self.status, Problem::refused(self.code(), "", self.message))
        }
    }
}
