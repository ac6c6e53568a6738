//! Settles a batch after Meta's answer, or after no answer.

use std::ops::RangeInclusive;

use super::Outbox;
use super::send::{InFlight, Source};
use crate::event::Trust;
use crate::relay::config::{Config, MAX_EVENTS_PER_REQUEST};
use crate::relay::outbox::block::{Block, Entry, MAX_BLOCK_BYTES};
use crate::relay::outbox::disk::{Disk, Done, QuarantineRow, RetryHead};
use crate::relay::outbox::outcome::{Attempt, Fate, Outcome, Sending, outcome};
use crate::relay::outbox::queue::{Place, Queue};
use crate::relay::outbox::verdict::{Refusal, Verdict, unwritable, verdict};

/// The number of events in a row that Meta rejects alone, with the same code, before their lane
/// stops.
const ALONE_BEFORE_STOP: usize = 5;
/// The number of tries of an event that Meta rejected alone before its lane stopped. If Meta
/// rejects it again once the lane runs, the event goes to quarantine and does not stop the lane
/// again.
const FAILED_ALONE: u32 = 1;
/// The shortest and the longest wait of a stopped lane before it tries one event, in milliseconds.
/// Perhaps one page sent the five events, and events of others wait behind them: the first tries
/// are close together. After [`QUICK_TRIES`] the wait doubles with each event that Meta rejects.
const STOPPED_MILLIS: RangeInclusive<u64> = 1_000..=60_000;
const QUICK_TRIES: u32 = 8;
/// A time after any real time, Unix milliseconds: 2^53 - 1, the largest that every host can
/// represent.
const ALWAYS_MILLIS: u64 = u64::MAX >> 11;
/// The bytes that a row of the quarantine takes beside its texts.
pub(super) const QUARANTINE_ROW_BYTES: u64 = 64;

/// The answer to a request.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The HTTP status; 0 if there was no answer.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
    /// The wait that Meta's headers ask for, in milliseconds.
    pub asked_wait_millis: u64,
    /// True if the answer did not come in time.
    pub is_timeout: bool,
    /// The time that the answer took, in milliseconds.
    pub took_millis: u64,
}

/// The result of settling a batch.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settled {
    /// The next step for its events.
    pub fate: Fate,
    /// The state of sending.
    pub sending: Sending,
    /// The number of its events.
    pub events: u32,
    /// The trust in its events.
    pub trust: Trust,
    /// The reason, if Meta did not accept them.
    pub refusal: Option<Refusal>,
    /// The wait of its lane or of the whole outbox, in milliseconds.
    pub waits_millis: u64,
    /// The number of events that were too old to be sent.
    pub expired: u32,
    /// The number of events of damaged blocks.
    pub damaged: u32,
}

impl Outbox {
    /// Settles the batch in flight with Meta's answer. `chance` is any random number; it spreads
    /// the retries.
    ///
    /// # Errors
    /// An error of the disk. The host then rolls back and loads the outbox again. The events are
    /// sent again.
    pub fn settle(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        answered: Answered<'_>,
        chance: u32,
        now_millis: u64,
    ) -> Done<Option<Settled>> {
        let Some(flight) = self.in_flight.take() else { return Ok(None) };
        let events = u32::try_from(flight.batch.len()).unwrap_or(u32::MAX);
        let said = verdict(answered.status, answered.body, events);
        self.adapt(config, &flight, &said, answered, events);
        self.apply(disk, config, flight, said, answered.asked_wait_millis, chance, now_millis)
            .map(Some)
    }

    /// Settles the picked batch as one with a bad event, because the host failed to write it into a
    /// request. A single event goes to quarantine. Several events are halved.
    ///
    /// # Errors
    /// The same as those of [`settle`](Self::settle).
    pub fn set_aside(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        now_millis: u64,
    ) -> Done<Option<Settled>> {
        if self.in_flight.is_none() && !self.pick_sendable(disk, config, now_millis, 1)? {
            return Ok(None);
        }
        let Some(flight) = self.in_flight.take() else { return Ok(None) };
        self.apply(disk, config, flight, unwritable(), 0, 0, now_millis).map(Some)
    }

