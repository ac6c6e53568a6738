//! Faults on request: the next posts to the Graph edge fail, so that developers can see retries.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::requests::Line;
use super::{Response, Sandbox};

const MAX_TIMES: u32 = 100_000;
const MAX_BODY_BYTES: usize = 64 * 1024;

/// A fault, and how often it will still happen.
#[derive(Debug, Serialize)]
pub(super) struct Fault {
    status: u16,
    remaining: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// If set, only requests with this event fail. At Meta, too, one bad event spoils its batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    status: u16,
    #[serde(default = "once")]
    times: u32,
    body: Option<String>,
    event_id: Option<String>,
}

fn once() -> u32 {
    1
}

impl Sandbox {
    /// Returns the status and body to fail with now, if a requested fault applies to these events.
    pub(super) fn next_fault(&mut self, events: &[Line]) -> Option<(u16, Option<String>)> {
        let fault = self.fault.as_mut()?;
        if fault.event_id.as_ref().is_some_and(|id| !events.iter().any(|event| event.has_id(id))) {
            return None;
        }
        let answer = (fault.status, fault.body.clone());
        fault.remaining = fault.remaining.saturating_sub(1);
        if fault.remaining == 0 {
            self.fault = None;
        }
        Some(answer)
    }

    pub(super) fn ask_for_fault(&mut self, body: &[u8]) -> Response {
        match wanted(body) {
            Err(sentence) => Response::problem(400, &sentence),
            Ok(fault) => {
                self.fault = Some(fault);
                self.show_fault()
            }
        }
    }

    pub(super) fn show_fault(&self) -> Response {
        Response::json(200, &json!({ "fault": self.fault }))
    }

    pub(super) fn forget_fault(&mut self) -> Response {
        self.fault = None;
        self.show_fault()
    }
}

fn wanted(body: &[u8]) -> Result<Fault, String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let Wanted { status, times, body, event_id } =
        serde_path_to_error::deserialize(&mut json).map_err(|error| {
            format!(
                "Expected {{\"status\":500,\"times\":3}} and perhaps \"body\" and \"event_id\"; at {}: {}.",
                error.path(),
                error.inner()
            )
        })?;
    if !(400..=599).contains(&status) {
        return Err(format!("status: expected 400 to 599, found {status}."));
    }
    if !(1..=MAX_TIMES).contains(&times) {
        return Err(format!(
            "times: expected 1 to {MAX_TIMES}, found {times}. DELETE /api/fault ends a fault."
        ));
    }
    if body.as_ref().is_some_and(|body| body.len() > MAX_BODY_BYTES) {
        return Err(format!("body: expected at most {MAX_BODY_BYTES} bytes."));
    }
    Ok(Fault { status, remaining: times, body, event_id })
}
