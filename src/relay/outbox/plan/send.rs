//! What to send next: which lane, which queue, how many events.

use super::{Outbox, waits_until};
use crate::event::Trust;
use crate::relay::config::{Config, MAX_BYTES_PER_REQUEST};
use crate::relay::outbox::block::{Block, Damaged, Entry};
use crate::relay::outbox::delivery::{Delivery, Secrets, delivery};
use crate::relay::outbox::disk::{Disk, Done, RetryHead, Row};
use crate::relay::outbox::key::Key;
use crate::relay::outbox::outcome::Sending;
use crate::relay::outbox::queue::{Place, Queue};
use crate::relay::outbox::verdict::Refusal;

/// Of so many requests one is of pages, while both lanes have events that are due.
const PAGES_ONE_OF: u32 = 5;
/// Rows that are read at once.
const ROWS_PER_READ: u32 = 64;
/// How long a batch waits behind smaller ones.
const LATE_MILLIS: u64 = 60_000;
/// How long a dataset rests that has no token.
const NO_TOKEN_MILLIS: u64 = 60_000;

/// What the host does next.
pub enum Next {
    /// Post this, and settle it with the answer.
    Send(Outgoing),
    /// Nothing is due.
    Nothing,
}

/// A request to Meta.
pub struct Outgoing {
    /// The request.
    pub delivery: Delivery,
    /// How many events it has.
    pub events: u32,
}

/// Events on their way to Meta.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) trust: Trust,
    pub(super) source: Source,
    /// The events that are sent.
    pub(super) batch: Block,
    pub(super) bytes: usize,
    /// Events that Meta would not take any more: they are set aside with the rest of the batch settled.
    pub(super) expired: Block,
    /// Events of blocks that were damaged on disk.
    pub(super) damaged: Block,
    /// Page events that wait for a server's copy in vain.
    pub(super) dropped: u64,
}

/// Where the events came from.
#[derive(Debug)]
pub(super) enum Source {
    /// The line of a queue up to a place.
    Line {
        queue: Queue,
        until: Place,
        /// Bytes of the rows that are sent whole.
        bytes: u64,
        /// The number of the next row, where nothing of the queue was left behind the place.
        end: Option<u64>,
    },
    /// A batch that waited by itself, and what of it is not sent this time.
    Retry { head: RetryHead, rest: Block },
}

impl InFlight {
    /// Up to where events of a queue are on their way.
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

    /// Takes an event along. `false` when the request would be too large, or the event travels under another
    /// main body.
    fn take(&mut self, entry: Entry<'_>, now_millis: u64) -> bool {
        let stored = entry.stored();
        if entry.is_gone() {
            return true;
        }
        if stored.is_withheld {
            self.dropped += 1;
            return true;
        }
        if stored.send_before.saturating_mul(1_000) < i64::try_from(now_millis).unwrap_or(i64::MAX)
        {
            self.expired.push_entry(entry);
            return true;
        }
        let first = self.batch.entries().next().map(|first| first.main_body().to_owned());
        // The facts of its request come on top.
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
    /// What to send now. `most` bounds the events of the request: fewer after the host failed on one.
    ///
    /// # Errors
    /// The disk's.
    pub fn next(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        secrets: Option<&Secrets<'_>>,
        now_millis: u64,
        most: u32,
    ) -> Done<Next> {
        while self.in_flight.is_none() {
            if self.is_paused(now_millis) || !self.pick(disk, config, now_millis, most)? {
                return Ok(Next::Nothing);
            }
            if self.in_flight.as_ref().is_some_and(|flight| flight.batch.is_empty()) {
                // Nothing of it can be sent: it is settled at once.
                self.settle_empty(disk, config, now_millis)?;
            }
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

    /// Gives up the request that was handed out: it was not sent.
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

    /// Picks the next batch; `false` when nothing is due. Servers have four requests of five while both lanes have
    /// something; within a lane the line and the batches that wait by themselves take turns.
    pub(super) fn pick(
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
            // A lane that stopped looks with one event whether Meta takes it now.
            let limit = if lane.is_stopped { 1 } else { lane.batch_limit.min(most).max(1) };
            let is_line_next = self.is_line_next[usize::from(trust == Trust::Page)];
            for is_line in [is_line_next, !is_line_next] {
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

    /// The next events of the queue that is due for the longest time.
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

    /// When the first waiting event of a queue is due. A time that lies further ahead than any hold of the
    /// configuration was written by a clock that jumped, or under another configuration: it is due at once.
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
                    // The counts were wrong: nothing of it waits.
                    if let Some(state) = self.state.queues.get_mut(&queue) {
                        (state.events, state.bytes) = (0, 0);
                    }
                }
            }
        }
        let due = self.due.get(&queue).copied();
        let latest = now_millis.saturating_add(config.max_hold_millis());
        Ok(due.map(|due| if due > latest { config.due_at_once(now_millis) } else { due }))
    }

    /// Rows of a queue from a number on, over all segments.
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
        let latest = now_millis.saturating_add(config.max_hold_millis());
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
                    Err(Damaged(block)) => flight.damage(&block, row.head.events),
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

    /// The batch that is due and failed least often, as far as one request may carry it; of those the smallest, so that
    /// a bad event is found in few requests. A batch that is due for a minute goes first.
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
                flight.damage(&block, events.map_or(0, |head| head.events));
            }
        }
        if let Source::Retry { rest: left, .. } = &mut flight.source {
            *left = rest;
        }
        Ok(Some(flight))
    }

    /// Whether a server's copy of a page's event was accepted while that one waited for its next try. The server's copy
    /// was sent under the same id, and a page's must not follow it.
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
        Ok(self.state.buckets.find(disk, &self.recent, key, oldest)?.own.is_some())
    }
}

impl InFlight {
    /// Takes what can still be read of a damaged block: its events are set aside one by one.
    fn damage(&mut self, block: &Block, events: u32) {
        if block.is_empty() {
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
        block
            .entries()
            .filter(|entry| !entry.is_gone())
            .for_each(|entry| self.damaged.push_entry(entry));
    }
}
