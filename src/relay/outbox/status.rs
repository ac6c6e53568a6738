//! How the worker is doing, for an operator (JSON) and for Prometheus (text).

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::verdict::Refusal;

/// How one dataset's outbox is doing. Holds nothing of the events but their names and ids.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DatasetStatus {
    /// The dataset.
    pub dataset_id: String,
    /// `fine`, `failing`, `throttled` or `stopped`: see [`Sending`](super::Sending).
    pub sending: String,
    /// Events on disk that Meta does not have yet.
    pub depth: u64,
    /// How long the oldest of them has been due, in seconds.
    pub oldest_due_seconds: f64,
    /// Requests that failed and wait by themselves.
    pub waiting_apart: u64,
    /// For how long nothing is sent, in seconds.
    pub paused_seconds: f64,
    /// Failed requests in a row.
    pub failures: u64,
    /// When Meta last took something, Unix milliseconds; 0 for never.
    pub last_success_millis: f64,
    /// The last thing that Meta said against a request, and when.
    pub last_refusal: Option<RefusedAt>,
    /// Events a minute, over the last five.
    pub per_minute: Rates,
    /// Counted since the outbox exists.
    pub totals: Totals,
    /// Events in quarantine.
    pub quarantined: u64,
    /// The newest of them.
    pub quarantine: Vec<Quarantined>,
    /// The lanes of servers and of pages.
    #[serde(default)]
    pub lanes: Lanes,
    /// Bytes that the outbox holds, and how many it may hold.
    #[serde(default)]
    pub stored_bytes: u64,
    /// How many bytes it may hold: pages four fifths of them.
    #[serde(default)]
    pub max_backlog_bytes: u64,
    /// What needs an operator, beside what `sending` says: one sentence each.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The configuration lists the dataset.
    #[serde(default = "yes")]
    pub is_configured: bool,
    /// What was refused at the door, by reason, as far as this outbox was told. The status sums it up.
    #[serde(default, skip_serializing)]
    pub refused: BTreeMap<String, u64>,
}

fn yes() -> bool {
    true
}

/// The lanes of a dataset.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Lanes {
    /// Events of servers.
    pub server: LaneStatus,
    /// Events of pages.
    pub page: LaneStatus,
}

/// One lane.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LaneStatus {
    /// Events that wait.
    pub depth: u64,
    /// Batches that failed and wait by themselves.
    pub waiting_apart: u64,
    /// `fine`, `failing` or `stopped`.
    pub sending: String,
    /// For how long nothing of it is sent, in seconds.
    pub paused_seconds: f64,
    /// How many events its next request may have.
    pub batch_limit: u32,
}

/// Events a minute.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[allow(missing_docs, reason = "their names say it")]
pub struct Rates {
    pub accepted: f64,
    pub delivered: f64,
}

/// What was counted since the outbox exists.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Events that were stored.
    pub accepted: u64,
    /// Events that came again within 48 hours and were passed over.
    pub repeated: u64,
    /// Events that Meta has.
    pub delivered: u64,
    /// Events that were set aside; replayed ones count each time.
    pub quarantined: u64,
    /// Requests to Meta.
    pub requests: u64,
    /// Those of them that Meta did not take.
    pub failed_requests: u64,
    /// Calls that stored events: several requests share one.
    pub writes: u64,
    /// Second copies that were joined with the first.
    #[serde(default)]
    pub merged: u64,
    /// Events that were discarded: pages' events that no server's copy came for, and what the quarantine had no
    /// room for.
    #[serde(default)]
    pub dropped: u64,
    /// Events that found the outbox full and were not stored.
    #[serde(default)]
    pub full: u64,
    /// Rows that the disk has written since the outbox woke.
    #[serde(default)]
    pub rows_written: u64,
}

