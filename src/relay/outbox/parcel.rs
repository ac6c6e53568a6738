//! The accepted events of one request on their way to the outbox.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::block::with_facts;
use super::outboxes::outbox_of;
use crate::event::Trust;
use crate::sources::segment::with_known;

/// The accepted events of one request. Facts that they share are in it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The trust in their sender.
    pub trust: Trust,
    /// The members beside `data` in the request to Meta: a JSON object, or empty. Only events with the
    /// same main body travel together.
    pub main_body: String,
    /// What is to be remembered of people, before the events.
    pub people: Vec<Person>,
    /// Facts of the request that several events carry: at most [`MAX_FACTS`].
    pub facts: Vec<Fact>,
    /// The events, in their order.
    pub events: Vec<Arrival>,
}

/// What is remembered of a person: hashed, to be added to later events of theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The keys of the person's ids.
    pub keys: Vec<String>,
    /// Keys that are the same person.
    pub same_as: Vec<String>,
    /// Hashed customer information, a JSON object.
    pub user_data: String,
}

/// The most facts of one parcel: one bit each in [`Arrival::facts`].
pub const MAX_FACTS: usize = 16;

/// A member of an event in JSON, without a comma: `"client_user_agent":"…"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The member stands in `user_data`, else in the event itself.
    pub is_of_customer: bool,
    /// The member.
    pub member: String,
}

/// One accepted event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// Event name, a line feed, event id: what Meta deduplicates by.
    pub name_and_id: String,
    /// How long the event waits for the other copy, in milliseconds.
    pub hold_millis: u64,
    /// The event is only sent as part of a server's copy.
    pub is_withheld: bool,
    /// Until when Meta takes it, Unix seconds.
    pub send_before: i64,
    /// The facts of the parcel that belong to it, one bit each.
    pub facts: u16,
    /// The keys under which something may be remembered of its person.
    pub known_as: Vec<String>,
    /// The event in JSON, without those facts. Its last member is `user_data`.
    pub event: String,
}

impl Parcel {
    /// Writes the parcel for its way from the worker to the outbox.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Writing to memory fails for no value of these types.
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.people.is_empty()
    }

    /// The parcel in parts of one event each, and one with the people.
    #[must_use]
    pub fn apart(&self) -> Vec<Self> {
        let with = |people: Vec<Person>, events: Vec<Arrival>| Self {
            people,
            events,
            ..self.without_events()
        };
        let people = self.people.iter().map(|one| with(vec![one.clone()], Vec::new()));
        people.chain(self.events.iter().map(|one| with(Vec::new(), vec![one.clone()]))).collect()
    }

    /// The parts of the parcel by outbox, where a dataset has so many and had `before` a while ago: the outbox of now,
    /// the one of before, the part. People are remembered in the first outbox.
    #[must_use]
    pub fn by_outbox(self, outboxes: u32, before: u32) -> Vec<(u32, u32, Self)> {
        let empty = self.without_events();
        let mut parts: BTreeMap<(u32, u32), Self> = BTreeMap::new();
        for event in self.events {
            let [now, old] = [outboxes, before].map(|count| outbox_of(&event.name_and_id, count));
            parts.entry((now, old)).or_insert_with(|| empty.clone()).events.push(event);
        }
        if !self.people.is_empty() {
            parts.entry((0, 0)).or_insert_with(|| empty.clone()).people = self.people;
        }
        parts.into_iter().map(|((now, old), parcel)| (now, old, parcel)).collect()
    }

    /// The events for which `is_first` says so, and the others. People stay with the others.
    #[must_use]
    pub fn split(self, is_first: &[bool]) -> (Self, Self) {
        let (mut first, mut second) = (self.without_events(), self.without_events());
        second.people = self.people;
        for (at, event) in self.events.into_iter().enumerate() {
            let to = if is_first.get(at) == Some(&true) { &mut first } else { &mut second };
            to.events.push(event);
        }
        (first, second)
    }

    /// The keys under which something may be remembered of its people.
    #[must_use]
    pub fn known_as(&self) -> Vec<String> {
        self.events.iter().flat_map(|event| event.known_as.iter().cloned()).collect()
    }

    /// Adds what is remembered, key by key as [`known_as`](Self::known_as) has them.
    pub fn complete(&mut self, known: &[Option<String>]) {
        let mut known = known.iter();
        let facts = self.facts.clone();
        for event in &mut self.events {
            let keys = std::mem::take(&mut event.known_as);
            let its: Vec<&str> = keys.iter().filter_map(|_| known.next()?.as_deref()).collect();
            if its.is_empty() {
                continue;
            }
            let mut whole = String::new();
            with_facts(&event.event, &facts, event.facts, &mut whole);
            (event.event, event.facts) = (with_known(&whole, its), 0);
        }
    }

    fn without_events(&self) -> Self {
        Self {
            trust: self.trust,
            main_body: self.main_body.clone(),
            people: Vec::new(),
            facts: self.facts.clone(),
            events: Vec::new(),
        }
    }

    /// Reads a parcel. `None` for bytes that another version wrote.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}
