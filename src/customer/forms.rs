//! The forms of one value, as a field's rules find them.

use super::reason::Reason;
use super::text::Text;
use super::{Field, refused};

/// What the rules of a field know beside the value, and where they put its forms: the documented one first.
pub(super) struct Forms<'a, T> {
    pub(super) field: Field,
    pub(super) known: Known<T>,
    has_one: bool,
    found: &'a mut dyn FnMut(T),
}

/// What the caller knows beyond the value: [`Options`](super::Options), as the rules read it.
#[derive(Clone, Copy)]
pub struct Known<T> {
    /// The default country; empty for none.
    pub default_country: T,
    /// The year that no date of birth is after.
    pub this_year: u32,
}

impl<'a, T: Text> Forms<'a, T> {
    pub(super) fn new(field: Field, known: Known<T>, found: &'a mut dyn FnMut(T)) -> Self {
        Self { field, known, has_one: false, found }
    }

    /// Adds a form. Later ones that are no values are left out.
    ///
    /// # Errors
    ///
    /// The reason why the first one is no value: in quotes or in brackets it was something else.
    pub(super) fn add(&mut self, form: T) -> Result<(), Reason> {
        match refused(self.field, form) {
            Some(reason) if !self.has_one => return Err(reason),
            None => {
                self.has_one = true;
                (self.found)(form);
            }
            _ => {}
        }
        Ok(())
    }
}
