//! Defines the status of the worker, and writes it for an operator (JSON) and for Prometheus
//! (text).

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::verdict::Refusal;

/// The status of one dataset's outbox. Of the events, it contains only names and ids.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct DatasetStatus {
    /// The dataset's id.
    pub dataset_id: String,
    /// `fine`, `failing`, `throttled` or `stopped`: see [`Sending`](super::Sending).
    pub sending: String,
    /// The number of events that wait to be sent.
    pub depth: u64,
    /// The time for which the oldest of them has been due, in seconds. Events of a retry batch
    /// count from their first failure.
    pub oldest_due_seconds: f64,
    /// The number of retry batches.
    pub waiting_apart: u64,
    /// The time until sending continues, in seconds.
    pub paused_seconds: f64,
    /// The number of failed requests in a row, of the lane that has more.
    pub failures: u64,
    /// The time at which Meta last accepted a batch, Unix milliseconds; 0 for never.
    pub last_success_millis: f64,
    /// The last reason why a request failed, with its time.
    pub last_refusal: Option<RefusedAt>,
    /// The events per minute, over the last five minutes.
    pub per_minute: Rates,
    /// The counters since the outbox was created.
    pub totals: Totals,
    /// The number of events in quarantine.
    pub quarantined: u64,
    /// The newest events in quarantine.
    pub quarantine: Vec<Quarantined>,
    /// The lanes of servers and of pages.
    #[serde(default)]
    pub lanes: Lanes,
    /// The number of bytes that the outbox holds.
    #[serde(default)]
    pub stored_bytes: u64,
    /// The maximum number of bytes that the outbox may hold. Pages may use four fifths of it.
    #[serde(default)]
    pub max_backlog_bytes: u64,
    /// The problems that need an operator, one sentence each. Stopped sending is not among them.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// True if the configuration lists the dataset.
    #[serde(default = "yes")]
    pub is_configured: bool,
    /// The number of requests and events that the door refused, by reason, as reported to this
    /// outbox. [`status`] adds them up.
    #[serde(default, skip_serializing)]
    pub refused: BTreeMap<String, u64>,
}

fn yes() -> bool {
    true
}

/// The lanes of a dataset.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Lanes {
    /// The lane of servers.
    pub server: LaneStatus,
    /// The lane of pages.
    pub page: LaneStatus,
}

/// The status of one lane.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct LaneStatus {
    /// The number of events that wait to be sent.
    pub depth: u64,
    /// The number of retry batches.
    pub waiting_apart: u64,
    /// `fine`, `failing` or `stopped`.
    pub sending: String,
    /// The time until the lane sends again, in seconds.
    pub paused_seconds: f64,
    /// The maximum number of events in its next request.
    pub batch_limit: u32,
}

/// Events per minute.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[allow(missing_docs, reason = "their names say it")]
pub struct Rates {
    pub accepted: f64,
    pub delivered: f64,
}

/// The counters since the outbox was created.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Events that were stored.
    pub accepted: u64,
    /// Duplicates within 48 hours, including merged copies.
    pub repeated: u64,
    /// Events that Meta accepted.
    pub delivered: u64,
    /// Events that went to quarantine. A replayed event counts each time.
    pub quarantined: u64,
    /// Requests to Meta.
    pub requests: u64,
    /// Requests that failed.
    pub failed_requests: u64,
    /// Calls that stored events. Several requests share one call.
    pub writes: u64,
    /// Copies that were merged with the other copy.
    #[serde(default)]
    pub merged: u64,
    /// Dropped events: pages' events that a server's copy did not follow or that it replaced, and
    /// events for which the quarantine had no room.
    #[serde(default)]
    pub dropped: u64,
    /// Events that were refused because the outbox was full.
    #[serde(default)]
    pub full: u64,
    /// Orders of which a visitor was stored.
    #[serde(default)]
    pub orders_remembered: u64,
    /// Servers' events that got fields of a remembered visitor.
    #[serde(default)]
    pub orders_completed: u64,
    /// Proofs that two visitors of one order shared, so that neither was used.
    #[serde(default)]
    pub order_conflicts: u64,
    /// Orders that were forgotten because the person said no.
    #[serde(default)]
    pub orders_forgotten: u64,
    /// Rows that the disk has written since the outbox was loaded.
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
        self.orders_remembered += other.orders_remembered;
        self.orders_completed += other.orders_completed;
        self.order_conflicts += other.order_conflicts;
        self.orders_forgotten += other.orders_forgotten;
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

/// The reason why a request failed, with its time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RefusedAt {
    /// The time, Unix milliseconds.
    pub millis: f64,
    /// The reason.
    pub refusal: Refusal,
}

/// An event in quarantine.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Quarantined {
    /// The event's number in quarantine. An operator replays it by this number.
    pub id: u64,
    /// The event's name.
    pub event_name: String,
    /// The event's id.
    pub event_id: String,
    /// The time at which it entered the quarantine, Unix milliseconds.
    pub since_millis: f64,
    /// The reason for the quarantine.
    pub refusal: Refusal,
}

/// The status of the worker.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Status {
    /// `ok`, or `alarm` if an operator must act.
    pub status: &'static str,
    /// The problems that an operator must solve, one sentence each.
    pub alarms: Vec<String>,
    /// The problems that an operator should look at, one sentence each.
    pub warnings: Vec<String>,
    /// The number of requests and events that the door refused, by reason. Nothing of them is
    /// stored.
    pub refused: BTreeMap<String, u64>,
    /// True if accepted events are on disk before the worker answers.
    pub durable: bool,
    /// The status of each dataset.
    pub datasets: Vec<DatasetStatus>,
}

/// Combines the outboxes. Adjacent outboxes of the same dataset become one entry.
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
    /// Adds the status of another outbox of the same dataset.
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
    /// Adds the counts that the door has not reported to an outbox yet, the door's warnings, and an
    /// alarm about its secrets.
    #[must_use]
    pub fn with_door(
        mut self,
        refused: &BTreeMap<&'static str, u64>,
        warnings: Vec<String>,
        alarm: Option<String>,
    ) -> Self {
        for (reason, count) in refused {
            add(&mut self.refused, reason, *count);
        }
        self.warnings.extend(warnings);
        if let Some(alarm) = alarm {
            self.alarms.insert(0, alarm);
            self.status = "alarm";
        }
        self
    }

    /// Returns the status in Prometheus' text format.
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
                    // A dataset id has only digits, so nothing needs escaping.
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
        metric(
            "orders_remembered_total",
            "counter",
            "Orders of which a visitor was stored.",
            &|one| count(one.totals.orders_remembered),
        );
        metric(
            "orders_completed_total",
            "counter",
            "Events that got a visitor's fields.",
            &|one| count(one.totals.orders_completed),
        );
        metric("order_conflicts_total", "counter", "Proofs that two visitors shared.", &|one| {
            count(one.totals.order_conflicts)
        });
        metric("orders_forgotten_total", "counter", "Orders forgotten on a no.", &|one| {
            count(one.totals.orders_forgotten)
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
            // An outbox stores the reasons that it was told. A reason that is not one of our codes
            // is skipped.
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
        let status = status(vec![told(2), told(3)]).with_door(
            &BTreeMap::from([("origin_not_allowed", 1), ("busy", 4)]),
            Vec::new(),
            None,
        );
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
