//! Finds the copies that are one event. Source: `events.md` section 3.
//!
//! Method 1: same dataset, event name and event id, within 48 hours of the first copy, in any
//! order. Method 2: same dataset, event name and `external_id` or `fbp`, the browser's copy first
//! and the server's within 48 hours. Method 2 never merges two browser copies or two server copies.
//!
//! Meta does not deduplicate business messaging, and offline events only against each other.
//!
//! Meta's documents do not say the following. Two copies with different event ids are two events,
//! also if everything else is the same. Copies of one channel with the same name and id count as
//! one event that was received several times. Method 2 discards every later server event of that
//! person and name, not only the first, so those are counted in the same way. If several browser
//! events match, one without a server copy is preferred, and then the latest.

mod stored;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::copies::{BrowserCopy, Joins, Person, ServerCopy};

/// The maximum time between two copies, in milliseconds: "Received within 48 hours of the first."
pub(super) const WINDOW_MILLIS: u64 = 48 * 60 * 60 * 1000;

const MAX_EVENTS: usize = 10_000;
const MAX_WEIGHT_BYTES: usize = 64 * 1024 * 1024;

/// One event with the copies that were recognised.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Event {
    /// The number of the event, counted up. The indexes hold it.
    #[serde(skip)]
    number: u64,
    pub dataset_id: String,
    pub event_name: String,
    /// The event id of the first copy that had one.
    pub event_id: Option<String>,
    pub merged_by: Option<MergedBy>,
    pub browser: Option<BrowserCopy>,
    pub server: Option<ServerCopy>,
    first_received_millis: u64,
    #[serde(skip)]
    persons: Vec<Person>,
    #[serde(skip)]
    weight: usize,
}

/// The value that two copies have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MergedBy {
    EventId,
    ExternalId,
    Fbp,
}

/// The origin of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Browser,
    Server,
}

impl Channel {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Browser => Self::Server,
            Self::Server => Self::Browser,
        }
    }
}

impl Event {
    /// Returns the time at which the copy of one channel was received.
    pub(super) fn received_millis(&self, channel: Channel) -> Option<u64> {
        match channel {
            Channel::Browser => self.browser.as_ref().map(|copy| copy.received_at_millis),
            Channel::Server => self.server.as_ref().map(|copy| copy.received_at_millis),
        }
    }

    pub(super) fn persons(&self) -> &[Person] {
        &self.persons
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

/// The number of copies since the sandbox was last cleared, including those no longer stored.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Totals {
    browser_copies: u64,
    server_copies: u64,
    /// The number of copies from a channel that had already sent the event.
    repeated_copies: u64,
    events: u64,
    merged: u64,
}

/// The newest events, with indexes by id and by person.
#[derive(Debug, Default)]
pub(super) struct Events {
    kept: VecDeque<Event>,
    forgotten: u64,
    weight: usize,
    totals: Totals,
    by_key: BTreeMap<Key, u64>,
    by_id: BTreeMap<String, VecDeque<u64>>,
    by_person: BTreeMap<PersonKey, Trail>,
}

/// Dataset, event name, event id.
type Key = (String, String, String);
/// Dataset, event name, person.
type PersonKey = (String, String, Person);

/// The numbers of the events of one name and one person, oldest first.
#[derive(Debug, Default)]
struct Trail {
    browser_with_id: VecDeque<u64>,
    browser_without_id: VecDeque<u64>,
    /// The events of the two lists above that were received without a server copy. Merged ones are
    /// removed when a search meets them.
    alone_with_id: VecDeque<u64>,
    alone_without_id: VecDeque<u64>,
    /// The events that a server sent and that have no browser copy.
    server: VecDeque<u64>,
}

impl Trail {
    fn lists(&mut self) -> [&mut VecDeque<u64>; 5] {
        let Self { browser_with_id, browser_without_id, alone_with_id, alone_without_id, server } =
            self;
        [browser_with_id, browser_without_id, alone_with_id, alone_without_id, server]
    }
}

impl Events {
    pub(super) fn arrive_from_browser(
        &mut self,
        dataset_id: &str,
        event_name: &str,
        copy: BrowserCopy,
    ) {
        self.totals.browser_copies += 1;
        let known = self
            .same_id(dataset_id, event_name, copy.event_id.as_deref(), copy.received_at_millis)
            .filter(|&number| {
                let server = self.get(number).and_then(|event| event.server.as_ref());
                server.is_none_or(|server| server.joins() == Joins::Browser)
            });
        let (id, persons, weight) = (copy.event_id.clone(), copy.persons(), copy.weight());
        let (number, repeated) = match known {
            None => (self.add(dataset_id, event_name, copy.received_at_millis), false),
            Some(number) => (number, self.get(number).is_some_and(|event| event.browser.is_some())),
        };
        let Some(event) = self.get_mut(number) else { return };
        if let Some(first) = &mut event.browser {
            first.copies = first.copies.saturating_add(1);
        } else {
            event.browser = Some(copy);
            if event.server.is_some() {
                event.merged_by = Some(MergedBy::EventId);
            }
        }
        self.settle(number, Channel::Browser, id, persons, weight, repeated);
    }

