//! Tests the plan over every order of a few events, crashes, lost answers, clock jumps and full
//! disks.
//!
//! Each step wakes the outbox from its disk, so a crash between any two steps is part of every path. A crash while a
//! request is on its way is a step of its own.

use std::collections::BTreeMap;

use capi_bridge::event::Trust;
use capi_bridge::relay::{Answered, Care, Config, MemoryDisk, Next, Outbox, Parcel, Secrets};
use serde_json::{Value, json};
use stateright::{Checker, Model, Property};

use crate::world::{NOW, arrival};

const SECRETS: Secrets<'_> = Secrets { token: "token", app_secret: None };
const DAY_MILLIS: u64 = 24 * 60 * 60 * 1_000;

struct Plan {
    config: Config,
    /// The events and their senders' trust: the same id from a page and a server, an event that
    /// Meta rejects, and another event of a page.
    posts: [(Trust, Value); 4],
    depth: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct World {
    disk: MemoryDisk,
    now: u64,
    /// The number of times that each post was accepted.
    accepted: [u8; 4],
    /// The values of the events that Meta took, by id, in the order of the requests.
    taken: BTreeMap<String, Vec<u64>>,
    /// The number of requests that Meta took without the outbox knowing.
    unknown: u8,
    faults: u8,
    jumps: u8,
    steps: usize,
    is_full: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Post(usize),
    /// Send, and Meta answers.
    Send,
    /// Send, and Meta takes it, but the answer is lost.
    Lost,
    /// Send, and Meta cannot be reached.
    Away,
    /// Send, Meta takes it, and the process is killed before it notes so.
    Killed,
    Pass,
    Back,
    Ahead,
    Fill,
    Free,
    Upkeep,
}

fn event(id: &str, value: u64) -> Value {
    json!({
        "event_name": "Purchase", "event_id": id, "user_data": {},
        "custom_data": { "value": value, "currency": "EUR" },
    })
}

impl Plan {
    fn wake(&self, world: &mut World) -> Outbox {
        Outbox::wake(&mut world.disk, "1", [7; 16], world.now).unwrap()
    }

    /// Sends one request. Restores the disk if a full disk breaks off a step.
    fn send(&self, world: &mut World, how: Step) -> bool {
        let before = world.disk.clone();
        let mut outbox = self.wake(world);
        let next = outbox.next(&mut world.disk, &self.config, Some(&SECRETS), world.now, 1_000);
        let Ok(Next::Send(outgoing)) = next else {
            world.disk = if next.is_err() { before } else { world.disk.clone() };
            return false;
        };
        let body: Value = serde_json::from_str(&outgoing.delivery.body).unwrap();
        let events = body["data"].as_array().unwrap();
        let is_bad = events.iter().any(|event| event["event_id"] == "bad");
        let is_taken = !is_bad && how != Step::Away;
        if is_taken {
            for event in events {
                let values = world.taken.entry(event["event_id"].as_str().unwrap().to_owned());
                values.or_default().push(event["custom_data"]["value"].as_u64().unwrap());
            }
        }
        let (status, answer) = match how {
            Step::Send if is_bad => {
                (400, json!({ "error": { "code": 100, "message": "m" } }).to_string())
            }
            Step::Send => (200, json!({ "events_received": events.len() }).to_string()),
            _ => (0, String::new()),
        };
        if how != Step::Send && is_taken {
            world.unknown += 1;
        }
        if how == Step::Killed {
            return true;
        }
        let answered = Answered {
            status,
            body: answer.as_bytes(),
            asked_wait_millis: 0,
            is_timeout: false,
            took_millis: 1,
        };
        let after = world.disk.clone();
        if outbox.settle(&mut world.disk, &self.config, answered, 0, world.now).is_err() {
            world.disk = after;
            world.unknown += u8::from(how == Step::Send && is_taken);
        }
        true
    }

