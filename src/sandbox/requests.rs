//! The log of requests to the Graph edge: accepted, refused and faulted ones.

use std::collections::VecDeque;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Response;
use super::copies::weight;
use super::graph_error::GraphError;

const MAX_REQUESTS: usize = 1_000;
const MAX_WEIGHT_BYTES: usize = 32 * 1024 * 1024;

/// The data of a request before it is answered.
#[derive(Debug, Serialize)]
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
#[derive(Debug, Serialize)]
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

    pub(super) fn has_id(&self, id: &str) -> bool {
        self.event_id == id
    }
}

/// A request and its answer.
#[derive(Debug, Serialize)]
pub(super) struct Logged {
    #[serde(flatten)]
    arrival: Arrival,
    status: u16,
    error: Option<Value>,
    #[serde(skip)]
    refused: bool,
    #[serde(skip)]
    weight: usize,
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
            wanted.is_none_or(|wanted| self.arrival.events.iter().any(|line| field(line) == wanted))
        };
        dataset_id.is_none_or(|wanted| self.arrival.dataset_id == wanted)
            && has(event_name, |line| &line.event_name)
            && has(event_id, |line| &line.event_id)
    }

    /// Returns true if the checks refused it. A fault does not count.
    pub(super) fn is_refused(&self) -> bool {
        self.refused
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
    pub(super) fn accepted(&mut self, arrival: Arrival) {
        self.log(arrival, 200, None, false);
    }

    pub(super) fn refused(&mut self, arrival: Arrival, error: &GraphError) {
        self.log(arrival, error.status, serde_json::to_value(error).ok(), true);
    }

    pub(super) fn faulted(&mut self, arrival: Arrival, answer: &Response) {
        let body: Option<Map<String, Value>> = serde_json::from_slice(&answer.body).ok();
        let error = body.and_then(|mut body| body.remove("error"));
        let error = error.unwrap_or_else(
            || json!({ "message": "The fault that was asked for; nothing was stored." }),
        );
        self.log(arrival, answer.status, Some(error), false);
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Logged> {
        self.kept.iter().rev()
    }

    fn log(&mut self, arrival: Arrival, status: u16, error: Option<Value>, refused: bool) {
        let lines: usize = arrival
            .events
            .iter()
            .map(|line| {
                weight(&line.event_name) + weight(&line.event_id) + weight(&line.event_time)
            })
            .sum();
        let texts = [&arrival.test_event_code, &arrival.partner_agent, &arrival.user_agent];
        let texts: usize = texts.into_iter().flatten().map(String::len).sum();
        let weight = lines + texts + arrival.version.len() + arrival.dataset_id.len() + 512;
        self.total += 1;
        self.weight += weight;
        self.kept.push_back(Logged { arrival, status, error, refused, weight });
        while self.kept.len() > MAX_REQUESTS || self.weight > MAX_WEIGHT_BYTES {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.weight -= oldest.weight;
        }
    }
}
