//! Reads limited data use as senders write it. A limit that cannot be read is never read as "no
//! limit".

use serde_json::Value;

use super::fields::{Fields, is_absent, truth, written_out};
use crate::event::{DataProcessing, is_sound_place};

/// The option for limited data use (Meta, "Data Processing Options for US Users").
const LIMITED: &str = "LDU";

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
        Value::String(text) => is_limited(&written_out(text, "").value.unwrap_or(given)),
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
