//! Several outboxes for a dataset, and many datasets.

use std::collections::BTreeMap;

use capi_bridge::event::Trust;
use capi_bridge::relay::{
    Answered, Care, Config, MemoryDisk, Next, Outbox, Parcel, Person, Secrets, outbox_of,
};
use serde_json::{Value, json};

use crate::world::{NOW, World, arrival, lead};

const SECRETS: Secrets<'_> = Secrets { token: "token", app_secret: None };

/// The outboxes of some datasets, each with a disk of its own.
struct Machine {
    config: Config,
    all: BTreeMap<(u32, u32), (Outbox, MemoryDisk)>,
    /// The outboxes that sent an event, by dataset and event id.
    sent: BTreeMap<(u32, String), Vec<u32>>,
}

impl Machine {
    fn new() -> Self {
        let config = r#"{"datasets":["1"],"allowedOrigins":[],"holdSeconds":0}"#;
        let (all, sent) = (BTreeMap::new(), BTreeMap::new());
        Self { config: Config::read(config).unwrap(), all, sent }
    }

    fn outbox(&mut self, dataset: u32, number: u32) -> &mut (Outbox, MemoryDisk) {
        self.all.entry((dataset, number)).or_insert_with(|| {
            let mut disk = MemoryDisk::default();
            let outbox = Outbox::wake(&mut disk, &dataset.to_string(), [3; 16], NOW).unwrap();
            (outbox, disk)
        })
    }

    /// Posts events as the worker does: those that have a copy in the outbox of before go there.
    fn post(&mut self, dataset: u32, events: &[Value], outboxes: u32, before: u32) {
        let events: Vec<_> =
            events.iter().map(|event| arrival(&self.config, Trust::Page, event)).collect();
        let parcel = Parcel {
            trust: Trust::Page,
            main_body: String::new(),
            people: Vec::new(),
            facts: Vec::new(),
            events,
            withdrawn: Vec::new(),
        };
        let config = self.config.clone();
        for (now, old, part) in parcel.by_outbox(outboxes, before) {
            let (outbox, disk) = self.outbox(dataset, old);
            let seen = match now == old {
                true => vec![false; part.events.len()],
                false => outbox.has_seen(disk, &part, NOW).unwrap(),
            };
            let (known, others) = part.split(&seen);
            for (number, part) in [(old, known), (now, others)] {
                if !part.is_empty() {
                    let (outbox, disk) = self.outbox(dataset, number);
                    outbox.accept(disk, &config, &[part], Care::Whole, NOW).unwrap();
                }
            }
        }
    }

    fn send(&mut self) {
        for ((dataset, number), (outbox, disk)) in &mut self.all {
            while let Next::Send(outgoing) =
                outbox.next(disk, &self.config, Some(&SECRETS), NOW, 1_000).unwrap()
            {
                let body: Value = serde_json::from_str(&outgoing.delivery.body).unwrap();
                let events = body["data"].as_array().unwrap();
                for event in events {
                    let id = event["event_id"].as_str().unwrap().to_owned();
                    self.sent.entry((*dataset, id)).or_default().push(*number);
                }
                let receipt = json!({ "events_received": events.len() }).to_string();
                let answered = Answered {
                    status: 200,
                    body: receipt.as_bytes(),
                    asked_wait_millis: 0,
                    is_timeout: false,
                    took_millis: 1,
                };
                outbox.settle(disk, &self.config, answered, 0, NOW).unwrap();
            }
        }
    }
}

#[test]
fn a_thousand_datasets_and_sixty_four_outboxes_have_each_event_once() {
    let mut machine = Machine::new();
    for dataset in 0..1_000 {
        let events: Vec<Value> = (0..4).map(|id| lead(&format!("{dataset}-{id}"))).collect();
        machine.post(dataset, &events, 64, 64);
        machine.post(dataset, &events[..2], 64, 64);
    }
    machine.send();
    assert_eq!(machine.sent.len(), 4_000);
    for ((dataset, id), by) in &machine.sent {
        assert_eq!(by, &[outbox_of(&format!("Lead\n{id}"), 64)], "{dataset} {id}");
    }
}

#[test]
fn growth_and_shrinking_lose_nothing_and_find_the_copies_of_before() {
    for (before, after) in [(4, 5), (1, 4), (5, 4), (16, 1)] {
        let mut machine = Machine::new();
        let events: Vec<Value> = (0..400).map(|id| lead(&id.to_string())).collect();
        machine.post(7, &events[..300], before, before);
        // Half of them were sent when the number changes.
        machine.send();
        machine.post(7, &events[200..350], before, before);
        machine.post(7, &events, after, before);
        machine.post(7, &events, after, before);
        machine.send();
        assert_eq!(machine.sent.len(), 400, "{before} to {after}");
        assert!(machine.sent.values().all(|by| by.len() == 1), "{before} to {after}");
    }
}

#[test]
fn an_event_knows_the_person_that_its_own_request_identified() {
    let world = World::with(json!({ "outboxes": 2 }));
    let mut parcel = world.parcel(Trust::Server, &[lead("1"), lead("2")]);
    let person = |email: &str| Person {
        keys: vec!["key".to_owned()],
        same_as: Vec::new(),
        user_data: json!({ "em": [email] }).to_string(),
    };
    parcel.people = vec![person("first"), person("second")];
    parcel.events[0].known_as = vec!["key".to_owned()];
    let stored = json!({ "em": ["stored"], "ph": ["stored"] }).to_string();
    parcel.complete(&[Some(stored)]);
    let user_data = |at: usize| {
        serde_json::from_str::<Value>(&parcel.events[at].event).unwrap()["user_data"].clone()
    };
    let known = json!({ "em": ["second"], "external_id": ["1"], "ph": ["stored"] });
    assert_eq!(user_data(0), known);
    assert_eq!(user_data(1), json!({ "external_id": ["2"] }));
}