impl Totals {
    fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.repeated += other.repeated;
        self.delivered += other.delivered;
        self.quarantined += other.quarantined;
        self.requests += other.requests;
        self.failed_requests += other.failed_requests;
        self.writes += other.writes;
        self.merged += other.merged;
        self.dropped += other.dropped;
        self.full += other.full;
        self.rows_written += other.rows_written;
    }
}

impl LaneStatus {
    fn add(&mut self, other: Self) {
        self.depth += other.depth;
        self.waiting_apart += other.waiting_apart;
        if other.sending == "stopped" || self.sending == "fine" {
            self.sending = other.sending;
        }
        self.paused_seconds = self.paused_seconds.max(other.paused_seconds);
        self.batch_limit = self.batch_limit.max(other.batch_limit);
    }
}

/// What Meta said, and when.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RefusedAt {
    /// Unix milliseconds.
    pub millis: f64,
    /// What it said.
    pub refusal: Refusal,
}

/// An event in quarantine.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Quarantined {
    /// Its number, to replay it by.
    pub id: u64,
    /// Its name.
    pub event_name: String,
    /// Its id.
    pub event_id: String,
    /// Since when, Unix milliseconds.
    pub since_millis: f64,
    /// Why.
    pub refusal: Refusal,
}

/// How the worker is doing.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Status {
    /// `ok`, or `alarm` when someone has to do something.
    pub status: &'static str,
    /// What has to be done, one sentence each.
    pub alarms: Vec<String>,
    /// What should be looked at, one sentence each.
    pub warnings: Vec<String>,
    /// Requests and events that were refused at the door, by reason: nothing of them is stored.
    pub refused: BTreeMap<String, u64>,
    /// Accepted events are on disk before they are answered.
    pub durable: bool,
    /// Each dataset.
    pub datasets: Vec<DatasetStatus>,
}

/// Sums up the datasets. Several outboxes of one dataset, one behind the other, are one.
#[must_use]
pub fn status(outboxes: Vec<DatasetStatus>) -> Status {
    let mut datasets: Vec<DatasetStatus> = Vec::new();
    for outbox in outboxes {
        match datasets.last_mut() {
            Some(last) if last.dataset_id == outbox.dataset_id => last.add(outbox),
            _ => datasets.push(outbox),
        }
    }
    let alarms: Vec<String> = datasets.iter().flat_map(DatasetStatus::alarms).collect();
    let status = if alarms.is_empty() { "ok" } else { "alarm" };
    let mut refused = BTreeMap::new();
    for (reason, count) in datasets.iter().flat_map(|dataset| &dataset.refused) {
        add(&mut refused, reason, *count);
    }
    Status { status, alarms, warnings: Vec::new(), refused, durable: true, datasets }
}

fn add(refused: &mut BTreeMap<String, u64>, reason: &str, count: u64) {
    let sum = refused.entry(reason.to_owned()).or_insert(0);
    *sum = sum.saturating_add(count);
}

impl DatasetStatus {
    /// Adds what another outbox of the dataset says.
    fn add(&mut self, other: Self) {
        let order = ["fine", "throttled", "failing", "stopped"];
        let rank = |sending: &str| order.iter().position(|one| *one == sending);
        if rank(&other.sending) > rank(&self.sending) {
            self.sending = other.sending;
        }
        self.depth += other.depth;
        self.oldest_due_seconds = self.oldest_due_seconds.max(other.oldest_due_seconds);
        self.waiting_apart += other.waiting_apart;
        self.paused_seconds = self.paused_seconds.max(other.paused_seconds);
        self.failures = self.failures.max(other.failures);
        self.last_success_millis = self.last_success_millis.max(other.last_success_millis);
        let when = |last: &Option<RefusedAt>| last.as_ref().map_or(-1.0, |last| last.millis);
        if when(&other.last_refusal) > when(&self.last_refusal) {
            self.last_refusal = other.last_refusal;
        }
        self.per_minute.accepted += other.per_minute.accepted;
        self.per_minute.delivered += other.per_minute.delivered;
        self.totals.add(other.totals);
        self.quarantined += other.quarantined;
        self.quarantine.extend(other.quarantine);
        self.lanes.server.add(other.lanes.server);
        self.lanes.page.add(other.lanes.page);
        self.stored_bytes += other.stored_bytes;
        self.max_backlog_bytes += other.max_backlog_bytes;
        self.warnings.extend(other.warnings);
        for (reason, count) in other.refused {
            *self.refused.entry(reason).or_default() += count;
        }
    }

