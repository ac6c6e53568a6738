//! Encodes and decodes blocks: database rows that hold many events.

use serde::{Deserialize, Serialize};

use super::parcel::Fact;

/// The maximum size of a block, in bytes. Cloudflare limits a row to 2 MB, and a wasm instance
/// copies the whole row.
pub const MAX_BLOCK_BYTES: usize = 1024 * 1024;

const CHECKSUM_BYTES: usize = 4;

/// The events of one row. A removed event keeps its index, so that the other events keep theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    groups: Vec<Group>,
}

/// Events of one request, with the values that they share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    main_body: String,
    facts: Vec<Fact>,
    events: Vec<Stored>,
}

/// An event in a block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The time after which Meta no longer accepts the event, Unix seconds.
    pub send_before: i64,
    /// True if the event is only sent as part of a server's copy.
    pub is_withheld: bool,
    /// The facts of its request that belong to this event: bit n stands for fact n.
    pub facts: u16,
    /// The event in JSON, without those facts. Empty if the event was removed.
    pub event: String,
}

/// A block that was damaged on disk, with the events that could still be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged(pub Block);

/// An event of a block, with the main body and the facts of its request.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    group: &'a Group,
    stored: &'a Stored,
}

impl Block {
    /// Adds an event of a request. `is_new_request` starts a new group.
    pub fn push(&mut self, main_body: &str, facts: &[Fact], stored: Stored, is_new_request: bool) {
        if is_new_request || self.groups.is_empty() {
            let (main_body, facts) = (main_body.to_owned(), facts.to_vec());
            self.groups.push(Group { main_body, facts, events: Vec::new() });
        }
        if let Some(group) = self.groups.last_mut() {
            group.events.push(stored);
        }
    }

    /// Returns the number of events, including the removed ones.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.iter().map(|group| group.events.len()).sum()
    }

    /// Returns the number of events that were not removed.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.entries().filter(|entry| !entry.is_gone()).count()
    }

    /// Returns true if the block has no events, not even removed ones.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns all events in their order, including the removed ones.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.groups
            .iter()
            .flat_map(|group| group.events.iter().map(move |stored| Entry { group, stored }))
    }

    /// Returns the event at an index; `None` after the last event.
    #[must_use]
    pub fn entry(&self, at: usize) -> Option<Entry<'_>> {
        self.entries().nth(at)
    }

    /// Replaces the event at an index. The new event is complete: it uses no facts of its request.
    pub fn replace(&mut self, at: usize, event: String) {
        self.change(at, |stored| {
            stored.facts = 0;
            stored.event = event;
        });
    }

    /// Removes the event at an index. The other events keep their indexes.
    pub fn take_out(&mut self, at: usize) {
        self.replace(at, String::new());
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut Stored)) {
        let mut left = at;
        for group in &mut self.groups {
            match group.events.get_mut(left) {
                Some(stored) => return change(stored),
                None => left -= group.events.len(),
            }
        }
    }

    /// Adds an event of another block, with the main body and the facts of its request.
    pub fn push_entry(&mut self, entry: Entry<'_>) {
        let is_same = self.groups.last().is_some_and(|last| {
            last.main_body == entry.group.main_body && last.facts == entry.group.facts
        });
        self.push(&entry.group.main_body, &entry.group.facts, entry.stored.clone(), !is_same);
    }

    /// Encodes the block, with a checksum at the end.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serialising these types into memory cannot fail.
        let mut bytes = postcard::to_allocvec(self).unwrap_or_default();
        let checksum = crc32fast::hash(&bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }

    /// Decodes a block.
    ///
    /// # Errors
    /// [`Damaged`] if the checksum is wrong. It holds the events that could still be read.
    pub fn decode(bytes: &[u8]) -> Result<Self, Damaged> {
        let (body, checksum) = bytes.split_at(bytes.len().saturating_sub(CHECKSUM_BYTES));
        let read = postcard::from_bytes::<Self>(body).unwrap_or_default();
        if crc32fast::hash(body).to_le_bytes() == checksum { Ok(read) } else { Err(Damaged(read)) }
    }
}

