//! Reads the events that a server sends: the Conversions API's own shape, with every field that
//! Meta documents.
//!
//! A server sent a key, so it is trusted. It sets the action source and the visitor's address and
//! browser. Nothing of the server's own connection is used for a visitor.

use serde_json::{Map, Value};

use super::conversions_api::{self, NoEntropy, Read, Reading, one_of};
use super::customer_information;
use super::fields::{Fields, is_absent, truth};
use crate::event::{ActionSource, ServerEvent};

/// Meta's names of the messaging channels.
const MESSAGING_CHANNELS: [&str; 3] = ["instagram", "messenger", "whatsapp"];

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
    let action_source = action_source(&mut fields);
    let user_data = fields.below("user_data");
    let (customer, below) = customer_information::of_server(user_data, reading.now_millis);
    fields.absorb(below);
    conversions_api::event(fields, action_source, customer, reading, more)
}

fn action_source(fields: &mut Fields) -> Option<ActionSource> {
    let named = fields.required_text("action_source");
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

/// Reads the fields that only a server may set.
fn more(fields: &mut Fields, event: &mut ServerEvent) {
    event.original_event_data = fields.object("original_event_data");
    event.app_data = fields.object("app_data");
    tracking(fields, &mut event.app_data);
    // For an event that needs a channel, the rules check the channel later.
    event.messaging_channel = match event.action_source {
        ActionSource::BusinessMessaging => {
            fields.text("messaging_channel").map(|channel| channel.trim().to_ascii_lowercase())
        }
        _ => one_of(fields, "messaging_channel", |name| MESSAGING_CHANNELS.contains(&name)),
    };
    event.attribution_data = fields.object("attribution_data");
    event.advanced_measurement_table = fields.text("advanced_measurement_table");
    event.advertiser_tracking_enabled = fields.limit("advertiser_tracking_enabled", false);
}

/// Writes the two tracking flags as Meta wants them: 0, 1 or a boolean. A word that cannot be read
/// is a no. The flag that an app's event needs is removed instead, and the rules then ask for it.
fn tracking(fields: &mut Fields, app_data: &mut Map<String, Value>) {
    for key in ["advertiser_tracking_enabled", "application_tracking_enabled"] {
        let Some(given) = app_data.get_mut(key) else { continue };
        let is_needed = key == "advertiser_tracking_enabled";
        match truth(given) {
            Some(_) if given.is_boolean() => {}
            Some(allowed) => *given = u8::from(allowed).into(),
            None if is_absent(given) || is_needed => drop(app_data.remove(key)),
            None => {
                *given = 0.into();
                let message = "expected 0 or 1; read as 0, which limits more";
                fields.leave_out("wrong_type", &format!("app_data.{key}"), message);
            }
        }
    }
}
