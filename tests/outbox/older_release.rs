//! Tests that the outbox imports the disk of an older release while intake goes on.

use std::collections::BTreeMap;

use capi_bridge::event::Trust;
use capi_bridge::relay::{MemoryDisk, OldCounts, OldEvent};
use serde_json::{Value, json};

use crate::world::{NOW, WEEK_SECONDS, World, lead};

const CONFIG: &str = r#"{"datasets":["1"],"allowedOrigins":[],"holdSeconds":0}"#;

fn old(count: u64) -> World {
    let events = (0..count)
        .map(|id| OldEvent {
            id,
            event: lead(&id.to_string()).to_string(),
            main_body: if id % 10 == 0 {
                r#"{"test_event_code":"T"}"#.to_owned()
            } else {
                String::new()
            },
            send_before: i64::try_from(NOW / 1_000).unwrap() + WEEK_SECONDS,
            due_millis: NOW + id % 3,
        })
        .collect();
    let seen: BTreeMap<String, u64> =
        (0..count + 2_000).map(|id| (format!("Lead\n{id}"), NOW - 1_000)).collect();
    let mut disk = MemoryDisk::default();
    let counts = OldCounts {
        accepted: count + 2_000,
        delivered: 2_000,
        requests: 5,
        ..OldCounts::default()
    };
    disk.leave_old(events, seen, counts);
    World::on(disk, CONFIG)
}

#[test]
fn every_event_that_waited_arrives_once_and_the_totals_go_on() {
    let mut world = old(1_700);
    while world.outbox.upkeep(&mut world.disk, &world.config, world.now).unwrap() {
        world.crash();
    }
    world.run();
    assert!((0..1_700).all(|id| world.times(&format!("Lead {id}")) == 1));
    let status = world.status();
    assert_eq!((status.totals.accepted, status.totals.delivered, status.depth), (3_700, 3_700, 0));
}

#[test]
fn what_it_had_seen_is_remembered_before_and_after_it_is_taken_over() {
    let mut world = old(100);
    let again: Vec<Value> = [5, 50, 1_500].map(|id: u64| lead(&id.to_string())).to_vec();
    world.post(Trust::Page, &again);
    assert_eq!(world.status().totals.repeated, 3);
    while world.outbox.upkeep(&mut world.disk, &world.config, world.now).unwrap() {}
    world.crash();
    world.post(Trust::Page, &again);
    assert_eq!(world.status().totals.repeated, 6);
    world.run();
    assert!(world.taken.values().all(|copies| copies.len() == 1));
}

#[test]
fn intake_goes_on_while_it_is_taken_over() {
    let mut world = old(5_000);
    let mut id = 100_000;
    while world.outbox.upkeep(&mut world.disk, &world.config, world.now).unwrap() {
        id += 1;
        world.post(Trust::Server, &[lead(&id.to_string())]);
        world.send();
    }
    world.run();
    assert_eq!(world.taken.len(), 5_000 + id - 100_000);
}

#[test]
fn a_servers_event_is_not_held_back_by_what_that_release_had_seen() {
    let mut world = old(10);
    let more = json!({ "event_name": "Lead", "event_id": "1500", "user_data": { "em": ["h"] } });
    world.post(Trust::Server, &[more]);
    world.run();
    assert_eq!(world.times("Lead 1500"), 1);
}

#[test]
fn its_quarantine_counts_against_the_backlog() {
    let counts = OldCounts { in_quarantine: 100, quarantine_bytes: 50_000, ..OldCounts::default() };
    let mut disk = MemoryDisk::default();
    disk.leave_old(Vec::new(), BTreeMap::new(), counts);
    let mut world = World::on(disk, CONFIG);
    while world.outbox.upkeep(&mut world.disk, &world.config, world.now).unwrap() {}
    let status = world.status();
    assert_eq!(status.quarantined, 100);
    assert!(status.stored_bytes >= 50_000, "{} bytes", status.stored_bytes);
}
