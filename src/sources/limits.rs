//! Reads limited data use as senders write it. A limit that cannot be read is never read as "no
//! limit".

use serde_json::{Value, json};

use super::fields::{Fields, is_absent, truth, written_out};
use crate::event::consent::{self, is_below};
use crate::event::{DataProcessing, is_sound_place};

/// The option for limited data use (Meta, "Data Processing Options for US Users").
const LIMITED: &str = "LDU";

/// Meta's fields that limit the use of an event.
const LIMITS: [&str; 7] = [
    "advertiser_tracking_enabled",
    "app_data.advertiser_tracking_enabled",
    "app_data.application_tracking_enabled",
    "data_processing_options",
    "data_processing_options_country",
    "data_processing_options_state",
    "opt_out",
];

/// Returns the value that replaces a limit that is no proper JSON, so that it is not absent. The
/// reader of the limit then finds a value that cannot be read, and takes the answer that limits
/// more. `path` is the position of the limit, such as `data[3].opt_out`. Returns `None` if there is
/// no limit at that path.
pub(super) fn unreadable(path: &str) -> Option<Value> {
    let is_event = |list: &str| list.starts_with("data[") || list.starts_with("batch[");
    let place = match path.split_once("].") {
        Some((list, place)) if is_event(list) => place,
        _ => path,
    };
    if LIMITS.iter().any(|limit| place == *limit || is_below(place, limit)) {
        return Some("unreadable".into());
    }
    // Segment's destinations: the call is for none of them.
    if place == "integrations" {
        return Some(json!({ "All": false }));
    }
    if is_below(place, "integrations") {
        return Some(Value::Bool(false));
    }
    consent::unreadable(place)
}

/// Reads `data_processing_options` with its country and its state.
///
/// | options | read as |
/// |---|---|
/// | `["LDU"]`, `"LDU"`, `"[\"LDU\"]"`, `true` | limited |
/// | `[]`, `false` | not limited |
/// | absent or blank | nothing said |
/// | anything else | limited, and named |
///
/// If an event is limited for a place without one of Meta's codes, it is refused. No place is
/// guessed, because the limit applies in some places only.
pub(super) fn data_processing(fields: &mut Fields) -> Option<DataProcessing> {
    const OPTIONS: &str = "data_processing_options";
    let given = fields.take(OPTIONS);
    let limited = given.map(|given| match &given {
        Value::String(text) => {
            is_limited(&written_out(text, &fields.at(OPTIONS)).value.unwrap_or(given))
        }
        given => is_limited(given),
    });
    if limited == Some(None) {
        let message = "expected [\"LDU\"] or []; read as [\"LDU\"], which limits more";
        fields.leave_out("wrong_type", OPTIONS, message);
    }
    let is_limited = limited.map(|limited| limited.unwrap_or(true));
    let mut code = |of| code(fields, of, is_limited == Some(true));
    let [country, state] = [code("_country"), code("_state")];
    let options = if is_limited? { vec![LIMITED.to_owned()] } else { Vec::new() };
    // A state code implies the United States.
    let country = if state > 0 && country == 0 { 1 } else { country };
    Some(DataProcessing { options, country, state })
}

fn is_limited(options: &Value) -> Option<bool> {
    match options {
        Value::Array(options) => {
            let mut said = options.iter().filter(|option| !is_absent(option)).peekable();
            match said.peek() {
                None => Some(false),
                Some(_) => said.all(is_ldu).then_some(true),
            }
        }
        Value::Bool(_) => truth(options),
        option => is_ldu(option).then_some(true),
    }
}

fn is_ldu(option: &Value) -> bool {
    option.as_str().is_some_and(|option| option.trim().eq_ignore_ascii_case(LIMITED))
}

/// Reads one of Meta's codes, or 0 if there is none.
fn code(fields: &mut Fields, of: &str, is_limited: bool) -> u16 {
    let key = format!("data_processing_options{of}");
    let Some(value) = fields.take(&key) else { return 0 };
    let known = super::decimal::whole(&value).filter(|code| match of {
        "_country" => is_sound_place(*code, 0),
        _ => is_sound_place(1, *code),
    });
    known.and_then(|code| u16::try_from(code).ok()).unwrap_or_else(|| {
        let (name, message) = ("invalid_data_processing", "expected one of Meta's codes, or 0");
        if is_limited {
            fields.refuse(name, &key, message);
        } else {
            fields.leave_out(name, &key, message);
        }
        0
    })
}