    /// Settles a batch in which no event can be sent.
    pub(super) fn settle_empty(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        now_millis: u64,
    ) -> Done<()> {
        let Some(flight) = self.in_flight.take() else { return Ok(()) };
        self.aside(disk, config, &flight, now_millis)?;
        self.state.totals.dropped += flight.dropped;
        self.advance(disk, flight, 0)?;
        self.save(disk)
    }

    /// Adapts the number of events in the lane's next requests: fewer after a timeout or a request
    /// that was too large, more after a success.
    fn adapt(
        &mut self,
        config: &Config,
        flight: &InFlight,
        said: &Verdict,
        answered: Answered<'_>,
        events: u32,
    ) {
        let most = u32::try_from(MAX_EVENTS_PER_REQUEST).unwrap_or(u32::MAX);
        let lane = self.state.lane_mut(flight.trust);
        if answered.is_timeout || matches!(said, Verdict::TooLarge { .. }) {
            lane.batch_limit = (events / 2).clamp(1, most);
        } else if matches!(said, Verdict::Accepted) && events >= lane.batch_limit {
            // The limit only doubles if the answer was far from the timeout.
            let timeout = u64::from(config.timeout_millis);
            let more = match answered.took_millis {
                took if took * 4 <= timeout => lane.batch_limit,
                took if took * 3 <= timeout * 2 => (lane.batch_limit / 8).max(1),
                _ => 0,
            };
            lane.batch_limit = lane.batch_limit.saturating_add(more).min(most);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "an answer, and the moment that it came")]
    fn apply(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        flight: InFlight,
        said: Verdict,
        asked_millis: u64,
        chance: u32,
        now_millis: u64,
    ) -> Done<Settled> {
        let trust = flight.trust;
        let (tries, since) = match &flight.source {
            Source::Retry { head, .. } => (head.tries, head.since_millis),
            Source::Line { .. } => (0, now_millis),
        };
        let events = u32::try_from(flight.batch.len()).unwrap_or(u32::MAX);
        let is_fault = matches!(said, Verdict::Fault { .. });
        let is_rejected = matches!(said, Verdict::BadEvent { .. } | Verdict::TooLarge { .. });
        let attempt = Attempt {
            events,
            tries,
            failures: self.state.lane(trust).failures,
            // A time ahead of now was written by a clock that jumped.
            others_taken: (since + 1..=now_millis).contains(&self.state.last_success_millis),
        };
        let mut decided = outcome(config, attempt, said, asked_millis, chance);
        let is_alone = is_rejected && decided.fate == Fate::Quarantined;
        if is_alone && self.is_still_stopped(trust, decided.refusal.as_ref()) {
            // The stopped lane tried one event, and Meta rejected it again. The event waits like
            // the others.
            decided.fate = Fate::Again;
            decided.tries = FAILED_ALONE;
            decided.events_wait_millis = *STOPPED_MILLIS.end();
        }
        let mut settled = Settled {
            fate: decided.fate,
            sending: decided.sending,
            events,
            trust,
            refusal: decided.refusal.clone(),
            waits_millis: decided.dataset_waits_millis,
            expired: u32::try_from(flight.expired.len()).unwrap_or(u32::MAX),
            damaged: u32::try_from(flight.damaged.len()).unwrap_or(u32::MAX),
        };
        self.state.totals.requests += 1;
        if !matches!(decided.fate, Fate::Delivered | Fate::Kept) {
            self.note_unsure(&flight);
        }
        if decided.fate != Fate::Kept {
            self.aside(disk, config, &flight, now_millis)?;
            self.state.totals.dropped += flight.dropped;
        }
        match decided.fate {
            Fate::Delivered => {
                self.state.totals.delivered += u64::from(events);
                self.state.last_success_millis = now_millis;
                self.rates.delivered.add(u64::from(events), now_millis);
                let lane = self.state.lane_mut(trust);
                (lane.is_stopped, lane.alone) = (false, Default::default());
                self.advance(disk, flight, events)?;
            }
            Fate::Quarantined => {
                let refusal = decided.refusal.clone().unwrap_or_default();
                let ids =
                    self.quarantine(disk, config, trust, &flight.batch, &refusal, now_millis)?;
                self.advance(disk, flight, events)?;
                if is_alone && tries == 0 {
                    self.note_alone(disk, trust, &refusal, ids, now_millis)?;
                    if self.state.lane(trust).is_stopped {
                        settled.sending = Sending::Stopped;
                        settled.waits_millis = settled.waits_millis.max(*STOPPED_MILLIS.start());
                    }
                }
            }
            Fate::Again => self.wait(disk, flight, &decided, since, now_millis, false)?,
            Fate::Halved => self.wait(disk, flight, &decided, since, now_millis, true)?,
            Fate::Kept => {}
        }
        self.note_sending(trust, &decided, is_fault, now_millis);
        self.save(disk)?;
        Ok(settled)
    }

