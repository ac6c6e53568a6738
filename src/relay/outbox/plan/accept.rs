//! Accepts events: appends new ones, merges copies and counts duplicates.

use std::collections::btree_map::Entry;

use super::draft::{Copy, Draft, Read, Spot};
use super::{MAX_UNCOUNTED_ROWS, Outbox};
use crate::event::Trust;
use crate::relay::config::Config;
use crate::relay::outbox::block::{Block, with_facts};
use crate::relay::outbox::copies::{Together, same_trust, says_more, server_with_page};
use crate::relay::outbox::disk::{Disk, Done, Row, RowHead};
use crate::relay::outbox::key::Key;
use crate::relay::outbox::parcel::{Arrival, Parcel};
use crate::relay::outbox::queue::{Place, Queue};
use crate::relay::outbox::state::Segment;
use crate::relay::outbox::traits::traits;
use crate::sources::segment::with_known;

/// The time after which a segment gets no more rows, in milliseconds. A closed segment is deleted
/// once all its events were sent.
pub(super) const SEGMENT_MILLIS: u64 = 60 * 60 * 1_000;
/// The number of segments that fill an outbox. A segment closes early if it reaches its share.
const SEGMENTS_PER_BACKLOG: u64 = 32;
/// The bounds of that share, in bytes.
const SEGMENT_BYTES: std::ops::RangeInclusive<u64> = 256 * 1_024..=64 * 1_024 * 1_024;
/// The maximum size of a row's other columns, in bytes.
const ROW_BYTES: u64 = 64;

/// The amount of processing for the events of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Add stored customer information and merge copies.
    Whole,
    /// Store the events unchanged, because the host failed on the full processing.
    AsTheyCame,
}

/// The senders for whose events the host's disk has room. The outbox's own work has room in any
/// case. Other programs may fill the disk, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DiskRoom {
    /// Pages and servers.
    #[default]
    Pages,
    /// Servers only.
    Servers,
    /// Neither pages nor servers.
    Nobody,
}

impl DiskRoom {
    fn is_for(self, trust: Trust) -> bool {
        match (self, trust) {
            (Self::Pages, _) | (Self::Servers, Trust::Server) => true,
            (Self::Servers, Trust::Page) | (Self::Nobody, _) => false,
        }
    }
}

/// The result of storing the intakes of one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AcceptedParcels {
    /// For each intake, true if its events are stored, false if the outbox was full.
    pub stored: Vec<bool>,
    /// The number of new events.
    pub accepted: u64,
    /// The time at which the outbox has work again, Unix milliseconds.
    pub due_millis: Option<u64>,
}

impl Outbox {
    /// Stores the events of several requests. They are stored once the host commits.
    ///
    /// # Errors
    /// An error of the disk. The host then rolls back, and nothing is stored.
    pub fn accept(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        parcels: &[Parcel],
        care: Care,
        now_millis: u64,
    ) -> Done<AcceptedParcels> {
        let mut draft = Draft::default();
        let mut stored = Vec::with_capacity(parcels.len());
        let mut incoming = 0;
        for (number, parcel) in parcels.iter().enumerate() {
            let bytes = bytes_of(parcel);
            let has_room = self.has_room(config, parcel.trust, incoming + bytes);
            stored.push(has_room);
            if !has_room {
                self.state.totals.full += parcel.events.len() as u64;
                self.no_room_for = bytes;
                continue;
            }
            incoming += bytes;
            if care == Care::Whole {
                for person in &parcel.people {
                    self.remember(disk, config, parcel.trust, person, now_millis)?;
                }
            }
            for arrival in &parcel.events {
                if arrival.known_as.is_empty() || care == Care::AsTheyCame {
                    self.arrive(
                        disk,
                        &mut draft,
                        (parcel, number),
                        arrival,
                        care,
                        (config, now_millis),
                    )?;
                    continue;
                }
                let known = self.known(disk, config, &arrival.known_as, now_millis)?;
                // The facts of the request stay apart: its events share them on disk.
                let known = traits(known.iter().flatten().map(String::as_str));
                let event = with_known(&arrival.event, known.as_deref());
                let whole = Arrival { event, ..arrival.clone() };
                self.arrive(
                    disk,
                    &mut draft,
                    (parcel, number),
                    &whole,
                    care,
                    (config, now_millis),
                )?;
            }
        }
        let accepted = self.write(disk, config, draft, now_millis)?;
        self.state.totals.writes += u64::from(stored.contains(&true));
        self.rates.accepted.add(accepted, now_millis);
        // Also sets an alarm again that was lost, or that a clock ahead of now had set far off.
        let due_millis = self.next_alarm(disk, config, now_millis)?;
        Ok(AcceptedParcels { stored, accepted, due_millis })
    }

