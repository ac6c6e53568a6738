//! What a server sends: events in the Conversions API's own shape, with every field that Meta documents.
//!
//! A server showed a key, so it is believed: where the event took place, the visitor's address and
//! browser are what it says, and nothing of its own connection is taken for a visitor's.

use serde_json::Value;

use super::conversions_api::{self, NoEntropy, Read, Reading};
use super::customer_information;
use super::fields::Fields;
use crate::event::{ActionSource, ServerEvent};

/// Turns one element of `data` into an event, and says what was wrong with it.
///
/// `path` is where it stands, such as `data[3]`.
///
/// # Errors
/// When an event needs an id and there is no entropy for one.
pub fn event(value: Value, path: &str, reading: &mut Reading<'_>) -> Result<Read, NoEntropy> {
    let mut fields = match conversions_api::fields(value, path) {
        Ok(fields) => fields,
        Err(problem) => return Ok(Read::refused(problem)),
    };
    let action_source = action_source(&mut fields);
    let user_data = fields.below("user_data");
    let (customer, below) = customer_information::of_server(user_data, reading.now_millis);
    fields.absorb(below);
    conversions_api::event(fields, action_source, customer, reading, more)
}

fn action_source(fields: &mut Fields) -> Option<ActionSource> {
    let named = fields.text("action_source");
    let source = named
        .as_deref()
        .and_then(|name| ActionSource::from_name(&name.trim().to_ascii_lowercase()));
    if source.is_none() && !fields.has_problem("action_source") {
        let names = ActionSource::ALL.map(ActionSource::name).join(", ");
        let code = if named.is_some() { "unknown_action_source" } else { "missing_action_source" };
        fields.refuse(code, "action_source", &format!("expected one of {names}"));
    }
    source
}

/// The fields that only a server may set.
fn more(fields: &mut Fields, event: &mut ServerEvent) {
    event.customer_segmentation = fields.filled("customer_segmentation");
    event.original_event_data = fields.object("original_event_data");
    event.app_data = fields.object("app_data");
    event.messaging_channel = fields.filled("messaging_channel");
    event.attribution_data = fields.object("attribution_data");
    event.advanced_measurement_table = fields.filled("advanced_measurement_table");
    event.advertiser_tracking_enabled = fields.boolean("advertiser_tracking_enabled");
}
