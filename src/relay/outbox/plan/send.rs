//! Picks the next batch: its lane, its queue and the number of its events.

use super::{MAX_RETRIES, Outbox, waits_until};
use crate::event::Trust;
use crate::relay::config::{Config, MAX_BYTES_PER_REQUEST};
use crate::relay::outbox::block::{Block, Damaged, Entry};
use crate::relay::outbox::delivery::{Delivery, Secrets, delivery};
use crate::relay::outbox::disk::{Disk, Done, RetryHead, Row};
use crate::relay::outbox::key::Key;
use crate::relay::outbox::outcome::Sending;
use crate::relay::outbox::queue::{Place, Queue};
use crate::relay::outbox::verdict::Refusal;

/// One of so many requests is for pages, while both lanes have events that are due.
const PAGES_ONE_OF: u32 = 5;
/// The maximum number of rows that are read at once.
const ROWS_PER_READ: u32 = 64;
/// The time after which an overdue retry batch goes before smaller ones, in milliseconds.
const LATE_MILLIS: u64 = 60_000;
/// The maximum number of events that cannot be sent and leave the outbox in one slice.
const MAX_UNSENDABLE: u64 = 1_000;
/// The maximum number of such slices before the host looks after other work.
const MAX_UNSENDABLE_SLICES: u32 = 20;
/// The wait of a dataset without a token, in milliseconds.
const NO_TOKEN_MILLIS: u64 = 60_000;

/// The next step of the host.
pub enum Next {
    /// Post this request, then call [`Outbox::settle`] with the answer.
    Send(Outgoing),
    /// Nothing is due.
    Nothing,
}

/// A request to Meta.
pub struct Outgoing {
    /// The request.
    pub delivery: Delivery,
    /// The number of its events.
    pub events: u32,
}

/// A batch in flight: its request was handed out and is not settled yet.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) trust: Trust,
    pub(super) source: Source,
    /// The events in the request.
    pub(super) batch: Block,
    pub(super) bytes: usize,
    /// Events that are too old for Meta. They go to quarantine when the batch is settled.
    pub(super) expired: Block,
    /// Events of damaged blocks. They go to quarantine, too.
    pub(super) damaged: Block,
    /// The number of pages' events that are dropped: their server's copy never came, or it replaced
    /// them.
    pub(super) dropped: u64,
}

/// The place that the events come from.
#[derive(Debug)]
pub(super) enum Source {
    /// A queue, up to the place `until`.
    Line {
        queue: Queue,
        until: Place,
        /// The size of the rows that are settled completely, in bytes.
        bytes: u64,
        /// The number of the next new row, if the queue has no events after `until`.
        end: Option<u64>,
    },
    /// A retry batch. `rest` holds the events that are not in this request.
    Retry { head: RetryHead, rest: Block },
}

impl InFlight {
    /// Returns the place up to which events of a queue are in flight.
    pub(super) fn until(&self, of: Queue) -> Option<Place> {
        match &self.source {
            Source::Line { queue, until, .. } if *queue == of => Some(*until),
            Source::Line { .. } | Source::Retry { .. } => None,
        }
    }

    fn new(trust: Trust, source: Source) -> Self {
        let (batch, expired, damaged) = (Block::default(), Block::default(), Block::default());
        Self { trust, source, batch, bytes: 0, expired, damaged, dropped: 0 }
    }

    /// Returns the number of events that cannot be sent.
    fn unsendable(&self) -> u64 {
        self.expired.len() as u64 + self.damaged.len() as u64 + self.dropped
    }

    /// Returns true if events that cannot be sent may join. They leave the outbox by themselves, in
    /// slices, whatever Meta answers.
    fn can_take_unsendable(&self) -> bool {
        self.batch.is_empty() && self.unsendable() < MAX_UNSENDABLE
    }

    /// Adds an event to the batch, or to those that cannot be sent. Returns false if the request
    /// would be too large, if the event has another main body, or if it does not go with the
    /// others.
    fn take(&mut self, entry: Entry<'_>, now_millis: u64) -> bool {
        let stored = entry.stored();
        if entry.is_gone() {
            return true;
        }
        let now_millis = i64::try_from(now_millis).unwrap_or(i64::MAX);
        let is_expired = stored.send_before.saturating_mul(1_000) < now_millis;
        if stored.is_withheld || is_expired {
            if !self.can_take_unsendable() {
                return false;
            }
            match stored.is_withheld {
                true => self.dropped += 1,
                false => self.expired.push_entry(entry),
            }
            return true;
        }
        if self.unsendable() > 0 {
            return false;
        }
        let first = self.batch.entries().next().map(|first| first.main_body().to_owned());
        // The size includes the facts of its request.
        let bytes = entry.json().len() + 1;
        let is_same = first.is_none_or(|first| first == entry.main_body());
        if !is_same || self.bytes > 0 && self.bytes + bytes > MAX_BYTES_PER_REQUEST {
            return false;
        }
        self.bytes += bytes;
        self.batch.push_entry(entry);
        true
    }
}