    /// Returns true if the outbox has room for so many more bytes. Pages may use four fifths of it.
    /// The rest is reserved for servers.
    pub(super) fn has_room(&self, config: &Config, trust: Trust, bytes: u64) -> bool {
        let limit = config.max_backlog_bytes();
        let limit = match trust {
            Trust::Server => limit,
            Trust::Page => limit / 5 * 4,
        };
        let needed = self.stored_bytes().saturating_add(bytes);
        needed <= limit && self.fits_on_disk(trust, needed)
    }

    /// Returns true if the disk has room for so many bytes in total. A file that was larger before
    /// has free space inside, even if the disk is full. Servers may use three quarters of the file,
    /// pages one half. The rest is left to the outbox's own work.
    pub(super) fn fits_on_disk(&self, trust: Trust, bytes: u64) -> bool {
        let reusable = match trust {
            Trust::Server => self.file_bytes / 4 * 3,
            Trust::Page => self.file_bytes / 2,
        };
        self.disk_room.is_for(trust) || bytes <= reusable
    }

    /// Returns the number of bytes in rows, retry batches and the quarantine.
    pub(super) fn stored_bytes(&self) -> u64 {
        let rows: u64 = self.state.segments.values().map(|segment| segment.bytes).sum();
        rows + self.state.retry_bytes + self.state.quarantine_bytes
    }

    fn arrive(
        &mut self,
        disk: &mut impl Disk,
        draft: &mut Draft,
        (parcel, number): (&Parcel, usize),
        arrival: &Arrival,
        care: Care,
        (config, now_millis): (&Config, u64),
    ) -> Done<()> {
        let trust = parcel.trust;
        let key = Key::of(&self.state.secret, trust, &arrival.name_and_id);
        let (own, other) =
            self.copies(disk, draft, key, &arrival.name_and_id, trust, now_millis)?;
        let json = || {
            let mut json = String::new();
            with_facts(&arrival.event, &parcel.facts, arrival.facts, &mut json);
            json
        };
        match (trust, own, other) {
            (_, Some(_), _) if care == Care::AsTheyCame => draft.counts.repeated += 1,
            (Trust::Page, _, Some(_)) if care == Care::AsTheyCame => draft.counts.repeated += 1,
            (Trust::Server, None, Some(_)) if care == Care::AsTheyCame => {
                let (facts, event) = (arrival.facts, arrival.event.clone());
                draft.append(parcel, number, arrival, key, facts, event, (config, now_millis));
            }
            (_, None, None) => {
                let (facts, event) = (arrival.facts, arrival.event.clone());
                draft.append(parcel, number, arrival, key, facts, event, (config, now_millis));
            }
            (_, Some(Copy::Waiting(spot)), _) => {
                let first = draft.json(spot);
                if let Together::Event(event) = same_trust(trust, &first, &json()) {
                    draft.replace(spot, event);
                }
                draft.counts.repeated += 1;
            }
            (_, Some(Copy::Gone { .. }), _) | (Trust::Page, None, Some(Copy::Gone { .. })) => {
                draft.counts.repeated += 1;
            }
            (Trust::Page, None, Some(Copy::Waiting(spot))) => {
                if let Together::Event(event) = server_with_page(&draft.json(spot), &json()) {
                    draft.replace(spot, event);
                }
                draft.counts.repeated += 1;
                draft.counts.merged += 1;
            }
            (Trust::Server, None, Some(Copy::Waiting(spot))) => {
                let event = completed(json(), &draft.json(spot));
                draft.take_out(spot);
                draft.append(parcel, number, arrival, key, 0, event, (config, now_millis));
                draft.counts.repeated += 1;
                draft.counts.merged += 1;
            }
            (Trust::Server, None, Some(Copy::Gone { json: page, is_sent })) => match page {
                None => {
                    let (facts, event) = (arrival.facts, arrival.event.clone());
                    draft.append(parcel, number, arrival, key, facts, event, (config, now_millis));
                }
                Some(page) if !is_sent || says_more(&page, &json()) => {
                    let event = completed(json(), &page);
                    draft.append(parcel, number, arrival, key, 0, event, (config, now_millis));
                }
                Some(_) => draft.counts.repeated += 1,
            },
        }
        Ok(())
    }

