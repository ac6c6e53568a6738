//! What is wrong with an event, said so that its sender can mend it.

use serde::Serialize;

/// Something wrong with a field: where, what was expected, and whether the event was kept.
///
/// Never holds the value itself, which may be personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A stable name for programs, such as `missing_value`.
    pub code: &'static str,
    /// The JSON path of the field, such as `data[0].custom_data.value`.
    pub path: String,
    /// A sentence for a person: what is wrong, what was expected, what to do.
    pub message: String,
    /// The subcode with which Meta would have refused the event, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_subcode: Option<u32>,
    /// Whether the event went on without the field (`true`), or was refused (`false`).
    pub event_kept: bool,
}

impl Problem {
    /// A problem for which the event is refused.
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

    /// A problem with one field, which was left out; the event goes on.
    #[must_use]
    pub fn left_out(
        code: &'static str,
        path: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { event_kept: true, ..Self::refused(code, path, message) }
    }

    /// Meta's own subcode for it.
    #[must_use]
    pub fn with_subcode(mut self, subcode: u32) -> Self {
        self.error_subcode = Some(subcode);
        self
    }
}