    pub(super) fn arrive_from_server(
        &mut self,
        dataset_id: &str,
        event_name: &str,
        copy: ServerCopy,
    ) {
        self.totals.server_copies += 1;
        let (id, persons, weight) = (copy.event_id.clone(), copy.persons(), copy.weight());
        let at = copy.received_at_millis;
        let same_id = self
            .same_id(dataset_id, event_name, id.as_deref(), at)
            .map(|number| (number, MergedBy::EventId));
        let known = match copy.joins() {
            Joins::Nothing => None,
            Joins::Offline => same_id.filter(|&(number, _)| {
                self.get(number).is_some_and(|event| event.browser.is_none())
            }),
            Joins::Browser => same_id
                .or_else(|| self.same_person(dataset_id, event_name, id.is_some(), &persons, at)),
        };
        let (number, merged_by) = match known {
            None => (self.add(dataset_id, event_name, at), None),
            Some((number, by)) => (number, Some(by)),
        };
        let repeated = self.get(number).is_some_and(|event| event.server.is_some());
        let Some(event) = self.get_mut(number) else { return };
        if let Some(first) = &mut event.server {
            first.receive_again(copy);
        } else {
            event.server = Some(copy);
            if event.browser.is_some() {
                event.merged_by = merged_by;
            }
        }
        self.settle(number, Channel::Server, id, persons, weight, repeated);
    }

    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    pub(super) fn totals(&self) -> &Totals {
        &self.totals
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Event> {
        self.kept.iter().rev()
    }

    /// Returns the newest events with this id, of any dataset and name.
    pub(super) fn with_id(&self, id: &str) -> impl Iterator<Item = &Event> {
        self.by_id
            .get(id)
            .into_iter()
            .flat_map(|numbers| numbers.iter().rev())
            .filter_map(|&number| self.get(number))
    }

    /// Returns the nearest events of the same dataset, name and person that only the other channel
    /// sent.
    pub(super) fn near(
        &self,
        event: &Event,
        person: &Person,
        channel: Channel,
    ) -> impl Iterator<Item = &Event> {
        const EACH_WAY: usize = 8;
        let key = (event.dataset_id.clone(), event.event_name.clone(), person.clone());
        let number = event.number;
        let around = move |list: &VecDeque<u64>| {
            let at = list.partition_point(|&other| other < number);
            list.range(at.saturating_sub(EACH_WAY)..list.len().min(at + EACH_WAY))
                .copied()
                .collect::<Vec<_>>()
        };
        let numbers = self.by_person.get(&key).map_or(Vec::new(), |trail| match channel {
            Channel::Server => around(&trail.server),
            Channel::Browser => {
                [around(&trail.browser_with_id), around(&trail.browser_without_id)].concat()
            }
        });
        numbers
            .into_iter()
            .filter_map(|number| self.get(number))
            .filter(|other| other.merged_by.is_none())
    }

    /// Finds an event by method 1.
    fn same_id(
        &self,
        dataset_id: &str,
        event_name: &str,
        id: Option<&str>,
        at: u64,
    ) -> Option<u64> {
        let key = (dataset_id.to_owned(), event_name.to_owned(), id?.to_owned());
        let event = self.by_key.get(&key).and_then(|&number| self.get(number))?;
        (at.saturating_sub(event.first_received_millis) <= WINDOW_MILLIS).then_some(event.number)
    }

    /// Finds an event by method 2, for a server copy.
    fn same_person(
        &mut self,
        dataset_id: &str,
        event_name: &str,
        has_id: bool,
        persons: &[Person],
        at: u64,
    ) -> Option<(u64, MergedBy)> {
        let Self { kept, forgotten, by_person, .. } = self;
        let get = |number: u64| kept.get(usize::try_from(number.checked_sub(*forgotten)?).ok()?);
        let in_time = |&number: &u64| {
            let received = get(number).and_then(|event| event.received_millis(Channel::Browser));
            received.is_some_and(|received| at.saturating_sub(received) <= WINDOW_MILLIS)
        };
        let mut merged_already = None;
        for person in persons {
            let by = match person {
                Person::ExternalId(_) => MergedBy::ExternalId,
                Person::Fbp(_) => MergedBy::Fbp,
            };
            let key = (dataset_id.to_owned(), event_name.to_owned(), person.clone());
            let Some(trail) = by_person.get_mut(&key) else { continue };
            let newest_alone = |list: &mut VecDeque<u64>| {
                while list
                    .back()
                    .is_some_and(|&number| get(number).is_none_or(|event| event.server.is_some()))
                {
                    list.pop_back();
                }
                list.back().copied().filter(in_time)
            };
            // A copy with an id can merge only with one without. The same id would have been found
            // before.
            let with_id = if has_id { None } else { newest_alone(&mut trail.alone_with_id) };
            if let Some(number) = newest_alone(&mut trail.alone_without_id).max(with_id) {
                return Some((number, by));
            }
            let newest = |list: &VecDeque<u64>| list.back().copied().filter(in_time);
            let with_id = if has_id { None } else { newest(&trail.browser_with_id) };
            let any = newest(&trail.browser_without_id).max(with_id);
            merged_already = merged_already.or(any.map(|number| (number, by)));
        }
        merged_already
    }

    /// Adds a new event without copies.
    fn add(&mut self, dataset_id: &str, event_name: &str, at: u64) -> u64 {
        let number = self.forgotten + self.kept.len() as u64;
        self.kept.push_back(Event {
            number,
            dataset_id: dataset_id.to_owned(),
            event_name: event_name.to_owned(),
            event_id: None,
            merged_by: None,
            browser: None,
            server: None,
            first_received_millis: at,
            persons: Vec::new(),
            weight: 0,
        });
        self.totals.events += 1;
        number
    }

    /// Updates the indexes, totals and limits after a copy was added to an event.
    fn settle(
        &mut self,
        number: u64,
        channel: Channel,
        id: Option<String>,
        persons: Vec<Person>,
        weight: usize,
        repeated: bool,
    ) {
        if repeated {
            // The first copy is stored; this one is only counted.
            self.totals.repeated_copies += 1;
            return;
        }
        self.index(number, channel, id, persons, weight);
        let is_merged = self.get(number).is_some_and(|event| event.merged_by.is_some());
        self.totals.merged += u64::from(is_merged);
        self.forget_beyond_limits();
    }

    /// Puts a copy of an event into the indexes.
    fn index(
        &mut self,
        number: u64,
        channel: Channel,
        id: Option<String>,
        persons: Vec<Person>,
        weight: usize,
    ) {
        let Some(event) = self.get_mut(number) else { return };
        let has_id = id.is_some();
        let is_merged = event.merged_by.is_some();
        event.event_id = event.event_id.take().or_else(|| id.clone());
        event.weight += weight;
        event.persons.extend(persons.iter().cloned());
        let (dataset_id, event_name) = (event.dataset_id.clone(), event.event_name.clone());
        self.weight += weight;
        if let Some(id) = id {
            self.by_key.insert((dataset_id.clone(), event_name.clone(), id.clone()), number);
            insert(self.by_id.entry(id).or_default(), number);
        }
        for person in persons {
            let trail =
                self.by_person.entry((dataset_id.clone(), event_name.clone(), person)).or_default();
            match channel {
                Channel::Server if is_merged => {}
                Channel::Server => insert(&mut trail.server, number),
                Channel::Browser => {
                    let (all, alone) = if has_id {
                        (&mut trail.browser_with_id, &mut trail.alone_with_id)
                    } else {
                        (&mut trail.browser_without_id, &mut trail.alone_without_id)
                    };
                    insert(all, number);
                    if !is_merged {
                        insert(alone, number);
                    }
                }
            }
        }
    }

    fn forget_beyond_limits(&mut self) {
        while self.kept.len() > MAX_EVENTS || self.weight > MAX_WEIGHT_BYTES {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(event) = self.kept.pop_front() else { return };
        self.forgotten += 1;
        self.weight -= event.weight;
        let ids = [
            event.browser.as_ref().and_then(|copy| copy.event_id.as_ref()),
            event.server.as_ref().and_then(|copy| copy.event_id.as_ref()),
        ];
        for id in ids.into_iter().flatten() {
            let key = (event.dataset_id.clone(), event.event_name.clone(), id.clone());
            if self.by_key.get(&key) == Some(&event.number) {
                self.by_key.remove(&key);
            }
            if let Some(numbers) = self.by_id.get_mut(id) {
                drop_forgotten(numbers, self.forgotten);
                if numbers.is_empty() {
                    self.by_id.remove(id);
                }
            }
        }
        for person in event.persons {
            let key = (event.dataset_id.clone(), event.event_name.clone(), person);
            let Some(trail) = self.by_person.get_mut(&key) else { continue };
            let lists = trail.lists();
            let is_empty = lists.into_iter().fold(true, |empty, list| {
                drop_forgotten(list, self.forgotten);
                empty && list.is_empty()
            });
            if is_empty {
                self.by_person.remove(&key);
            }
        }
    }

    fn get(&self, number: u64) -> Option<&Event> {
        self.kept.get(usize::try_from(number.checked_sub(self.forgotten)?).ok()?)
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut Event> {
        self.kept.get_mut(usize::try_from(number.checked_sub(self.forgotten)?).ok()?)
    }
}

/// Inserts a number into a sorted list. Nearly always it goes to the end.
fn insert(list: &mut VecDeque<u64>, number: u64) {
    let at = list.partition_point(|&other| other < number);
    if list.get(at) != Some(&number) {
        list.insert(at, number);
    }
}

fn drop_forgotten(list: &mut VecDeque<u64>, forgotten: u64) {
    while list.front().is_some_and(|&number| number < forgotten) {
        list.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copy(n: usize) -> BrowserCopy {
        BrowserCopy {
            received_at_millis: 0,
            event_time_millis: None,
            event_id: n.is_multiple_of(2).then(|| format!("e{n}")),
            fbp: Some(format!("fb.1.1789990000000.{}", n % 3)),
            fbc: None,
            url: None,
            referrer: None,
            client_ip_address: None,
            client_user_agent: None,
            data_processing_options: None,
            user_data: serde_json::Map::new(),
            custom_data: serde_json::Map::new(),
            copies: 1,
        }
    }

    #[test]
    fn the_indexes_forget_with_the_events() {
        let mut events = Events::default();
        for n in 0..3 * MAX_EVENTS {
            events.arrive_from_browser("1", "Lead", copy(n));
        }
        assert_eq!(events.by_key.len(), MAX_EVENTS / 2);
        assert_eq!(events.by_id.len(), MAX_EVENTS / 2);
        let in_trails: usize = events
            .by_person
            .values_mut()
            .map(|trail| trail.lists().into_iter().map(|list| list.len()).sum::<usize>())
            .sum();
        // Each event is in one list of all events, and in one list of those without a server copy.
        assert_eq!(in_trails, 2 * MAX_EVENTS);
    }
}
