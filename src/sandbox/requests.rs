//! The log of requests to the Graph edge: accepted, refused and faulted ones.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Response;
use super::copies::weight;
use super::graph_error::GraphError;
use super::journal::{Journal, Recorded};

const MAX_REQUESTS: usize = 1_000;
const MAX_WEIGHT_BYTES: usize = 32 * 1024 * 1024;

/// The data of a request before it is answered.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Arrival {
    pub received_at_millis: u64,
    pub version: String,
    pub dataset_id: String,
    pub test_event_code: Option<String>,
    pub partner_agent: Option<String>,
    pub user_agent: Option<String>,
    pub events: Vec<Line>,
    pub fbtrace_id: String,
}

/// One event of a request, valid or not. It shows if a retry kept its id and time.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    event_name: Value,
    event_id: Value,
    event_time: Value,
}

impl Line {
    pub(super) fn of(event: &Value) -> Self {
        let scalar = |key: &str| match event.get(key) {
            Some(value @ (Value::String(_) | Value::Number(_))) => value.clone(),
            _ => Value::Null,
        };
        Self {
            event_name: scalar("event_name"),
            event_id: scalar("event_id"),
            event_time: scalar("event_time"),
        }
    }

    /// Returns the line of a hit of the pixel.
    pub(super) fn of_hit(event_name: &str, event_id: Option<&str>) -> Self {
        Self { event_name: event_name.into(), event_id: event_id.into(), event_time: Value::Null }
    }

    pub(super) fn has_id(&self, id: &str) -> bool {
        self.event_id == id
    }
}

/// A request and its answer.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Answered {
    arrival: Arrival,
    status: u16,
    error: Option<Value>,
    /// The checks refused it. A fault does not count.
    refused: bool,
}

/// A request in memory.
#[derive(Debug)]
pub(super) struct Logged {
    answered: Answered,
    weight: usize,
}

/// A request as `/api/events` shows it.
#[derive(Serialize)]
pub(super) struct ShownRequest<'a> {
    #[serde(flatten)]
    arrival: &'a Arrival,
    status: u16,
    error: &'a Option<Value>,
}

impl Logged {
    /// Returns true if a filter for these values, each optional, matches the request.
    pub(super) fn matches(
        &self,
        dataset_id: Option<&str>,
        event_name: Option<&str>,
        event_id: Option<&str>,
    ) -> bool {
        let has = |wanted: Option<&str>, field: fn(&Line) -> &Value| {
            wanted.is_none_or(|wanted| {
                self.answered.arrival.events.iter().any(|line| field(line) == wanted)
            })
        };
        dataset_id.is_none_or(|wanted| self.answered.arrival.dataset_id == wanted)
            && has(event_name, |line| &line.event_name)
            && has(event_id, |line| &line.event_id)
    }

    /// Returns true if the checks refused it. A fault does not count.
    pub(super) fn is_refused(&self) -> bool {
        self.answered.refused
    }

    pub(super) fn shown(&self) -> ShownRequest<'_> {
        let Answered { arrival, status, error, .. } = &self.answered;
        ShownRequest { arrival, status: *status, error }
    }
}

/// The log of the newest requests.
#[derive(Debug, Default)]
pub(super) struct Requests {
    kept: VecDeque<Logged>,
    weight: usize,
    /// The number of requests since the sandbox was last cleared, including those no longer stored.
    pub total: u64,
}

impl Requests {
    pub(super) fn accepted(&mut self, journal: &mut Journal, arrival: Arrival) {
        self.record(journal, Answered { arrival, status: 200, error: None, refused: false });
    }

    pub(super) fn refused(&mut self, journal: &mut Journal, arrival: Arrival, error: &GraphError) {
        let status = error.status;
        let error = serde_json::to_value(error).ok();
        self.record(journal, Answered { arrival, status, error, refused: true });
    }

    pub(super) fn faulted(&mut self, journal: &mut Journal, arrival: Arrival, answer: &Response) {
        let body: Option<Map<String, Value>> = serde_json::from_slice(&answer.body).ok();
        let error = body.and_then(|mut body| body.remove("error"));
        let error = error.unwrap_or_else(
            || json!({ "message": "The fault that was asked for; nothing was stored." }),
        );
        let status = answer.status;
        self.record(journal, Answered { arrival, status, error: Some(error), refused: false });
    }

    fn record(&mut self, journal: &mut Journal, answered: Answered) {
        journal.record(&Recorded::Request(&answered));
        self.log(answered);
    }

    /// Forgets the requests to a dataset. Returns how many there were.
    pub(super) fn forget_dataset(&mut self, dataset_id: &str) -> usize {
        let before = self.kept.len();
        self.kept.retain(|logged| logged.answered.arrival.dataset_id != dataset_id);
        self.weight = self.kept.iter().map(|logged| logged.weight).sum();
        let forgotten = before - self.kept.len();
        self.total = self.total.saturating_sub(forgotten as u64);
        forgotten
    }

    /// Returns the requests, oldest first, to be stored.
    pub(super) fn oldest_first(&self) -> Vec<&Answered> {
        self.kept.iter().map(|logged| &logged.answered).collect()
    }

    /// Returns the log of stored requests, oldest first.
    pub(super) fn restored(requests: Vec<Answered>, total: u64) -> Self {
        let mut all = Self::default();
        for answered in requests {
            all.log(answered);
        }
        all.total = total;
        all
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Logged> {
        self.kept.iter().rev()
    }

    pub(super) fn log(&mut self, answered: Answered) {
        let weight = answered.weight();
        self.total += 1;
        self.weight += weight;
        self.kept.push_back(Logged { answered, weight });
        while self.kept.len() > MAX_REQUESTS || self.weight > MAX_WEIGHT_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.weight -= oldest.weight;
        }
    }
}

impl Answered {
    /// Returns about how many bytes of memory it takes.
    fn weight(&self) -> usize {
        let Arrival { events, test_event_code, partner_agent, user_agent, .. } = &self.arrival;
        let lines: usize = events
            .iter()
            .map(|line| {
                weight(&line.event_name) + weight(&line.event_id) + weight(&line.event_time)
            })
            .sum();
        let texts = [test_event_code, partner_agent, user_agent];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        lines + texts + self.arrival.version.len() + self.arrival.dataset_id.len() + 512
    }
}

/// The maximum depth of an event's JSON. What is stored wraps it, and `serde_json` reads 128 levels.
const MAX_DEPTH: usize = 100;

/// Returns true if objects and arrays are nested too deeply to be stored.
pub(super) fn is_deep(value: &Value) -> bool {
    fn exceeds(value: &Value, depth: usize) -> bool {
        match value {
            Value::Array(_) | Value::Object(_) if depth == 0 => true,
            Value::Array(values) => values.iter().any(|one| exceeds(one, depth - 1)),
            Value::Object(object) => object.values().any(|one| exceeds(one, depth - 1)),
            _ => false,
        }
    }
    exceeds(value, MAX_DEPTH)
}
