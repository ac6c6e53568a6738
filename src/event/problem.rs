//! A problem with an event, described so that its sender can correct it.

use serde::Serialize;

/// A problem with a field: where it is, what was expected, and whether the event was accepted.
///
/// It never holds the value itself, which may be personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A stable name for programs, such as `missing_value`.
    pub code: &'static str,
    /// The JSON path of the field, such as `data[0].custom_data.value`.
    pub path: String,
    /// A sentence for people: what is wrong, what was expected, what to do.
    pub message: String,
    /// The subcode with which Meta would have rejected the event, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_subcode: Option<u32>,
    /// True if the event was accepted without the field, false if it was refused.
    pub event_kept: bool,
}

impl Problem {
    /// Returns a problem for which the event is refused.
    #[must_use]
    pub fn refused(
        code: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            path: path.into(),
            message: message.into(),
            error_subcode: None,
            event_kept: false,
        }
    }

    /// Returns a problem with one field, which is left out. The event is accepted.
    #[must_use]
    pub fn left_out(
        code: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { event_kept: true, ..Self::refused(code, path, message) }
    }

    /// Adds Meta's own subcode.
    #[must_use]
    pub fn with_subcode(mut self, subcode: u32) -> Self {
        self.error_subcode = Some(subcode);
        self
    }
}
