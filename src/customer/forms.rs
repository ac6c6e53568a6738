//! Collects the forms of one value.

use super::reason::Reason;
use super::text::Text;
use super::{Field, refused};

/// The input of a field's rules besides the value, and the receiver of its forms: the documented
/// form first.
pub(super) struct Forms<'a, T> {
    pub(super) field: Field,
    pub(super) known: Known<T>,
    has_one: bool,
    found: &'a mut dyn FnMut(T),
}

/// The context that the caller gives with a value: [`Options`](super::Options), as the rules read
/// it.
#[derive(Clone, Copy)]
pub struct Known<T> {
    /// The default country; empty for none.
    pub default_country: T,
    /// The latest year of a date of birth.
    pub this_year: u32,
}

impl<'a, T: Text> Forms<'a, T> {
    pub(super) fn new(field: Field, known: Known<T>, found: &'a mut dyn FnMut(T)) -> Self {
        Self { field, known, has_one: false, found }
    }

    /// Adds a form. Leaves out a later form that is not a valid value.
    ///
    /// # Errors
    ///
    /// The reason why the first form is not a valid value. Without its quotes or brackets, a text
    /// can be a placeholder or a hash.
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
