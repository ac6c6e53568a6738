//! Tests the way of events whose block was damaged on disk.

use capi_bridge::event::Trust;
use serde_json::{Value, json};

use crate::world::{Says, World, lead};

fn leads(from: usize, count: usize) -> Vec<Value> {
    (from..from + count).map(|id| lead(&id.to_string())).collect()
}

/// Damages every block of the queues.
fn damage(world: &mut World) {
    (0..100).for_each(|seq| world.disk.damage(seq));
}

#[test]
fn events_of_a_damaged_block_that_meta_has_already_stay_out_of_quarantine() {
    let mut world = World::with(json!({}));
    // After a timeout a request has half as many events, and a slow Meta keeps it so.
    world.meta = Box::new(|_| Says::Late);
    world.post(Trust::Page, &leads(0, 8));
    world.send();
    world.meta = Box::new(|_| Says::Receipt);
    world.millis_an_event = 5_000;
    world.run();
    world.post(Trust::Page, &leads(100, 8));
    world.send();
    assert_eq!(world.requests.last().map(Vec::len), Some(4));
    damage(&mut world);
    world.run();
    let status = world.status();
    assert_eq!((status.quarantined, status.depth), (4, 0));
    assert!((100..104).all(|id| world.times(&format!("Lead {id}")) == 1));
}

#[test]
fn a_withheld_event_of_a_damaged_block_is_dropped() {
    let mut world = World::with(json!({ "holdSeconds": { "Lead": "server", "*": 0 } }));
    world.post(Trust::Page, &leads(0, 3));
    damage(&mut world);
    world.run();
    let status = world.status();
    assert_eq!((status.quarantined, status.totals.dropped, status.depth), (0, 3, 0));
    assert!(world.taken.is_empty());
}