    /// Remembers that Meta may not have the page events of a batch from a queue.
    fn note_unsure(&mut self, flight: &InFlight) {
        if let (Trust::Page, Source::Line { queue, until, .. }) = (flight.trust, &flight.source) {
            let cursor = self.state.queues.get(queue).map(|state| state.cursor);
            self.state.unsure.add(cursor.unwrap_or_default().seq, until.seq);
        }
    }

    /// Returns true if the lane is stopped and Meta rejected an event with the same code again.
    fn is_still_stopped(&self, trust: Trust, refusal: Option<&Refusal>) -> bool {
        let lane = self.state.lane(trust);
        let code = refusal.map(|refusal| (refusal.code, refusal.error_subcode));
        lane.is_stopped && code == Some(lane.alone.code)
    }

    /// Stores the state of sending, and the end of the wait of the lane or of the whole outbox.
    fn note_sending(&mut self, trust: Trust, decided: &Outcome, is_fault: bool, now_millis: u64) {
        let state = &mut self.state;
        let until = match decided.dataset_waits_millis {
            0 => 0,
            wait => now_millis.saturating_add(wait),
        };
        if let Some(refusal) = &decided.refusal {
            state.last_refusal = Some((now_millis, refusal.clone()));
            state.totals.failed_requests += 1;
        }
        let lane = state.lane_mut(trust);
        let failures = lane.failures;
        if is_fault {
            lane.failures = lane.failures.saturating_add(1);
            lane.paused_until_millis = until;
        } else {
            match decided.sending {
                Sending::Fine => lane.failures = 0,
                Sending::Failing | Sending::Throttled | Sending::Stopped => {
                    lane.failures =
                        if decided.refusal.is_some() { lane.failures.saturating_add(1) } else { 0 };
                }
            }
            if lane.is_stopped {
                lane.failures = failures.saturating_add(1);
                lane.paused_until_millis = now_millis.saturating_add(stopped_millis(failures));
            } else {
                lane.paused_until_millis = 0;
            }
            state.paused_until_millis = until;
        }
        state.sending = decided.sending;
    }

    /// Lets a stopped lane soon try an event that Meta has not rejected yet. It was the first to
    /// arrive since the lane tried all others.
    pub(super) fn try_soon(&mut self, trust: Trust, now_millis: u64) {
        let lane = self.state.lane_mut(trust);
        if lane.is_stopped {
            let soon = now_millis.saturating_add(*STOPPED_MILLIS.start());
            lane.paused_until_millis = lane.paused_until_millis.min(soon);
            lane.failures = 0;
        }
    }

    /// Moves the cursor or shortens the retry batch, past the settled events.
    fn advance(&mut self, disk: &mut impl Disk, flight: InFlight, events: u32) -> Done<()> {
        let others = flight.expired.len() + flight.damaged.len();
        let gone = u64::from(events) + others as u64 + flight.dropped;
        match flight.source {
            Source::Line { queue, until, bytes, end } => {
                // If no row came while these events were in flight, the queue is empty. The
                // counters may differ.
                let is_end = end == Some(self.state.next_seq);
                self.pass(queue, until, gone, bytes, is_end);
            }
            Source::Retry { head, rest } => {
                if rest.is_empty() {
                    disk.drop_retry(head.id)?;
                    self.forget_retry(head.id);
                } else {
                    self.rewrite_retry(disk, head, &rest)?;
                }
            }
        }
        Ok(())
    }

    fn pass(&mut self, queue: Queue, until: Place, events: u64, bytes: u64, is_end: bool) {
        let state = self.state.queues.entry(queue).or_default();
        state.cursor = until;
        state.events = if is_end { 0 } else { state.events.saturating_sub(events) };
        state.bytes = if is_end { 0 } else { state.bytes.saturating_sub(bytes) };
        self.due.remove(&queue);
    }

