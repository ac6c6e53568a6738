//! Tests that the outbox loses no accepted event in random orders of steps and faults.

use std::collections::BTreeMap;

use capi_bridge::event::Trust;
use capi_bridge::relay::Care;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{Says, World, error};

#[derive(Debug, Clone)]
enum Step {
    Post { server: bool, ids: Vec<u8>, value: u8 },
    Send(u8, Option<(bool, u8, u8)>),
    Pass(u32),
    ClockBack(u32),
    Crash,
    Full(bool),
    Upkeep,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (any::<bool>(), prop::collection::vec(0_u8..40, 1..12), any::<u8>())
            .prop_map(|(server, ids, value)| Step::Post { server, ids, value }),
        6 => (any::<u8>(), prop::option::of((any::<bool>(), 0_u8..40, any::<u8>())))
            .prop_map(|(number, meanwhile)| Step::Send(number, meanwhile)),
        3 => (0_u32..400_000).prop_map(Step::Pass),
        1 => (0_u32..90_000_000).prop_map(Step::ClockBack),
        1 => Just(Step::Crash),
        1 => any::<bool>().prop_map(Step::Full),
        2 => Just(Step::Upkeep),
    ]
}

fn event(id: u8, value: u8) -> Value {
    json!({
        "event_name": "Purchase", "event_id": id.to_string(),
        "user_data": { "external_id": [id.to_string()] },
        "custom_data": { "value": value, "currency": "EUR" },
    })
}

/// Returns Meta's answer by a number. A request with event 13 gets an error instead of a receipt.
fn says(number: u8, events: &[Value]) -> Says {
    match number % 8 {
        0 => Says::Away,
        1 => Says::Lost,
        2 => Says::Late,
        3 => Says::Error(500, String::new()),
        4 => Says::Error(200, r#"{"events_received":0}"#.to_owned()),
        _ if events.iter().any(|event| event["event_id"] == "13") => error(100, "OAuthException"),
        _ => Says::Receipt,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn what_was_accepted_reaches_meta_or_the_quarantine(steps in prop::collection::vec(step(), 1..80)) {
        let mut world = World::with(json!({ "holdSeconds": 2, "retryAtMostSeconds": 2 }));
        let mut accepted: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Post { server, ids, value } => {
                    let trust = if server { Trust::Server } else { Trust::Page };
                    let events: Vec<Value> = ids.iter().map(|&id| event(id, value)).collect();
                    let parcel = world.parcel(trust, &events);
                    if world.call(&[parcel]).is_ok() {
                        for id in ids {
                            let values = accepted.entry(format!("Purchase {id}")).or_default();
                            if server { values.push(value) }
                        }
                    }
                }
                Step::Send(number, meanwhile) => {
                    world.meta = Box::new(move |events| says(number, events));
                    // A full disk cannot store the outcome. Restarts from the disk before it.
                    let mut before = world.disk.clone();
                    let accepted = &mut accepted;
                    let sent = world.send_while(|world| {
                        let Some((server, id, value)) = meanwhile else { return };
                        let trust = if server { Trust::Server } else { Trust::Page };
                        let parcel = world.parcel(trust, &[event(id, value)]);
                        let (config, now) = (&world.config, world.now);
                        let undo = world.disk.clone();
                        match world.outbox.accept(&mut world.disk, config, &[parcel], Care::Whole, now) {
                            Ok(_) => {
                                let values = accepted.entry(format!("Purchase {id}")).or_default();
                                if server { values.push(value) }
                                before = world.disk.clone();
                            }
                            Err(_) => world.disk = undo,
                        }
                    });
                    if sent.is_err() {
                        world.disk = before;
                        world.crash();
                    }
                }
                Step::Pass(millis) => world.now += u64::from(millis),
                Step::ClockBack(millis) => world.now -= u64::from(millis),
                Step::Crash => world.crash(),
                Step::Full(is_full) => world.disk.set_full(is_full),
                Step::Upkeep => {
                    let before = world.disk.clone();
                    if world.outbox.upkeep(&mut world.disk, &world.config, world.now).is_err() {
                        world.disk = before;
                        world.crash();
                    }
                }
            }
        }
        world.disk.set_full(false);
        world.crash();
        world.now = world.now.max(crate::world::NOW);
        world.meta = Box::new(|events| says(7, events));
        // The clock may have gone back by an hour while events waited.
        world.run_for(2 * 60 * 60 * 1_000);
        let status = world.status();
        prop_assert_eq!(status.depth, 0);
        let aside: Vec<String> =
            status.quarantine.iter().map(|one| format!("Purchase {}", one.event_id)).collect();
        for (key, of_servers) in accepted {
            let copies = world.taken.get(&key);
            prop_assert!(copies.is_some() || aside.contains(&key), "{} is lost", key);
            // A server's value reaches Meta, no matter what pages posted.
            if let (Some(first), Some(copies)) = (of_servers.first(), copies) {
                let reached = copies.iter().any(|copy| copy["custom_data"]["value"] == *first);
                prop_assert!(reached || aside.contains(&key), "{} lost a server's value", key);
            }
        }
    }
}