    fn alarms(&self) -> Vec<String> {
        let id = &self.dataset_id;
        let last = self.last_refusal.as_ref().map(|last| last.refusal.clone()).unwrap_or_default();
        let Refusal { code, error_subcode, message, fbtrace_id, .. } = last;
        let said = match code {
            0 => message,
            _ => {
                format!("{message} (code {code}, subcode {error_subcode}, fbtrace_id {fbtrace_id})")
            }
        };
        let mut alarms = Vec::new();
        if self.sending == "stopped" {
            alarms.push(format!(
                "dataset {id}: sending stopped: {said}. {} events wait, for 7 days at most. Check the token, its permission and the dataset id.",
                self.depth
            ));
        }
        for (whose, lane) in [("servers", &self.lanes.server), ("pages", &self.lanes.page)] {
            if lane.sending == "stopped" && self.sending != "stopped" {
                alarms.push(format!(
                    "dataset {id}: events of {whose} stopped: Meta rejected five in a row, each alone: {said}. {} events wait. Check the app secret, the token and what is sent; they go out as soon as Meta takes one.",
                    lane.depth
                ));
            }
        }
        alarms.extend(self.warnings.iter().map(|warning| format!("dataset {id}: {warning}")));
        alarms
    }
}

impl Status {
    /// Adds what the door counted and no outbox was told yet, and its warnings.
    #[must_use]
    pub fn with_door(
        mut self,
        refused: &BTreeMap<&'static str, u64>,
        warnings: Vec<String>,
    ) -> Self {
        for (reason, count) in refused {
            add(&mut self.refused, reason, *count);
        }
        self.warnings.extend(warnings);
        self
    }