    /// Returns the earlier copies of an event: the one of the same trust, and the one of the other
    /// trust.
    fn copies(
        &self,
        disk: &mut impl Disk,
        draft: &mut Draft,
        key: Key,
        name_and_id: &str,
        trust: Trust,
        now_millis: u64,
    ) -> Done<(Option<Copy>, Option<Copy>)> {
        let fresh =
            |key| draft.fresh.get(&key).map(|&(row, at)| Copy::Waiting(Spot::Draft(row, at)));
        let (mut own, mut other) = (fresh(key), fresh(key.other()));
        let oldest = self.state.oldest_seq(now_millis);
        let found = self.state.seen.find(disk, &self.recent, key, oldest)?;
        if let (None, Some(seq)) = (&own, found.own) {
            own = Some(self.copy_in(disk, draft, seq, key)?);
        }
        if let (None, Some(seq)) = (&other, found.other) {
            other = Some(self.copy_in(disk, draft, seq, key.other())?);
        }
        let since = now_millis.saturating_sub(crate::relay::outbox::state::REMEMBERED_MILLIS);
        if self.has_old && own.is_none() && other.is_none() && disk.old_seen(name_and_id, since)? {
            // The old release did not store the sender. The copy counts as a page's, so that it
            // does not block a server's copy.
            match trust {
                Trust::Page => own = Some(Copy::FORGOTTEN),
                Trust::Server => other = Some(Copy::FORGOTTEN),
            }
        }
        Ok((own, other))
    }

    fn copy_in(&self, disk: &mut impl Disk, draft: &mut Draft, seq: u64, key: Key) -> Done<Copy> {
        if let Entry::Vacant(vacant) = draft.read.entry(seq) {
            let row = match self.segment_of(seq) {
                Some(segment) => disk.row(segment, seq)?.map(|row| (segment, row)),
                None => None,
            };
            vacant.insert(row.and_then(|(segment, Row { head, data })| {
                let RowHead { queue, keys, .. } = head;
                let block = Block::decode(&data).ok()?;
                let bytes = data.len();
                Some(Read { segment, queue, keys, block, bytes, grown: 0, is_changed: false })
            }));
        }
        let Some(Some(read)) = draft.read.get(&seq) else { return Ok(Copy::FORGOTTEN) };
        let Some(at) = Key::all(&read.keys).position(|of| of == key) else {
            return Ok(Copy::FORGOTTEN);
        };
        let Some(entry) = read.block.entry(at).filter(|entry| !entry.is_gone()) else {
            return Ok(Copy::FORGOTTEN);
        };
        let place = Place { seq, at: u32::try_from(at).unwrap_or(u32::MAX) };
        if place >= self.first_unsent(read.queue) {
            return Ok(Copy::Waiting(Spot::Row(seq, at)));
        }
        let cursor = self.state.queues.get(&read.queue).map(|state| state.cursor);
        let is_settled = cursor.is_some_and(|cursor| place < cursor);
        let is_sent = is_settled && !entry.stored().is_withheld && !self.state.unsure.has(seq);
        Ok(Copy::Gone { json: Some(entry.json()), is_sent })
    }

    /// Returns the first event of a queue that is neither settled nor in flight.
    fn first_unsent(&self, queue: Queue) -> Place {
        let cursor = self.state.queues.get(&queue).map_or(Place::default(), |state| state.cursor);
        let on_its_way = self.in_flight.as_ref().and_then(|flight| flight.until(queue));
        on_its_way.map_or(cursor, |until| until.max(cursor))
    }