impl Outbox {
    /// Returns the next request. `most` limits the number of its events. The host lowers it after
    /// it failed on a request.
    ///
    /// # Errors
    /// An error of the disk.
    pub fn next(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        secrets: Option<&Secrets<'_>>,
        now_millis: u64,
        most: u32,
    ) -> Done<Next> {
        if self.in_flight.is_none()
            && (self.is_paused(now_millis)
                || !self.pick_sendable(disk, config, now_millis, most)?)
        {
            return Ok(Next::Nothing);
        }
        let Some(flight) = &self.in_flight else { return Ok(Next::Nothing) };
        let Some(secrets) = secrets else {
            self.in_flight = None;
            self.pause_without_token(disk, now_millis)?;
            return Ok(Next::Nothing);
        };
        let main_body = flight.batch.entries().next().map(|entry| entry.main_body().to_owned());
        let events: Vec<String> = flight.batch.entries().map(|entry| entry.json()).collect();
        let dataset = &self.state.dataset_id;
        let delivery = delivery(config, dataset, secrets, &main_body.unwrap_or_default(), &events);
        Ok(Next::Send(Outgoing {
            delivery,
            events: u32::try_from(events.len()).unwrap_or(u32::MAX),
        }))
    }

    /// Cancels the request that was handed out, because it was not sent.
    pub fn recall(&mut self) {
        self.in_flight = None;
    }

    fn is_paused(&self, now_millis: u64) -> bool {
        waits_until(self.state.paused_until_millis, now_millis) > now_millis
    }

    fn pause_without_token(&mut self, disk: &mut impl Disk, now_millis: u64) -> Done<()> {
        let id = &self.state.dataset_id;
        let message =
            format!("no token: set the secret META_ACCESS_TOKEN or META_ACCESS_TOKEN_{id}");
        self.state.sending = Sending::Stopped;
        self.state.paused_until_millis = now_millis + NO_TOKEN_MILLIS;
        self.state.last_refusal = Some((now_millis, Refusal { message, ..Refusal::default() }));
        self.save(disk)
    }

    /// Picks the next batch with events that can be sent. Settles those that cannot, in slices.
    /// Returns false if nothing is due, or after the last slice of this call.
    pub(super) fn pick_sendable(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        now_millis: u64,
        most: u32,
    ) -> Done<bool> {
        for _ in 0..MAX_UNSENDABLE_SLICES {
            if !self.pick(disk, config, now_millis, most)? {
                return Ok(false);
            }
            if self.in_flight.as_ref().is_some_and(|flight| !flight.batch.is_empty()) {
                return Ok(true);
            }
            self.settle_empty(disk, config, now_millis)?;
        }
        Ok(false)
    }

