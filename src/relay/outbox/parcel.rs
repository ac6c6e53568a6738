//! Encodes an intake: the accepted events of one request on their way to the outbox.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::outboxes::outbox_of;
use super::traits::traits;
use crate::event::{OrderMention, Trust};
use crate::sources::segment::with_known;

/// An intake: the accepted events of one request. Facts that its events share are stored once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    /// The trust in their sender.
    pub trust: Trust,
    /// The members beside `data` in the request to Meta: a JSON object, or empty. Only events with
    /// the same main body go into one batch.
    pub main_body: String,
    /// The customer information to remember. It is stored before the events.
    pub people: Vec<Person>,
    /// The facts that several events share: at most [`MAX_FACTS`].
    pub facts: Vec<Fact>,
    /// The events, in their order.
    pub events: Vec<Arrival>,
    /// The events that are not forwarded because the person said no. What is remembered of their
    /// orders is deleted.
    pub withdrawn: Vec<Arrival>,
}

/// Hashed customer information of one person. The outbox adds it to later events of that person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The keys of the person's ids.
    pub keys: Vec<String>,
    /// More keys of the same person. The information that is stored under them is merged into this
    /// one.
    pub same_as: Vec<String>,
    /// Hashed customer information, a JSON object.
    pub user_data: String,
}

/// The maximum number of facts of an intake. Each fact has one bit in [`Arrival::facts`].
pub const MAX_FACTS: usize = 16;

/// A member of an event in JSON, without a comma: `"client_user_agent":"…"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// True if the member belongs to `user_data`, false if it belongs to the event itself.
    pub is_of_customer: bool,
    /// The member.
    pub member: String,
}

/// One accepted event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The event name, a line feed and the event id. Meta deduplicates by name and id.
    pub name_and_id: String,
    /// The time for which the event is held for the other copy, in milliseconds.
    pub hold_millis: u64,
    /// True if the event is only sent as part of a server's copy.
    pub is_withheld: bool,
    /// The time after which Meta no longer accepts the event, Unix seconds.
    pub send_before: i64,
    /// The facts of the intake that belong to this event: bit n stands for fact n.
    pub facts: u16,
    /// The keys under which customer information of its person may be stored.
    pub known_as: Vec<String>,
    /// The order that the event mentions.
    pub order: Option<OrderMention>,
    /// The event in JSON, without those facts. Its last member is `user_data`.
    pub event: String,
}

impl Parcel {
    /// Encodes the intake, to send it from the worker to the outbox.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serialising these types into memory cannot fail.
        postcard::to_allocvec(self).unwrap_or_default()
    }

    /// Returns true if the intake mentions orders.
    #[must_use]
    pub fn has_orders(&self) -> bool {
        let arrivals = self.events.iter().chain(&self.withdrawn);
        arrivals.into_iter().any(|arrival| arrival.order.is_some())
    }

    /// Returns true if the intake has neither events nor people.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.people.is_empty() && self.withdrawn.is_empty()
    }

    /// Splits the intake into parts of one person or one event each.
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

    /// Splits the intake by outbox. `outboxes` is the present number of outboxes of the dataset,
    /// `before` is the earlier number. Returns each part with its present outbox and its earlier
    /// outbox. People go to the first outbox.
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

    /// Splits off the events for which `is_first` is true. Returns them and the rest. People stay
    /// with the rest.
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

    /// Returns the keys under which customer information of its people may be stored.
    #[must_use]
    pub fn known_as(&self) -> Vec<String> {
        self.events.iter().flat_map(|event| event.known_as.iter().cloned()).collect()
    }

    /// Adds stored customer information to the events. `known` has one entry for each key, in the
    /// order of [`known_as`](Self::known_as).
    pub fn complete(&mut self, known: &[Option<String>]) {
        let mut known = known.iter();
        let Self { events, people, .. } = self;
        for event in events {
            let keys = std::mem::take(&mut event.known_as);
            let is_its = |person: &&Person| person.keys.iter().any(|key| keys.contains(key));
            // The people of this intake are not stored yet.
            let new = people.iter().rev().filter(is_its).map(|person| person.user_data.as_str());
            let stored = keys.iter().filter_map(|_| known.next()?.as_deref());
            let its: Vec<&str> = new.chain(stored).collect();
            if let Some(known) = traits(its) {
                event.event = with_known(&event.event, [known.as_str()]);
            }
        }
    }

    fn without_events(&self) -> Self {
        Self {
            trust: self.trust,
            main_body: self.main_body.clone(),
            people: Vec::new(),
            facts: self.facts.clone(),
            events: Vec::new(),
            withdrawn: Vec::new(),
        }
    }

    /// Decodes an intake. Returns `None` if the bytes cannot be read.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        postcard::from_bytes(bytes).ok()
    }
}
