//! A mistake in an event, with what to do about it.

use serde::Serialize;

/// A mistake in one copy of an event, or a difference between two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// The field of the server event: `event_id`, `custom_data.value`.
    field: String,
    severity: Severity,
    message: String,
    fix: String,
}

/// The severity of a mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Severity {
    /// Meta rejects the event, counts it twice, or takes it for another person's.
    Error,
    /// Meta takes the event, but knows less than it could.
    Warning,
}

/// The mistakes of a pair. Messages never repeat customer information.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn error(
        &mut self,
        field: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.add(Severity::Error, field, message.into(), fix.into());
    }

    pub(super) fn warning(
        &mut self,
        field: &str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.add(Severity::Warning, field, message.into(), fix.into());
    }

    /// Returns the mistakes, errors first.
    pub(super) fn sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| finding.severity == Severity::Warning);
        self.0
    }

    fn add(&mut self, severity: Severity, field: &str, message: String, fix: String) {
        self.0.push(Finding { field: field.to_owned(), severity, message, fix });
    }
}