    fn forget_retry(&mut self, id: u64) {
        if let Some(at) = self.retries.iter().position(|head| head.id == id) {
            let head = self.retries.swap_remove(at);
            self.state.retry_bytes = self.state.retry_bytes.saturating_sub(u64::from(head.bytes));
        }
    }

    fn rewrite_retry(&mut self, disk: &mut impl Disk, head: RetryHead, rest: &Block) -> Done<()> {
        let data = rest.encode();
        let head = RetryHead {
            events: u32::try_from(rest.len()).unwrap_or(u32::MAX),
            bytes: u32::try_from(data.len()).unwrap_or(u32::MAX),
            ..head
        };
        disk.put_retry(&head, &data)?;
        self.forget_retry(head.id);
        self.state.retry_bytes += u64::from(head.bytes);
        self.retries.push(head);
        Ok(())
    }

    /// Makes the events of a batch a retry batch, whole or in two halves.
    fn wait(
        &mut self,
        disk: &mut impl Disk,
        flight: InFlight,
        decided: &Outcome,
        since_millis: u64,
        now_millis: u64,
        is_halved: bool,
    ) -> Done<()> {
        let due_millis = now_millis.saturating_add(decided.events_wait_millis);
        if let (Source::Retry { head, rest }, false) = (&flight.source, is_halved)
            && rest.is_empty()
            && flight.expired.is_empty()
            && flight.damaged.is_empty()
        {
            // The same retry batch failed again. Its events stay where they are.
            let head = RetryHead { due_millis, tries: decided.tries, ..head.clone() };
            disk.touch_retry(&head)?;
            if let Some(old) = self.retries.iter_mut().find(|old| old.id == head.id) {
                *old = head;
            }
            return Ok(());
        }
        let size = match is_halved {
            true => flight.batch.len().div_ceil(2),
            false => flight.batch.len(),
        };
        for part in parts(&flight.batch, size) {
            self.put_retry(disk, flight.trust, &part, decided.tries, due_millis, since_millis)?;
        }
        let events = u32::try_from(flight.batch.len()).unwrap_or(u32::MAX);
        self.advance(disk, flight, events)
    }

    pub(super) fn put_retry(
        &mut self,
        disk: &mut impl Disk,
        trust: Trust,
        part: &Block,
        tries: u32,
        due_millis: u64,
        since_millis: u64,
    ) -> Done<()> {
        let data = part.encode();
        let head = RetryHead {
            id: self.state.next_retry,
            trust,
            events: u32::try_from(part.len()).unwrap_or(u32::MAX),
            bytes: u32::try_from(data.len()).unwrap_or(u32::MAX),
            tries,
            due_millis,
            since_millis,
        };
        disk.put_retry(&head, &data)?;
        self.state.next_retry += 1;
        self.state.retry_bytes += u64::from(head.bytes);
        self.retries.push(head);
        Ok(())
    }

    /// Puts the expired and damaged events of a batch into quarantine.
    fn aside(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        flight: &InFlight,
        now_millis: u64,
    ) -> Done<()> {
        let refusal = |error_subcode, message: &str| Refusal {
            error_subcode,
            message: message.to_owned(),
            ..Refusal::default()
        };
        let too_old = refusal(
            2_804_003,
            "too old before it could be sent: Meta takes events of the last 7 days, of stores 62",
        );
        let damaged = refusal(0, "damaged on disk: its checksum is wrong");
        for (block, refusal) in [(&flight.expired, too_old), (&flight.damaged, damaged)] {
            if !block.is_empty() {
                self.note_unsure(flight);
                self.quarantine(disk, config, flight.trust, block, &refusal, now_millis)?;
            }
        }
        Ok(())
    }

    /// Puts events into quarantine with the reason. If the quarantine is full,
    /// [`make_room`](Self::make_room) drops an older event. If it cannot, the new event is dropped.
    pub(super) fn quarantine(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        trust: Trust,
        block: &Block,
        refusal: &Refusal,
        now_millis: u64,
    ) -> Done<Vec<u64>> {
        let reason = serde_json::to_string(refusal).unwrap_or_default();
        let mut ids = Vec::new();
        for entry in block.entries().filter(|entry| !entry.is_gone()) {
            self.state.totals.quarantined += 1;
            if self.state.quarantined.iter().sum::<u64>()
                >= u64::from(config.max_quarantined_events)
                && !self.make_room(disk, trust)?
            {
                self.state.totals.dropped += 1;
                continue;
            }
            let row = QuarantineRow {
                id: self.state.next_quarantine,
                trust,
                event: entry.json(),
                main_body: entry.main_body().to_owned(),
                send_before: entry.stored().send_before,
                refusal: reason.clone(),
                since_millis: now_millis,
            };
            disk.quarantine(&row)?;
            ids.push(row.id);
            self.state.next_quarantine += 1;
            *self.state.quarantined_mut(trust) += 1;
            self.state.quarantine_bytes += bytes_of(&row);
        }
        Ok(ids)
    }