impl Entry<'_> {
    /// Returns the event as it is stored.
    #[must_use]
    pub fn stored(&self) -> &Stored {
        self.stored
    }

    /// Returns the members beside `data` in the event's request to Meta.
    #[must_use]
    pub fn main_body(&self) -> &str {
        &self.group.main_body
    }

    /// Returns true if the event was removed.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.stored.event.is_empty()
    }

    /// Returns the event in JSON, with its facts.
    #[must_use]
    pub fn json(&self) -> String {
        let mut json = String::with_capacity(self.stored.event.len() + 256);
        self.write(&mut json);
        json
    }

    /// Appends the event in JSON, with its facts.
    pub fn write(&self, to: &mut String) {
        with_facts(&self.stored.event, &self.group.facts, self.stored.facts, to);
    }
}

/// Appends an event in JSON with those facts of its request whose bits are set. The event ends with
/// `"user_data":{…}}`.
pub(super) fn with_facts(event: &str, facts: &[Fact], bits: u16, to: &mut String) {
    let members = |is_of_customer: bool| {
        let is_its = move |(at, fact): &(usize, &Fact)| {
            bits >> at & 1 == 1 && fact.is_of_customer == is_of_customer
        };
        facts.iter().enumerate().filter(is_its).map(|(_, fact)| fact.member.as_str())
    };
    let parts = event.strip_prefix('{').and_then(|rest| rest.strip_suffix("}}"));
    let Some(open) = parts.filter(|_| bits != 0) else { return to.push_str(event) };
    to.push('{');
    for member in members(false) {
        to.push_str(member);
        to.push(',');
    }
    to.push_str(open);
    for member in members(true) {
        if !to.ends_with('{') {
            to.push(',');
        }
        to.push_str(member);
    }
    to.push_str("}}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(event: &str, facts: u16) -> Stored {
        Stored { send_before: 7, is_withheld: false, facts, event: event.to_owned() }
    }

    fn facts() -> Vec<Fact> {
        let fact =
            |is_of_customer, member: &str| Fact { is_of_customer, member: member.to_owned() };
        vec![fact(true, r#""fbp":"p""#), fact(false, r#""event_source_url":"u""#)]
    }

    fn block() -> Block {
        let mut block = Block::default();
        block.push("", &facts(), stored(r#"{"event_name":"A","user_data":{}}"#, 0b11), true);
        block.push(
            "",
            &facts(),
            stored(r#"{"event_name":"B","user_data":{"em":["h"]}}"#, 1),
            false,
        );
        block.push("{}", &[], stored(r#"{"event_name":"C","user_data":{}}"#, 0), true);
        block
    }

    #[test]
    fn an_event_is_written_with_the_facts_of_its_request() {
        let written: Vec<String> = block().entries().map(|entry| entry.json()).collect();
        assert_eq!(
            written,
            [
                r#"{"event_source_url":"u","event_name":"A","user_data":{"fbp":"p"}}"#,
                r#"{"event_name":"B","user_data":{"em":["h"],"fbp":"p"}}"#,
                r#"{"event_name":"C","user_data":{}}"#,
            ]
        );
    }

    #[test]
    fn an_event_that_is_taken_out_leaves_the_places_of_the_others() {
        let mut block = block();
        block.take_out(1);
        block.replace(2, "{}".to_owned());
        assert!(block.entry(1).unwrap().is_gone());
        assert_eq!(block.entry(2).unwrap().json(), "{}");
        assert_eq!((block.len(), block.entry(3).is_none()), (3, true));
    }

    #[test]
    fn a_block_is_read_as_it_was_written_and_damage_is_noticed() {
        let bytes = block().encode();
        assert_eq!(Block::decode(&bytes), Ok(block()));
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            assert!(Block::decode(&bytes).is_err(), "byte {at}");
        }
        for length in 0..bytes.len() {
            assert!(Block::decode(&bytes[..length]).is_err(), "{length} bytes");
        }
    }
}
