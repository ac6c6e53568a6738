//! Reports the status of an outbox. The cost does not depend on the number of waiting events.

use super::{Outbox, waits_until};
use crate::event::Trust;
use crate::relay::config::Config;
use crate::relay::outbox::disk::{Disk, Done};
use crate::relay::outbox::outcome::Sending;
use crate::relay::outbox::state;
use crate::relay::outbox::status::{
    DatasetStatus, LaneStatus, Lanes, Quarantined, Rates, RefusedAt, Totals,
};

impl Outbox {
    /// Returns the status, with the newest `quarantine_shown` events in quarantine.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn status(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        quarantine_shown: u32,
        now_millis: u64,
    ) -> Done<DatasetStatus> {
        let quarantine = match quarantine_shown {
            0 => Vec::new(),
            shown => disk.quarantined(shown)?,
        };
        let oldest = self.oldest_due(disk, config, now_millis)?;
        let lanes = Lanes {
            server: self.lane(Trust::Server, now_millis),
            page: self.lane(Trust::Page, now_millis),
        };
        let state = &self.state;
        // A lane that stopped is told of in `lanes` and by its alarm.
        let running = state.lanes.iter().filter(|lane| !lane.is_stopped);
        let failures = running.map(|lane| lane.failures).max().unwrap_or(0);
        let paused = [&lanes.server, &lanes.page].map(|lane| lane.paused_seconds);
        let sending = match state.sending {
            Sending::Fine if failures > 0 => Sending::Failing,
            sending => sending,
        };
        Ok(DatasetStatus {
            dataset_id: state.dataset_id.clone(),
            sending: name(sending).to_owned(),
            depth: lanes.server.depth + lanes.page.depth,
            oldest_due_seconds: oldest.map_or(0.0, |due| seconds(now_millis.saturating_sub(due))),
            waiting_apart: self.retries.len() as u64,
            paused_seconds: seconds(
                waits_until(state.paused_until_millis, now_millis).saturating_sub(now_millis),
            )
            .max(paused[0])
            .max(paused[1]),
            failures: u64::from(failures),
            last_success_millis: as_f64(state.last_success_millis),
            last_refusal: state.last_refusal.as_ref().map(|(millis, refusal)| RefusedAt {
                millis: as_f64(*millis),
                refusal: refusal.clone(),
            }),
            per_minute: Rates {
                accepted: self.rates.accepted.rate(now_millis),
                delivered: self.rates.delivered.rate(now_millis),
            },
            totals: totals(state.totals, state.orders),
            quarantined: state.quarantined.iter().sum(),
            quarantine: quarantine
                .into_iter()
                .map(|row| {
                    let (event_name, event_id) = name_and_id(&row.event);
                    Quarantined {
                        id: row.id,
                        event_name,
                        event_id,
                        since_millis: as_f64(row.since_millis),
                        refusal: serde_json::from_str(&row.refusal).unwrap_or_default(),
                    }
                })
                .collect(),
            stored_bytes: self.stored_bytes(),
            max_backlog_bytes: config.max_backlog_bytes(),
            warnings: self.warnings(config),
            is_configured: config.dataset(Some(&state.dataset_id)).is_some(),
            refused: std::collections::BTreeMap::new(),
            lanes,
        })
    }

    /// Returns the reason why the outbox is not healthy; `None` if it is healthy.
    #[must_use]
    pub fn health(&self, config: &Config) -> Option<String> {
        if self.state.sending == Sending::Stopped {
            return Some("sending stopped: see the status".to_owned());
        }
        if self.state.lanes.iter().any(|lane| lane.is_stopped) {
            return Some("a lane stopped: see the status".to_owned());
        }
        self.warnings(config).into_iter().next()
    }

    fn warnings(&self, config: &Config) -> Vec<String> {
        let mut warnings = Vec::new();
        let (used, most) = (self.stored_bytes(), config.max_backlog_bytes());
        if self.is_unsaved {
            warnings.push("the disk refuses writes: see the log".to_owned());
        }
        // A large intake is refused before pages have used four fifths of the outbox.
        let asked = self.no_room_for.max(1);
        if !self.fits_on_disk(Trust::Page, used.saturating_add(asked)) {
            let who = match self.fits_on_disk(Trust::Server, used.saturating_add(asked)) {
                true => "pages are",
                false => "pages and servers are",
            };
            warnings.push(format!(
                "the disk is nearly full: {who} refused. What was accepted goes out. Make room on the disk"
            ));
        } else if !self.has_room(config, Trust::Page, asked) {
            warnings.push(format!(
                "the outbox holds {used} of {most} bytes: pages are refused. Find out why Meta does not take the events, or raise \"maxBacklogBytes\""
            ));
        }
        let quarantined: u64 = self.state.quarantined.iter().sum();
        if quarantined >= u64::from(config.max_quarantined_events) {
            warnings.push(format!(
                "the quarantine is full with {quarantined} events: the oldest leave it. Look why Meta rejects them, and replay them"
            ));
        }
        warnings
    }

    fn lane(&self, trust: Trust, now_millis: u64) -> LaneStatus {
        let waiting = self.state.queues.iter().filter(|(queue, _)| queue.trust == trust);
        let in_line: u64 = waiting.map(|(_, state)| state.events).sum();
        let apart = self.retries.iter().filter(|head| head.trust == trust);
        let (batches, events) = apart
            .fold((0, 0), |(batches, events), head| (batches + 1, events + u64::from(head.events)));
        let lane: &state::Lane = self.state.lane(trust);
        let sending = match lane {
            lane if lane.is_stopped => Sending::Stopped,
            lane if lane.failures > 0 => Sending::Failing,
            _ => Sending::Fine,
        };
        LaneStatus {
            depth: in_line + events,
            waiting_apart: batches,
            sending: name(sending).to_owned(),
            paused_seconds: seconds(
                waits_until(lane.paused_until_millis, now_millis).saturating_sub(now_millis),
            ),
            batch_limit: lane.batch_limit,
        }
    }

    fn oldest_due(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        now_millis: u64,
    ) -> Done<Option<u64>> {
        let mut oldest = self.retries.iter().map(|head| head.since_millis).min();
        for queue in self.waiting_queues() {
            let due = self.due_of(disk, config, queue, now_millis)?;
            oldest = [oldest, due].into_iter().flatten().min();
        }
        Ok(oldest)
    }
}

