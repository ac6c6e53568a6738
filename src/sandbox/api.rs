//! The sandbox's own routes, for its page and for tests: `/api/events` and `/api/health`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::copies::{BrowserCopy, ServerCopy};
use super::fault::Fault;
use super::finding::Finding;
use super::journal::Recorded;
use super::match_quality::{self, MatchQuality};
use super::merging::{Event, Events, MergedBy, Totals};
use super::pair;
use super::reasons::why_not;
use super::requests::{Logged, Requests, ShownRequest};
use super::{Response, Sandbox};

/// The content of `/api/events`.
#[derive(Serialize)]
struct Shown<'a> {
    now_millis: u64,
    counts: Counts,
    totals: &'a Totals,
    total_requests: u64,
    by_name: Vec<NameCounts<'a>>,
    events: Vec<ShownEvent<'a>>,
    requests: Vec<ShownRequest<'a>>,
    fault: &'a Option<Fault>,
}

/// The counts of stored events and requests that match the filter. The limit does not change them.
#[derive(Default, Serialize)]
struct Counts {
    browser: u64,
    server: u64,
    merged: u64,
    browser_only: u64,
    server_only: u64,
    /// The number of refused requests, not events. A request is refused for one invalid event.
    refused: u64,
}

/// The counts of the events of one name. The limit does not change them.
#[derive(Default, Serialize)]
struct NameCounts<'a> {
    event_name: &'a str,
    browser: u64,
    server: u64,
    merged: u64,
    events: u64,
}

#[derive(Serialize)]
struct ShownEvent<'a> {
    dataset_id: &'a str,
    event_name: &'a str,
    event_id: Option<&'a str>,
    merged: bool,
    merged_by: Option<MergedBy>,
    why_not: Option<String>,
    browser: Option<&'a BrowserCopy>,
    server: Option<&'a ServerCopy>,
    findings: Vec<Finding>,
    match_quality: MatchQuality,
}

/// The filter for `/api/events`, from its query.
#[derive(Default)]
struct Filter {
    dataset_id: Option<String>,
    event_name: Option<String>,
    event_id: Option<String>,
    limit: Option<usize>,
}

impl Filter {
    fn read(query: &str) -> Result<Self, String> {
        let mut filter = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "dataset_id" => filter.dataset_id = Some(value.into()),
                "event_name" => filter.event_name = Some(value.into()),
                "event_id" => filter.event_id = Some(value.into()),
                "limit" => {
                    let limit = value
                        .parse()
                        .map_err(|_| "limit: expected how many events and requests to show.")?;
                    filter.limit = Some(limit);
                }
                // Other parameters are ignored: pages add one to avoid a cache.
                _ => {}
            }
        }
        Ok(filter)
    }

    fn keeps(&self, event: &Event) -> bool {
        let is = |wanted: &Option<String>, found: &str| {
            wanted.as_ref().is_none_or(|wanted| wanted == found)
        };
        is(&self.dataset_id, &event.dataset_id)
            && is(&self.event_name, &event.event_name)
            && is(&self.event_id, event.event_id.as_deref().unwrap_or_default())
    }
}

impl Sandbox {
    pub(super) fn show(&self, now_millis: u64, query: &str) -> Response {
        let filter = match Filter::read(query) {
            Ok(filter) => filter,
            Err(sentence) => return Response::problem(400, &sentence),
        };
        let limit = filter.limit.unwrap_or(usize::MAX);
        let mut counts = Counts::default();
        let mut by_name: BTreeMap<&str, NameCounts<'_>> = BTreeMap::new();
        let mut events = Vec::new();
        for event in self.events.newest_first().filter(|event| filter.keeps(event)) {
            counts.add(event);
            by_name.entry(&event.event_name).or_default().add(event);
            if events.len() < limit {
                events.push(shown(&self.events, event, now_millis));
            }
        }
        let wanted = |logged: &&Logged| {
            logged.matches(
                filter.dataset_id.as_deref(),
                filter.event_name.as_deref(),
                filter.event_id.as_deref(),
            )
        };
        let mut requests: Vec<&Logged> = self.requests.newest_first().filter(wanted).collect();
        counts.refused = requests.iter().filter(|logged| logged.is_refused()).count() as u64;
        requests.truncate(limit);
        let shown = Shown {
            now_millis,
            counts,
            totals: self.events.totals(),
            total_requests: self.requests.total,
            by_name: by_name.into_values().collect(),
            events,
            requests: requests.into_iter().map(Logged::shown).collect(),
            fault: &self.settings.fault,
        };
        Response::json(200, &shown)
    }

    /// Forgets the events and requests of the dataset that the query names, or all.
    pub(super) fn forget(&mut self, query: &str) -> Response {
        let dataset_id = match Filter::read(query) {
            Ok(Filter { dataset_id, event_name: None, event_id: None, limit: None }) => dataset_id,
            _ => {
                let sentence =
                    "DELETE takes dataset_id alone; without it, everything is forgotten.";
                return Response::problem(400, sentence);
            }
        };
        self.journal.record(&Recorded::Forgot(dataset_id.as_deref()));
        let (events, requests) = self.forget_all_of(dataset_id.as_deref());
        Response::json(200, &json!({ "events_forgotten": events, "requests_forgotten": requests }))
    }

    /// Forgets the events and requests of a dataset, or all. Returns how many there were.
    pub(super) fn forget_all_of(&mut self, dataset_id: Option<&str>) -> (usize, usize) {
        match dataset_id {
            Some(id) => (self.events.forget_dataset(id), self.requests.forget_dataset(id)),
            None => {
                let forgotten = (self.events.len(), self.requests.len());
                self.events = Events::default();
                self.requests = Requests::default();
                forgotten
            }
        }
    }

    pub(super) fn health(&self) -> Response {
        let health =
            json!({ "status": "ok", "events": self.events.len(), "requests": self.requests.len() });
        Response::json(200, &health)
    }
}

impl Counts {
    fn add(&mut self, event: &Event) {
        let (browser, server) = (event.browser.is_some(), event.server.is_some());
        self.browser += u64::from(browser);
        self.server += u64::from(server);
        self.merged += u64::from(event.merged_by.is_some());
        self.browser_only += u64::from(browser && !server);
        self.server_only += u64::from(server && !browser);
    }
}

impl<'a> NameCounts<'a> {
    fn add(&mut self, event: &'a Event) {
        self.event_name = &event.event_name;
        self.browser += event.browser.as_ref().map_or(0, |copy| copy.copies);
        self.server += event.server.as_ref().map_or(0, |copy| copy.copies);
        self.merged += u64::from(event.merged_by.is_some());
        self.events += 1;
    }
}

fn shown<'a>(events: &Events, event: &'a Event, now_millis: u64) -> ShownEvent<'a> {
    let (browser, server) = (event.browser.as_ref(), event.server.as_ref());
    let why_not = why_not(events, event, now_millis);
    ShownEvent {
        findings: pair::findings(&event.event_name, browser, server, why_not.as_deref()),
        match_quality: match_quality::estimate(browser, server),
        dataset_id: &event.dataset_id,
        event_name: &event.event_name,
        event_id: event.event_id.as_deref(),
        merged: event.merged_by.is_some(),
        merged_by: event.merged_by,
        why_not,
        browser,
        server,
    }
}
