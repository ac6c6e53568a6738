//! Collects the forms of one value.

use super::reason::Reason;
use super::{Field, refused};

/// The forms of a value: the documented one first, no form twice.
pub(crate) struct Forms {
    field: Field,
    texts: Vec<String>,
}

impl Forms {
    pub(super) const fn new(field: Field) -> Self {
        Self { field, texts: Vec::new() }
    }

    /// Adds a form. Leaves out a later form that is not a valid value.
    ///
    /// # Errors
    ///
    /// The reason why the first form is not a valid value. Without its quotes or brackets, a text
    /// can be a placeholder or a hash.
    pub(super) fn add(&mut self, form: String) -> Result<(), Reason> {
        match refused(self.field, &form) {
            Some(reason) if self.texts.is_empty() => return Err(reason),
            None if !self.texts.contains(&form) => self.texts.push(form),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn into_texts(self) -> Vec<String> {
        self.texts
    }
}