fn totals(totals: state::Totals, orders: state::OrderCounts) -> Totals {
    let state::Totals {
        accepted,
        repeated,
        merged,
        delivered,
        quarantined,
        dropped,
        requests,
        failed_requests,
        writes,
        full,
    } = totals;
    Totals {
        accepted,
        repeated,
        delivered,
        quarantined,
        requests,
        failed_requests,
        writes,
        merged,
        dropped,
        full,
        orders_remembered: orders.remembered,
        orders_completed: orders.completed,
        order_conflicts: orders.conflicts,
        orders_forgotten: orders.forgotten,
        rows_written: 0,
    }
}

fn name(sending: Sending) -> &'static str {
    match sending {
        Sending::Fine => "fine",
        Sending::Failing => "failing",
        Sending::Throttled => "throttled",
        Sending::Stopped => "stopped",
    }
}

fn name_and_id(event: &str) -> (String, String) {
    let event: serde_json::Value = serde_json::from_str(event).unwrap_or_default();
    let text = |key: &str| event.get(key).and_then(|value| value.as_str()).unwrap_or_default();
    (text("event_name").to_owned(), text("event_id").to_owned())
}

fn seconds(millis: u64) -> f64 {
    as_f64(millis) / 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds are exact until the year 287396")]
fn as_f64(number: u64) -> f64 {
    number as f64
}
