//! The forms of one value, as a field's rules find them.

use super::options::Options;
use super::reason::Reason;
use super::text::joined;
use super::{Field, Normalized, refused};

/// The forms in which Meta may know a value, the documented one first, none twice.
pub(super) struct Forms<'a> {
    pub(super) field: Field,
    pub(super) options: &'a Options<'a>,
    pub(super) found: Vec<Normalized>,
}

impl Forms<'_> {
    /// Adds a form. Later ones that are no values are left out.
    ///
    /// # Errors
    ///
    /// The reason why the first one is no value: in quotes or in brackets it was something else.
    #[cfg_attr(feature = "customer", inline(never))]
    pub(super) fn add(&mut self, form: &str) -> Result<(), Reason> {
        match refused(self.field, form, self.options) {
            Some(reason) if self.found.is_empty() => return Err(reason),
            None if self.found.iter().all(|known| known.0 != form) => {
                self.found.push(Normalized(joined(&[form])));
            }
            _ => {}
        }
        Ok(())
    }
}