    /// Returns whether every accepted event is at Meta or in quarantine once all faults have ended.
    fn loses_nothing(&self, world: &World) -> bool {
        let mut world = world.clone();
        world.disk.set_full(false);
        let mut outbox = self.wake(&mut world);
        for _ in 0..60 {
            while self.send(&mut world, Step::Send) {}
            outbox = self.wake(&mut world);
            while outbox.upkeep(&mut world.disk, &self.config, world.now).unwrap() {}
            let alarm = outbox.next_alarm(&mut world.disk, &self.config, world.now).unwrap();
            if outbox.status(&mut world.disk, &self.config, 0, world.now).unwrap().depth == 0 {
                break;
            }
            world.now = alarm.unwrap_or(world.now).max(world.now + 1);
        }
        let status = outbox.status(&mut world.disk, &self.config, 100, world.now).unwrap();
        let is_aside = |id: &str| status.quarantine.iter().any(|one| one.event_id == id);
        status.depth == 0
            && self.posts.iter().zip(world.accepted).all(|((trust, event), times)| {
                let id = event["event_id"].as_str().unwrap();
                let value = event["custom_data"]["value"].as_u64().unwrap();
                let taken = world.taken.get(id);
                // A page's copy may be merged into a server's. A server's own values reach Meta.
                let is_there = match trust {
                    Trust::Page => taken.is_some(),
                    Trust::Server => taken.is_some_and(|values| values.contains(&value)),
                };
                times == 0 || is_there || is_aside(id)
            })
    }
}

impl Model for Plan {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World {
            disk: MemoryDisk::default(),
            now: NOW,
            accepted: [0; 4],
            taken: BTreeMap::new(),
            unknown: 0,
            faults: 0,
            jumps: 0,
            steps: 0,
            is_full: false,
        }]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        if world.steps >= self.depth {
            return;
        }
        // The event of two senders is posted twice by each of them: a duplicate.
        let most = [2, 2, 1, 1];
        steps.extend((0..4).filter(|&post| world.accepted[post] < most[post]).map(Step::Post));
        if world.accepted.iter().any(|times| *times > 0) {
            steps.extend([Step::Send, Step::Pass]);
            if world.faults < 2 {
                steps.extend([Step::Lost, Step::Away, Step::Killed]);
            }
            steps.push(Step::Upkeep);
        }
        if world.jumps < 1 {
            steps.extend([Step::Back, Step::Ahead]);
        }
        steps.push(if world.is_full { Step::Free } else { Step::Fill });
    }

    fn next_state(&self, last: &World, step: Step) -> Option<World> {
        let mut world = last.clone();
        world.steps += 1;
        match step {
            Step::Post(number) => {
                let (trust, event) = &self.posts[number];
                let parcel = Parcel {
                    trust: *trust,
                    main_body: String::new(),
                    people: Vec::new(),
                    facts: Vec::new(),
                    events: vec![arrival(&self.config, *trust, event)],
                    withdrawn: Vec::new(),
                };
                let mut outbox = Outbox::wake(&mut world.disk, "1", [7; 16], world.now).ok()?;
                let accepted =
                    outbox.accept(&mut world.disk, &self.config, &[parcel], Care::Whole, world.now);
                match accepted {
                    Ok(_) => world.accepted[number] += 1,
                    Err(_) => world.disk = last.disk.clone(),
                }
            }
            Step::Send => drop(self.send(&mut world, step)),
            Step::Lost | Step::Away | Step::Killed => {
                world.faults += 1;
                if !self.send(&mut world, step) {
                    return None;
                }
            }
            Step::Pass => world.now += 61_000,
            Step::Back => (world.now, world.jumps) = (world.now - DAY_MILLIS, world.jumps + 1),
            Step::Ahead => (world.now, world.jumps) = (world.now + DAY_MILLIS, world.jumps + 1),
            Step::Fill | Step::Free => {
                world.is_full = step == Step::Fill;
                world.disk.set_full(world.is_full);
            }
            Step::Upkeep => {
                let mut outbox = self.wake(&mut world);
                if outbox.upkeep(&mut world.disk, &self.config, world.now).is_err() {
                    world.disk = last.disk.clone();
                }
            }
        }
        // Drops a step that changes only the count of steps, because it leads to no new state.
        let is_same = World { steps: last.steps, ..world.clone() } == *last;
        (!is_same).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("nothing that was accepted is lost", Plan::loses_nothing),
            Property::always(
                "nothing is sent twice unless an answer was lost",
                |_: &Plan, world: &World| {
                    // A page's copy and a server's with other values are two requests for one id.
                    let most = |id: &str| if id == "order" { 2 } else { 1 };
                    world
                        .taken
                        .iter()
                        .all(|(id, values)| values.len() <= most(id) + usize::from(world.unknown))
                },
            ),
            Property::always(
                "after a server's copy no page's goes out",
                |_: &Plan, world: &World| {
                    world.unknown > 0
                        || world
                            .taken
                            .get("order")
                            .is_none_or(|values| !values.windows(2).any(|pair| pair == [499, 1]))
                },
            ),
            Property::sometimes("everything arrives", |_: &Plan, world: &World| {
                world.taken.len() == 2 && world.accepted.iter().all(|times| *times > 0)
            }),
        ]
    }
}

#[test]
fn in_every_order_nothing_is_lost_or_overtaken() {
    let depth = std::env::var("CAPI_BRIDGE_STEPS").ok().and_then(|steps| steps.parse().ok());
    let config = json!({ "datasets": ["1"], "allowedOrigins": [], "holdSeconds": 0, "retryAtMostSeconds": 1 });
    let plan = Plan {
        config: Config::read(&config.to_string()).unwrap(),
        posts: [
            (Trust::Page, event("order", 1)),
            (Trust::Server, event("order", 499)),
            (Trust::Page, event("bad", 2)),
            (Trust::Page, event("lead", 3)),
        ],
        depth: depth.unwrap_or(4),
    };
    let is_deep = plan.depth >= 8;
    let checker = plan.checker().threads(2).spawn_bfs().join();
    println!(
        "{} states, {} of them different",
        checker.state_count(),
        checker.unique_state_count()
    );
    for name in [
        "nothing that was accepted is lost",
        "nothing is sent twice unless an answer was lost",
        "after a server's copy no page's goes out",
    ] {
        checker.assert_no_discovery(name);
    }
    if is_deep {
        checker.assert_any_discovery("everything arrives");
    }
    assert!(checker.unique_state_count() > 1_000);
}