    /// Picks the next batch. Returns false if nothing is due. While both lanes have due events,
    /// servers get four of five requests. In a lane, queues and retry batches take turns.
    fn pick(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        now_millis: u64,
        most: u32,
    ) -> Done<bool> {
        let is_turn_of_pages = self.turn % PAGES_ONE_OF == PAGES_ONE_OF - 1;
        let lanes = match is_turn_of_pages {
            true => [Trust::Page, Trust::Server],
            false => [Trust::Server, Trust::Page],
        };
        for trust in lanes {
            if waits_until(self.state.lane(trust).paused_until_millis, now_millis) > now_millis {
                continue;
            }
            let lane = self.state.lane(trust);
            // A stopped lane sends one event, to test if Meta accepts it now.
            let limit = if lane.is_stopped { 1 } else { lane.batch_limit.min(most).max(1) };
            // It takes an event that Meta has not rejected yet, if there is one.
            let is_line_next =
                lane.is_stopped || self.is_line_next[usize::from(trust == Trust::Page)];
            for is_line in [is_line_next, !is_line_next] {
                if is_line && self.has_too_many_retries(trust) {
                    continue;
                }
                let flight = if is_line {
                    self.line(disk, config, trust, now_millis, limit)?
                } else {
                    self.retry(disk, trust, now_millis, limit)?
                };
                let Some(flight) = flight else { continue };
                self.is_line_next[usize::from(trust == Trust::Page)] = !is_line;
                self.turn = self.turn.wrapping_add(1);
                self.in_flight = Some(flight);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns true if a lane has so many retry batches that it sends these only.
    pub(super) fn has_too_many_retries(&self, trust: Trust) -> bool {
        self.retries.iter().filter(|head| head.trust == trust).count() >= MAX_RETRIES
    }

    /// Picks the next events of the queue that has been due for the longest time.
    fn line(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        trust: Trust,
        now_millis: u64,
        limit: u32,
    ) -> Done<Option<InFlight>> {
        let queues: Vec<Queue> = self
            .state
            .queues
            .iter()
            .filter(|(queue, state)| queue.trust == trust && state.events > 0)
            .map(|(queue, _)| *queue)
            .collect();
        let mut oldest = None;
        for queue in queues {
            let Some(due) = self.due_of(disk, config, queue, now_millis)? else { continue };
            if config.on_grid(due) <= now_millis && oldest.is_none_or(|(other, _)| due < other) {
                oldest = Some((due, queue));
            }
        }
        match oldest {
            Some((_, queue)) => self.gather(disk, config, queue, now_millis, limit).map(Some),
            None => Ok(None),
        }
    }

    /// Returns the due time of the first waiting event of a queue. A time beyond the longest hold
    /// was written by a clock that jumped, or under another configuration. Such an event is due at
    /// once.
    pub(super) fn due_of(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        queue: Queue,
        now_millis: u64,
    ) -> Done<Option<u64>> {
        if !self.due.contains_key(&queue) {
            let cursor =
                self.state.queues.get(&queue).map(|state| state.cursor).unwrap_or_default();
            let row = self.rows(disk, queue, cursor.seq, 1)?.into_iter().next();
            match row {
                Some(row) => drop(self.due.insert(queue, row.head.due_millis)),
                None => {
                    // The counters were wrong: the queue is empty.
                    if let Some(state) = self.state.queues.get_mut(&queue) {
                        (state.events, state.bytes) = (0, 0);
                    }
                }
            }
        }
        let due = self.due.get(&queue).copied();
        let latest = latest_due(config, queue, now_millis);
        Ok(due.map(|due| if due > latest { config.due_at_once(now_millis) } else { due }))
    }

    /// Returns rows of a queue from row number `from` on, of the first segment that has some.
    fn rows(&self, disk: &mut impl Disk, queue: Queue, from: u64, most: u32) -> Done<Vec<Row>> {
        let first = self.segment_of(from).unwrap_or(0);
        for segment in self.state.segments.range(first..).map(|(segment, _)| *segment) {
            let rows = disk.rows_of(segment, queue, from, most)?;
            if !rows.is_empty() {
                return Ok(rows);
            }
        }
        Ok(Vec::new())
    }

    fn gather(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        queue: Queue,
        now_millis: u64,
        limit: u32,
    ) -> Done<InFlight> {
        let mut place = self.state.queues.get(&queue).map(|state| state.cursor).unwrap_or_default();
        let latest = latest_due(config, queue, now_millis);
        let line = Source::Line { queue, until: place, bytes: 0, end: None };
        let mut flight = InFlight::new(queue.trust, line);
        let (mut whole, mut end) = (0, None);
        'read: loop {
            let rows = self.rows(disk, queue, place.seq, ROWS_PER_READ.min(limit))?;
            if rows.is_empty() {
                end = Some(self.state.next_seq);
                break;
            }
            for row in rows {
                let due = row.head.due_millis;
                if config.on_grid(due) > now_millis && due <= latest {
                    break 'read;
                }
                let at = if row.head.seq == place.seq { place.at } else { 0 };
                match Block::decode(&row.data) {
                    Ok(block) => {
                        for (number, entry) in block.entries().enumerate().skip(at as usize) {
                            let number = u32::try_from(number).unwrap_or(u32::MAX);
                            if flight.batch.len() >= limit as usize
                                || !flight.take(entry, now_millis)
                            {
                                place = Place { seq: row.head.seq, at: number };
                                break 'read;
                            }
                        }
                    }
                    Err(Damaged(_)) if !flight.can_take_unsendable() => {
                        place = Place { seq: row.head.seq, at };
                        break 'read;
                    }
                    Err(Damaged(block)) => flight.damage(&block, row.head.events, at),
                }
                place = Place { seq: row.head.seq + 1, at: 0 };
                whole += u64::from(row.head.bytes);
            }
            if flight.batch.len() >= limit as usize {
                break;
            }
        }
        flight.source = Source::Line { queue, until: place, bytes: whole, end };
        Ok(flight)
    }

    /// Picks the due retry batch with the fewest failed tries, up to the limit of one request. Of
    /// those, picks the smallest, so that a bad event is found in few requests. A batch that has
    /// been due for a minute goes first.
    fn retry(
        &mut self,
        disk: &mut impl Disk,
        trust: Trust,
        now_millis: u64,
        limit: u32,
    ) -> Done<Option<InFlight>> {
        let due = self.retries.iter().filter(|head| {
            head.trust == trust && waits_until(head.due_millis, now_millis) <= now_millis
        });
        let order = |head: &&RetryHead| {
            let is_late = head.due_millis.saturating_add(LATE_MILLIS) <= now_millis;
            let rank = if is_late { (0, 0) } else { (head.tries, head.events) };
            (!is_late, rank, head.due_millis, head.id)
        };
        let Some(head) = due.min_by_key(order).cloned() else { return Ok(None) };
        if !self.retry_budgets[usize::from(trust == Trust::Page)].spend(now_millis) {
            return Ok(None);
        }
        let data = disk.retry(head.id)?.unwrap_or_default();
        let id = head.id;
        let source = Source::Retry { head, rest: Block::default() };
        let mut flight = InFlight::new(trust, source);
        let mut rest = Block::default();
        match Block::decode(&data) {
            Ok(block) => {
                for entry in block.entries() {
                    if trust == Trust::Page && self.has_servers_copy(disk, entry, now_millis)? {
                        flight.dropped += 1;
                        continue;
                    }
                    let is_full = flight.batch.len() >= limit as usize || !rest.is_empty();
                    if is_full || !flight.take(entry, now_millis) {
                        rest.push_entry(entry);
                    }
                }
            }
            Err(Damaged(block)) => {
                let events = self.retries.iter().find(|head| head.id == id);
                flight.damage(&block, events.map_or(0, |head| head.events), 0);
            }
        }
        if let Source::Retry { rest: left, .. } = &mut flight.source {
            *left = rest;
        }
        Ok(Some(flight))
    }

    /// Returns true if the outbox accepted a server's copy of a page's event while that event
    /// waited for a retry. The server's copy is sent under the same id. The page's copy must not be
    /// sent after it.
    fn has_servers_copy(
        &self,
        disk: &mut impl Disk,
        entry: Entry<'_>,
        now_millis: u64,
    ) -> Done<bool> {
        let event: serde_json::Value = serde_json::from_str(&entry.json()).unwrap_or_default();
        let text = |key: &str| event.get(key).and_then(serde_json::Value::as_str);
        let (Some(name), Some(id)) = (text("event_name"), text("event_id")) else {
            return Ok(false);
        };
        let key = Key::of(&self.state.secret, Trust::Server, &format!("{name}\n{id}"));
        let oldest = self.state.oldest_seq(now_millis);
        Ok(self.state.seen.find(disk, &self.recent, key, oldest)?.own.is_some())
    }
}

/// Returns the latest time at which an event of a queue can be due: after the hold of its queue, or
/// after the longest hold of the configuration if that is shorter now.
fn latest_due(config: &Config, queue: Queue, now_millis: u64) -> u64 {
    now_millis.saturating_add(queue.hold_millis.min(config.max_hold_millis()))
}

impl InFlight {
    /// Adds the readable events of a damaged block to those that go to quarantine. The first `sent`
    /// events of the block were settled before. A withheld event is dropped, as it is in a block
    /// that is whole.
    fn damage(&mut self, block: &Block, events: u32, sent: u32) {
        if block.is_empty() {
            let events = events.saturating_sub(sent);
            let lost = format!(
                r#"{{"event_name":"","event_id":"","lost":"{events} events that could not be read","user_data":{{}}}}"#
            );
            let stored = crate::relay::outbox::block::Stored {
                send_before: 0,
                is_withheld: false,
                facts: 0,
                event: lost,
            };
            self.damaged.push("", &[], stored, true);
        }
        for entry in block.entries().skip(sent as usize).filter(|entry| !entry.is_gone()) {
            if entry.stored().is_withheld {
                self.dropped += 1;
            } else {
                self.damaged.push_entry(entry);
            }
        }
    }
}
