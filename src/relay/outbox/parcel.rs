//! The accepted events of one request on their way to the outbox.

use serde::{Deserialize, Serialize};

use super::outboxes::outbox_of;
use crate::event::Trust;

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

    /// The parts of the parcel by outbox, where a dataset has so many. People are remembered in the first one.
    #[must_use]
    pub fn by_outbox(self, outboxes: u32) -> Vec<(u32, Self)> {
        let mut parts: Vec<(u32, Self)> = Vec::new();
        let empty = self.without_events();
        let mut part = |outbox: u32| {
            let at = parts.iter().position(|(of, _)| *of == outbox).unwrap_or_else(|| {
                parts.push((outbox, empty.clone()));
                parts.len() - 1
            });
            at
        };
        let places: Vec<usize> =
            self.events.iter().map(|event| part(outbox_of(&event.name_and_id, outboxes))).collect();
        let first = (!self.people.is_empty()).then(|| part(0));
        for (event, at) in self.events.into_iter().zip(places) {
            if let Some((_, parcel)) = parts.get_mut(at) {
                parcel.events.push(event);
            }
        }
        if let Some((_, parcel)) = first.and_then(|at| parts.get_mut(at)) {
            parcel.people = self.people;
        }
        parts
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