    /// Drops the oldest page's event from the quarantine, or else the oldest event of the same
    /// trust. Returns false if there is none.
    fn make_room(&mut self, disk: &mut impl Disk, trust: Trust) -> Done<bool> {
        for of in [Trust::Page, trust] {
            if let Some(&(id, of)) = disk.quarantined_before(ALWAYS_MILLIS, Some(of), 1)?.first() {
                let row = disk.quarantined_from(id, 1)?.into_iter().find(|row| row.id == id);
                disk.drop_quarantined(id, id)?;
                self.left_quarantine(of, row.as_ref());
                self.state.totals.dropped += 1;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Notes an event that Meta rejected alone. Five in a row with one code, and no success in
    /// between, have another cause than the events. The lane then stops, and the five become retry
    /// batches.
    fn note_alone(
        &mut self,
        disk: &mut impl Disk,
        trust: Trust,
        refusal: &Refusal,
        ids: Vec<u64>,
        now_millis: u64,
    ) -> Done<()> {
        let code = (refusal.code, refusal.error_subcode);
        let lane = self.state.lane_mut(trust);
        if lane.alone.code != code {
            (lane.alone.code, lane.alone.ids) = (code, Vec::new());
        }
        lane.alone.ids.extend(ids);
        if lane.alone.ids.len() < ALONE_BEFORE_STOP {
            return Ok(());
        }
        lane.is_stopped = true;
        let ids = std::mem::take(&mut lane.alone.ids);
        for id in ids {
            let Some(row) = disk.quarantined_from(id, 1)?.into_iter().find(|row| row.id == id)
            else {
                continue;
            };
            disk.drop_quarantined(id, id)?;
            let mut block = Block::default();
            block.push(&row.main_body, &[], stored(&row), true);
            let due = now_millis.saturating_add(*STOPPED_MILLIS.end());
            self.put_retry(disk, trust, &block, FAILED_ALONE, due, now_millis)?;
            self.left_quarantine(trust, Some(&row));
            self.state.totals.quarantined = self.state.totals.quarantined.saturating_sub(1);
        }
        Ok(())
    }
}

/// Returns the wait of a stopped lane after so many failures.
fn stopped_millis(failures: u32) -> u64 {
    let doublings = failures.saturating_sub(QUICK_TRIES).min(16);
    (STOPPED_MILLIS.start() << doublings).min(*STOPPED_MILLIS.end())
}

/// Returns the number of bytes that an event takes in quarantine.
pub(super) fn bytes_of(row: &QuarantineRow) -> u64 {
    (row.event.len() + row.main_body.len() + row.refusal.len()) as u64 + QUARANTINE_ROW_BYTES
}

/// Converts an event in quarantine to an event of a block.
pub(super) fn stored(row: &QuarantineRow) -> crate::relay::outbox::block::Stored {
    crate::relay::outbox::block::Stored {
        send_before: row.send_before,
        is_withheld: false,
        facts: 0,
        event: row.event.clone(),
    }
}

/// Splits a block into parts of at most `size` events. No part is larger than a row may be.
fn parts(block: &Block, size: usize) -> Vec<Block> {
    let mut parts: Vec<Block> = Vec::new();
    let (mut count, mut bytes) = (usize::MAX, 0);
    // With the facts and the main body of its request, which every part may need again.
    let bytes_of = |entry: &Entry<'_>| entry.json().len() + entry.main_body().len() + 64;
    for entry in block.entries() {
        if count >= size || bytes + bytes_of(&entry) > MAX_BLOCK_BYTES {
            parts.push(Block::default());
            (count, bytes) = (0, 0);
        }
        if let Some(part) = parts.last_mut() {
            bytes += bytes_of(&entry);
            part.push_entry(entry);
            count += 1;
        }
    }
    parts
}