    fn write(
        &mut self,
        disk: &mut impl Disk,
        config: &Config,
        draft: Draft,
        now_millis: u64,
    ) -> Done<u64> {
        for (seq, read) in &draft.read {
            if let Some(read) = read.as_ref().filter(|read| read.is_changed) {
                disk.replace(read.segment, *seq, &read.block.encode())?;
            }
        }
        for read in draft.read.values().flatten() {
            if let Some(segment) = self.state.segments.get_mut(&read.segment) {
                segment.bytes += read.grown as u64;
            }
        }
        let mut segment = self.open_segment(config, now_millis);
        if !draft.rows.is_empty() && segment.is_none() {
            disk.make_segment(self.state.next_seq)?;
        }
        let rows: Vec<Row> = draft
            .rows
            .into_iter()
            .zip(self.state.next_seq..)
            .map(|(row, seq)| {
                let data = row.block.encode();
                let head = RowHead {
                    seq,
                    queue: row.queue,
                    due_millis: row.due_millis,
                    events: u32::try_from(row.block.waiting()).unwrap_or(u32::MAX),
                    bytes: u32::try_from(data.len() + row.keys.len() + ROW_BYTES as usize)
                        .unwrap_or(u32::MAX),
                    keys: row.keys,
                };
                Row { head, data }
            })
            .collect();
        let first = *segment.get_or_insert(self.state.next_seq);
        for row in &rows {
            disk.insert(first, row)?;
        }

        // The rows are written. From here on they count.
        let (mut accepted, mut new_keys) = (0, 0);
        if !rows.is_empty() {
            self.state
                .segments
                .entry(first)
                .or_insert(Segment { since_millis: now_millis, bytes: 0 });
        }
        for Row { head, .. } in &rows {
            if self.state.queues.get(&head.queue).is_none_or(|queue| queue.events == 0) {
                self.due.insert(head.queue, head.due_millis);
                self.try_soon(head.queue.trust, now_millis);
            }
            self.count(head.seq, head.queue, head.events, head.bytes, first, now_millis);
            Key::all(&head.keys).for_each(|key| self.recent.note(key, head.seq));
            new_keys += head.keys.len() / Key::BYTES;
            accepted += u64::from(head.events);
            self.uncounted_rows += 1;
        }
        for (queue, events) in draft.counts.taken_out {
            let waiting = self.state.queues.entry(queue).or_default();
            waiting.events = waiting.events.saturating_sub(events);
            self.state.totals.accepted = self.state.totals.accepted.saturating_sub(events);
            accepted = accepted.saturating_sub(events);
        }
        self.state.totals.repeated += draft.counts.repeated;
        self.state.totals.merged += draft.counts.merged;
        self.merge_if_behind(disk, new_keys, now_millis)?;
        if self.uncounted_rows >= MAX_UNCOUNTED_ROWS {
            self.save(disk)?;
        }
        Ok(accepted)
    }

    /// Returns the segment that gets new rows; `None` if a new segment is needed.
    fn open_segment(&self, config: &Config, now_millis: u64) -> Option<u64> {
        let (first, segment) = self.state.segments.last_key_value()?;
        let most = (config.max_backlog_bytes() / SEGMENTS_PER_BACKLOG)
            .clamp(*SEGMENT_BYTES.start(), *SEGMENT_BYTES.end());
        let is_open =
            now_millis.abs_diff(segment.since_millis) < SEGMENT_MILLIS && segment.bytes < most;
        is_open.then_some(*first)
    }

    /// Returns true if a segment gets no more rows.
    pub(super) fn is_closed(&self, config: &Config, first: u64, now_millis: u64) -> bool {
        self.open_segment(config, now_millis) != Some(first)
    }
}

/// Returns the maximum number of bytes that an intake takes on disk.
fn bytes_of(parcel: &Parcel) -> u64 {
    let facts: usize = parcel.facts.iter().map(|fact| fact.member.len() + 4).sum();
    let events: usize = parcel.events.iter().map(|one| one.event.len() + Key::BYTES + 16).sum();
    (facts + events + parcel.main_body.len()) as u64 + ROW_BYTES
}

/// Merges a page's copy into a server's event, as far as a page may add to it.
fn completed(server: String, page: &str) -> String {
    match server_with_page(&server, page) {
        Together::Event(event) => event,
        Together::First => server,
    }
}
