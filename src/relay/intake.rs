//! From a request to events on their way: authenticate, validate, enrich.

use serde::Serialize;
use serde_json::{Value, json};

use super::{Config, Connection, MAX_EVENTS_PER_REQUEST};
use crate::event::{Problem, ServerEvent};
use crate::sources::page;

/// What to answer, and what to store first.
#[derive(Debug, Serialize)]
pub struct Intake {
    /// The answer, once the events are stored.
    pub answer: Answer,
    /// The dataset of the events; `None` when there are none.
    pub dataset_id: Option<String>,
    /// The events to store, in their order.
    pub events: Vec<Accepted>,
}

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header names and values.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON body; `null` for none.
    pub body: Value,
}

/// An event that was accepted: what the outbox keeps of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Accepted {
    /// Event name and event id: what comes again under it within 48 hours goes out once.
    pub key: String,
    /// Until when it can be sent, Unix seconds.
    pub send_before: i64,
    /// The event, in JSON as Meta takes it.
    pub event: String,
}

/// Answers a browser that asks whether a page may post here.
#[must_use]
pub fn preflight(config: &Config, connection: &Connection) -> Answer {
    match allowed_origin(config, connection) {
        Ok(origin) => {
            let mut headers = cors(origin);
            headers.push(("access-control-allow-methods", "POST".to_owned()));
            headers.push(("access-control-allow-headers", "content-type".to_owned()));
            headers.push(("access-control-max-age", "7200".to_owned()));
            Answer { status: 204, headers, body: Value::Null }
        }
        Err(problem) => Answer::refusal(403, Vec::new(), &problem),
    }
}

/// Takes the events of a page.
///
/// `entropy` makes event ids for events that came without one. `None` when there was none to be had:
/// nothing is to be stored then.
#[must_use]
pub fn from_page(
    config: &Config,
    connection: &Connection,
    body: &[u8],
    now_millis: u64,
    entropy: &mut dyn FnMut() -> Option<[u8; 16]>,
) -> Option<Intake> {
    let origin = match allowed_origin(config, connection) {
        Ok(origin) => origin,
        Err(problem) => return Some(Intake::refused(403, Vec::new(), &problem)),
    };
    let refused = |status, problem: &Problem| Some(Intake::refused(status, cors(origin), problem));

    if body.len() > config.max_body_bytes as usize {
        return refused(413, &Answer::too_large(config));
    }
    let body = match page::Body::read(body) {
        Ok(body) => body,
        Err(problem) => return refused(400, &problem),
    };
    let Some(dataset_id) = config.dataset(body.dataset_id.as_deref()) else {
        let message =
            "expected a dataset id that the worker's configuration lists under \"datasets\"";
        return refused(400, &Problem::refused("unknown_dataset", "dataset_id", message));
    };
    if body.data.is_empty() || body.data.len() > MAX_EVENTS_PER_REQUEST {
        return refused(
            400,
            &Problem::refused("invalid_batch", "data", "expected 1 to 1000 events"),
        );
    }

    let mut events = Vec::new();
    let mut problems = Vec::new();
    for (index, value) in body.data.iter().enumerate() {
        let path = format!("data[{index}]");
        let (event, found) = page::event(value, &path, now_millis, entropy()?);
        problems.extend(found);
        let Some(mut event) = event else { continue };
        connection.enrich(&mut event);
        let found = event.problems(&path);
        if found.is_empty() {
            match Accepted::new(&event) {
                Ok(accepted) => events.push(accepted),
                Err(problem) => problems.push(problem),
            }
        }
        problems.extend(found);
    }

    let status = if events.is_empty() { 400 } else { 202 };
    let body = json!({ "events_received": events.len(), "problems": problems });
    Some(Intake {
        answer: Answer { status, headers: cors(origin), body },
        dataset_id: (!events.is_empty()).then(|| dataset_id.to_owned()),
        events,
    })
}

impl Intake {
    fn refused(status: u16, headers: Vec<(&'static str, String)>, problem: &Problem) -> Self {
        Self {
            answer: Answer::refusal(status, headers, problem),
            dataset_id: None,
            events: Vec::new(),
        }
    }
}

impl Answer {
    fn refusal(status: u16, headers: Vec<(&'static str, String)>, problem: &Problem) -> Self {
        Self { status, headers, body: json!({ "events_received": 0, "problems": [problem] }) }
    }

    fn too_large(config: &Config) -> Problem {
        let message =
            format!("expected at most {} bytes; send fewer events at once", config.max_body_bytes);
        Problem::refused("body_too_large", "", message)
    }
}

impl Accepted {
    fn new(event: &ServerEvent) -> Result<Self, Problem> {
        let json = serde_json::to_string(event)
            .map_err(|error| Problem::refused("unwritable_event", "", error.to_string()))?;
        Ok(Self {
            key: format!("{}\n{}", event.event_name, event.event_id.as_str()),
            send_before: event.send_before(),
            event: json,
        })
    }
}

fn allowed_origin<'a>(config: &Config, connection: &'a Connection) -> Result<&'a str, Problem> {
    match connection.origin.as_deref() {
        Some(origin) if config.allows_origin(origin) => Ok(origin),
        Some(_) => Err(Problem::refused(
            "origin_not_allowed",
            "Origin",
            "this page's origin is not in the worker's \"allowedOrigins\"; add it there, exactly as the browser sends it",
        )),
        None => Err(Problem::refused(
            "missing_origin",
            "Origin",
            "expected the Origin header, which every browser sends; servers post to the Graph address instead",
        )),
    }
}

fn cors(origin: &str) -> Vec<(&'static str, String)> {
    vec![
        ("access-control-allow-origin", origin.to_owned()),
        ("access-control-allow-credentials", "true".to_owned()),
        ("vary", "origin".to_owned()),
    ]
}
