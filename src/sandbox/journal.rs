//! Stores a sandbox: a snapshot of its state, and the changes after it.
//!
//! The host writes the changes of each answer before it sends it. At the next start it restores
//! the snapshot and replays the changes. No token is in either.

use serde::{Deserialize, Serialize};

use super::copies::{BrowserCopy, ServerCopy};
use super::merging::{Event, Events, Totals};
use super::requests::{Answered, Requests};
use super::{Sandbox, Settings};

/// The number of the snapshot's format.
const FORMAT: u32 = 1;

/// The changes that the host has not taken yet, as the elements of a JSON array.
#[derive(Debug, Default)]
pub(super) struct Journal {
    is_kept: bool,
    changes: Vec<u8>,
}

/// A change, to be written.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Recorded<'a> {
    /// Dataset, event name, copy.
    Browser(&'a str, &'a str, &'a BrowserCopy),
    Server(&'a str, &'a str, &'a ServerCopy),
    Request(&'a Answered),
    /// The dataset, or all of them.
    Forgot(Option<&'a str>),
    Settings(&'a Settings),
}

/// The same change, read.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Browser(String, String, BrowserCopy),
    Server(String, String, ServerCopy),
    Request(Answered),
    Forgot(Option<String>),
    Settings(Settings),
}

#[derive(Serialize)]
struct SnapshotToWrite<'a> {
    format: u32,
    events: Vec<&'a Event>,
    totals: &'a Totals,
    requests: Vec<&'a Answered>,
    total_requests: u64,
    settings: &'a Settings,
}

#[derive(Deserialize)]
struct Snapshot {
    format: u32,
    events: Vec<Event>,
    totals: Totals,
    requests: Vec<Answered>,
    total_requests: u64,
    settings: Settings,
}

impl Journal {
    pub(super) fn record(&mut self, change: &Recorded<'_>) {
        if !self.is_kept {
            return;
        }
        self.changes.push(if self.changes.is_empty() { b'[' } else { b',' });
        // JSON can hold every change, and memory takes all that is written.
        let _ = serde_json::to_writer(&mut self.changes, change);
    }
}

impl Sandbox {
    /// Keeps the changes from now on, until [`Sandbox::take_changes`] takes them.
    pub fn keep_changes(&mut self) {
        self.journal.is_kept = true;
    }

    /// Returns the changes since the last call as one line of JSON, or nothing. A host that stores
    /// them before it sends an answer loses nothing that was answered.
    ///
    /// ```
    /// use capi_bridge::sandbox::{Request, Sandbox};
    ///
    /// let mut sandbox = Sandbox::new();
    /// sandbox.keep_changes();
    /// let hit = Request { method: "GET", path: "/tr", query: "id=1&ev=Lead", ..Request::default() };
    /// sandbox.answer(1_790_000_000_000, &hit);
    /// let mut log = sandbox.take_changes();
    /// log.push(b'\n');
    ///
    /// let mut later = Sandbox::new();
    /// assert_eq!(later.replay(&log), None);
    /// assert_eq!(later.snapshot(), sandbox.snapshot());
    /// ```
    pub fn take_changes(&mut self) -> Vec<u8> {
        let mut changes = std::mem::take(&mut self.journal.changes);
        if !changes.is_empty() {
            changes.push(b']');
        }
        changes
    }

    /// Applies changes that [`Sandbox::take_changes`] returned, one line each. A last line without
    /// its end is ignored: the process was killed while it was written.
    ///
    /// Returns the number of the first line that cannot be read. The lines before it are applied.
    pub fn replay(&mut self, log: &[u8]) -> Option<usize> {
        let whole = log.iter().rposition(|byte| *byte == b'\n').unwrap_or(0);
        let lines = log.get(..whole).unwrap_or_default();
        for (index, line) in lines.split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            let Ok(changes) = serde_json::from_slice::<Vec<Change>>(line) else {
                return Some(index + 1);
            };
            for change in changes {
                self.apply(change);
            }
        }
        None
    }

    /// Returns the whole state as JSON.
    pub fn snapshot(&self) -> Vec<u8> {
        let snapshot = SnapshotToWrite {
            format: FORMAT,
            events: self.events.oldest_first(),
            totals: self.events.totals(),
            requests: self.requests.oldest_first(),
            total_requests: self.requests.total,
            settings: &self.settings,
        };
        // JSON can hold the state.
        serde_json::to_vec(&snapshot).unwrap_or_default()
    }

    /// Takes over a state that [`Sandbox::snapshot`] returned.
    ///
    /// # Errors
    /// A sentence that says why the snapshot cannot be read. The sandbox is then unchanged.
    pub fn restore(&mut self, snapshot: &[u8]) -> Result<(), String> {
        let Snapshot { format, events, totals, requests, total_requests, settings } =
            serde_json::from_slice(snapshot)
                .map_err(|error| format!("it is not a snapshot of a sandbox ({error})."))?;
        if format != FORMAT {
            return Err(format!("it has format {format}, and this version reads {FORMAT}."));
        }
        self.events = Events::restored(events, totals);
        self.requests = Requests::restored(requests, total_requests);
        self.settings = settings;
        Ok(())
    }

    /// Records the settings after a change.
    pub(super) fn record_settings(&mut self) {
        self.journal.record(&Recorded::Settings(&self.settings));
    }

    fn apply(&mut self, change: Change) {
        match change {
            Change::Browser(dataset_id, event_name, copy) => {
                self.events.arrive_from_browser(&dataset_id, &event_name, copy);
            }
            Change::Server(dataset_id, event_name, copy) => {
                self.events.arrive_from_server(&dataset_id, &event_name, copy);
            }
            Change::Request(answered) => {
                self.settings.traces = self.settings.traces.saturating_add(1);
                self.requests.log(answered);
            }
            Change::Forgot(dataset_id) => {
                self.forget_all_of(dataset_id.as_deref());
            }
            Change::Settings(settings) => self.settings = settings,
        }
    }
}
