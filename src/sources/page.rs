//! Reads the events that a page sends: the Conversions API's own shape, with the fields that a page
//! may set.
//!
//! A page has little trust. It cannot set a client IP address, a user agent, a token or an action
//! source: these fields are not read here, so they are ignored.

use serde_json::Value;

use super::conversions_api::{self, NoEntropy, Read, Reading};
use super::customer_information;
use super::fields::Fields;
use crate::event::{ActionSource, ServerEvent, is_web_address};

/// Converts one element of `data` to an event, and returns its problems.
///
/// `path` is its position, such as `data[3]`.
///
/// # Errors
/// [`NoEntropy`] if the event needs an id and there is no entropy for one.
pub fn event(value: Value, path: &str, reading: &mut Reading<'_>) -> Result<Read, NoEntropy> {
    let mut fields = match Fields::of(value, path) {
        Ok(fields) => fields,
        Err(problem) => return Ok(Read::refused(problem)),
    };
    let user_data = fields.below("user_data");
    let (customer, below) = customer_information::of_page(user_data, reading.now_millis);
    fields.absorb(below);
    conversions_api::event(fields, Some(ActionSource::Website), customer, reading, address)
}

/// Leaves out an address of the page that is no web address. The request's `Referer` then takes its
/// place.
fn address(fields: &mut Fields, event: &mut ServerEvent) {
    if event.event_source_url.take_if(|address| !is_web_address(address)).is_some() {
        let message = "expected the http or https address of the page: the Referer takes its place";
        fields.leave_out("invalid_event_source_url", "event_source_url", message);
    }
}
