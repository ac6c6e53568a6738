//! Failures of the worker itself, answered in the shape that the sender reads.

use super::answer::{Answer, Refusal};
use super::source::{Shape, path_and_query};
use crate::event::Problem;
use crate::relay::config::Config;
use crate::sources::NoEntropy;

/// The worker failed on a request.
#[derive(Debug, Clone, Copy)]
pub struct Failure<'a> {
    /// The status.
    pub status: u16,
    /// A name for programs.
    pub code: &'a str,
    /// A sentence for a person.
    pub message: &'a str,
    /// When to come again.
    pub retry_after_seconds: Option<u64>,
}

impl Failure<'_> {
    /// Answers by the path alone, for a worker that has no relay; `None` where the
    /// path has no shape of its own.
    ///
    /// # Errors
    /// When there was no entropy for a trace id.
    pub fn answer(
        &self,
        url: &str,
        entropy: &mut dyn FnMut() -> Option<[u8; 16]>,
    ) -> Result<Option<Answer>, NoEntropy> {
        let (path, _) = path_and_query(url);
        Shape::of_path(path).map(|shape| shape.answer(&self.refusal(), entropy)).transpose()
    }

    /// Answers where the configuration is known: a path below the base, of the Graph API or of Segment.
    /// Any other path is the site's.
    ///
    /// # Errors
    /// When there was no entropy for a trace id.
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

    /// Returns the code. Codes are counted, so they are a fixed set.
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
