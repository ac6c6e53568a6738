//! Warnings about fields that Meta documents as required, and for which no refusal was seen: limited
//! data use, leads of a CRM, names of business messaging.
//!
//! Source: `privacy.md` section 1, `events.md` section 6.3, `quality-and-tokens.md` section 6.

use serde_json::{Map, Value};

use crate::event::ActionSource;

/// The names of business messaging that every report says Meta takes. The other names of its list
/// were refused for some datasets.
const MESSAGING_NAMES: [&str; 2] = ["Purchase", "LeadSubmitted"];

pub(super) fn warn(
    event: &Map<String, Value>,
    action_source: ActionSource,
    path: &str,
    messages: &mut Vec<String>,
) {
    limited_data_use(event, path, messages);
    let text = |object: Option<&Value>, key: &str| {
        object
            .and_then(|object| object.get(key))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    if action_source == ActionSource::SystemGenerated {
        let custom_data = event.get("custom_data");
        let is_crm = text(custom_data, "event_source") == "crm";
        let has_lead = event.get("user_data").is_some_and(|known| known.get("lead_id").is_some());
        if is_crm && text(custom_data, "lead_event_source").is_empty() {
            messages.push(format!(
                "{path}.custom_data.lead_event_source: expected the name of the CRM."
            ));
        }
        if has_lead && !is_crm {
            messages.push(format!(
                "{path}.custom_data.event_source: expected \"crm\": an event with a lead_id comes from a CRM."
            ));
        }
    }
    let name = event.get("event_name").and_then(Value::as_str).unwrap_or_default();
    if action_source == ActionSource::BusinessMessaging && !MESSAGING_NAMES.contains(&name) {
        messages.push(format!(
            "{path}.event_name: Meta documents this name for business messaging, and refuses it for some datasets."
        ));
    }
}

fn limited_data_use(event: &Map<String, Value>, path: &str, messages: &mut Vec<String>) {
    let given = |key: &str| event.get(key).filter(|value| !value.is_null());
    let Some(options) = given("data_processing_options") else { return };
    let options = options.as_array();
    let is_known = options.is_some_and(|all| all.iter().all(|option| option == "LDU"));
    if !is_known {
        messages.push(format!(
            "{path}.data_processing_options: expected [\"LDU\"], or [] for no limit."
        ));
        return;
    }
    if options.is_none_or(Vec::is_empty) {
        return;
    }
    if given("data_processing_options_country").is_none() {
        messages.push(format!(
            "{path}.data_processing_options_country: expected 1 for the United States, or 0: Meta finds the place."
        ));
    }
    let has_address =
        event.get("user_data").is_some_and(|known| known.get("client_ip_address").is_some());
    if given("data_processing_options_state").is_none() && !has_address {
        messages.push(format!(
            "{path}.data_processing_options_state: expected a state's code, or 0 with a client_ip_address."
        ));
    }
}