    /// The same in Prometheus' text format.
    #[must_use]
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        let mut metric =
            |name: &str, kind: &str, help: &str, value: &dyn Fn(&DatasetStatus) -> f64| {
                let _ = writeln!(
                    text,
                    "# HELP capi_bridge_{name} {help}\n# TYPE capi_bridge_{name} {kind}"
                );
                for dataset in &self.datasets {
                    // A dataset id is digits: nothing to escape.
                    let value = value(dataset);
                    let _ = writeln!(
                        text,
                        "capi_bridge_{name}{{dataset=\"{}\"}} {value}",
                        dataset.dataset_id
                    );
                }
            };
        #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
        let count = |number: u64| number as f64;
        metric("outbox_events", "gauge", "Events on disk that Meta does not have yet.", &|one| {
            count(one.depth)
        });
        metric("outbox_oldest_due_seconds", "gauge", "How long the oldest has been due.", &|one| {
            one.oldest_due_seconds
        });
        metric(
            "sending_stopped",
            "gauge",
            "1 when sending, or a lane of it, stopped and needs an operator.",
            &|one| count(u64::from(one.sending == "stopped")),
        );
        metric("sending_paused_seconds", "gauge", "For how long nothing is sent.", &|one| {
            one.paused_seconds
        });
        metric("quarantine_events", "gauge", "Events in quarantine.", &|one| {
            count(one.quarantined)
        });
        metric("events_accepted_total", "counter", "Events stored.", &|one| {
            count(one.totals.accepted)
        });
        metric("events_repeated_total", "counter", "Events passed over as repeated.", &|one| {
            count(one.totals.repeated)
        });
        metric("events_delivered_total", "counter", "Events that Meta has.", &|one| {
            count(one.totals.delivered)
        });
        metric("events_quarantined_total", "counter", "Events set aside.", &|one| {
            count(one.totals.quarantined)
        });
        metric("requests_total", "counter", "Requests to Meta.", &|one| count(one.totals.requests));
        metric("requests_failed_total", "counter", "Requests that Meta did not take.", &|one| {
            count(one.totals.failed_requests)
        });
        metric("events_merged_total", "counter", "Second copies joined with the first.", &|one| {
            count(one.totals.merged)
        });
        metric("events_dropped_total", "counter", "Events discarded without an error.", &|one| {
            count(one.totals.dropped)
        });
        metric("events_full_total", "counter", "Events that found the outbox full.", &|one| {
            count(one.totals.full)
        });
        metric("stored_bytes", "gauge", "Bytes that the outbox holds.", &|one| {
            count(one.stored_bytes)
        });
        metric("max_backlog_bytes", "gauge", "Bytes that the outbox may hold.", &|one| {
            count(one.max_backlog_bytes)
        });
        metric("rows_written_total", "counter", "Rows written since the outbox woke.", &|one| {
            count(one.totals.rows_written)
        });
        metric("writes_total", "counter", "Calls that stored events.", &|one| {
            count(one.totals.writes)
        });
        let name = "capi_bridge_refused_total";
        let _ = writeln!(text, "# HELP {name} Requests and events refused at the door, by reason.");
        let _ = writeln!(text, "# TYPE {name} counter");
        for (reason, count) in &self.refused {
            // An outbox keeps what it was told; a reason that is no code of ours is left out.
            if reason.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
                let _ = writeln!(text, "{name}{{reason=\"{reason}\"}} {count}");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped() -> DatasetStatus {
        let refusal = Refusal {
            code: 190,
            error_subcode: 463,
            message: "Session has expired".to_owned(),
            fbtrace_id: "AbC".to_owned(),
            ..Refusal::default()
        };
        DatasetStatus {
            dataset_id: "1234567890".to_owned(),
            sending: "stopped".to_owned(),
            depth: 7,
            last_refusal: Some(RefusedAt { millis: 0.0, refusal }),
            ..DatasetStatus::default()
        }
    }

    #[test]
    fn a_refused_token_is_an_alarm_that_says_what_to_do() {
        let status = status(vec![DatasetStatus::default(), stopped()]);
        assert_eq!((status.status, status.alarms.len()), ("alarm", 1));
        for part in ["1234567890", "190", "463", "AbC", "7 events", "token"] {
            assert!(status.alarms[0].contains(part), "{part}");
        }
    }

    #[test]
    fn what_was_refused_is_summed_up_by_reason() {
        let told = |count| DatasetStatus {
            refused: BTreeMap::from([("origin_not_allowed".to_owned(), count)]),
            ..DatasetStatus::default()
        };
        let status = status(vec![told(2), told(3)])
            .with_door(&BTreeMap::from([("origin_not_allowed", 1), ("busy", 4)]), Vec::new());
        let expected = [("busy".to_owned(), 4), ("origin_not_allowed".to_owned(), 6)];
        assert_eq!(status.refused, BTreeMap::from(expected));
        let text = status.prometheus();
        assert!(text.contains("# TYPE capi_bridge_refused_total counter\n"), "{text}");
        assert!(
            text.contains("capi_bridge_refused_total{reason=\"origin_not_allowed\"} 6\n"),
            "{text}"
        );
    }

    #[test]
    fn every_metric_has_its_help_its_type_and_a_line_for_each_dataset() {
        let text = status(vec![stopped()]).prometheus();
        assert!(text.contains("# TYPE capi_bridge_outbox_events gauge\ncapi_bridge_outbox_events{dataset=\"1234567890\"} 7\n"));
        assert!(text.contains("capi_bridge_sending_stopped{dataset=\"1234567890\"} 1\n"));
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (_, value) = line.rsplit_once(' ').unwrap();
            assert!(line.starts_with("capi_bridge_") && value.parse::<f64>().is_ok(), "{line}");
        }
    }
}
