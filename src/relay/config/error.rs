//! A mistake in a configuration: its place and what was expected.

use std::fmt;

/// A mistake in a configuration: its place and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    path: String,
    message: String,
}

impl ConfigError {
    pub(in crate::relay) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// Returns the sentence that says what was expected.
    pub(super) fn message(&self) -> &str {
        &self.message
    }

    /// Returns the JSON path of the mistake, such as `datasets[2]`. It is `.` for the document
    /// itself, and for text that is not JSON. The message then has line and column.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.as_str() {
            "." | "" => write!(formatter, "configuration, {}", self.message),
            path => write!(formatter, "configuration, {path}: {}", self.message),
        }
    }
}

impl std::error::Error for ConfigError {}
