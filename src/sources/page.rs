//! What a page sends: events in the Conversions API's own shape, with the fields a page may know.
//!
//! A page is trusted little. It cannot say a client IP address, a user agent, a token or an action
//! source: there is no field for them here to read, and what it sends under such names is passed over.

use serde_json::Value;

use super::conversions_api::{self, NoEntropy, Read, Reading};
use super::customer_information;
use super::fields::Fields;
use crate::event::ActionSource;

/// Turns one element of `data` into an event, and says what was wrong with it.
///
/// `path` is where it stands, such as `data[3]`.
///
/// # Errors
/// When an event needs an id and there is no entropy for one.
pub fn event(value: Value, path: &str, reading: &mut Reading<'_>) -> Result<Read, NoEntropy> {
    let mut fields = match Fields::of(value, path) {
        Ok(fields) => fields,
        Err(problem) => return Ok(Read::refused(problem)),
    };
    let user_data = fields.below("user_data");
    let (customer, below) = customer_information::of_page(user_data, reading.now_millis);
    fields.absorb(below);
    conversions_api::event(fields, Some(ActionSource::Website), customer, reading, |_, _| {})
}
