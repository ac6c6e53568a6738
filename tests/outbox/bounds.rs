//! Tests that no batch, row or wait grows without a bound, and that one lane does not hold up the
//! other.

use std::collections::BTreeMap;

use capi_bridge::event::Trust;
use capi_bridge::relay::{Care, Fact, MemoryDisk, OldCounts, OldEvent, Person};
use serde_json::{Value, json};

use crate::world::{NOW, Says, WEEK_SECONDS, World, error, lead};

const HOUR_MILLIS: u64 = 60 * 60 * 1_000;

fn leads(from: usize, count: usize) -> Vec<Value> {
    (from..from + count).map(|id| lead(&id.to_string())).collect()
}

#[test]
fn events_that_are_too_old_go_to_quarantine_also_while_meta_refuses_the_token() {
    let mut world = World::with(json!({}));
    let refusal = json!({ "error": { "code": 190, "type": "OAuthException", "message": "m" } });
    world.meta = Box::new(move |_| Says::Error(401, refusal.to_string()));
    for part in 0..30 {
        world.post(Trust::Server, &leads(part * 100, 100));
    }
    let mut fresh = world.parcel(Trust::Server, &leads(9_000, 1));
    fresh.events[0].send_before += WEEK_SECONDS;
    world.call(&[fresh]).unwrap();
    world.now = NOW + 8 * 24 * HOUR_MILLIS;
    world.run_for(10 * 60_000);
    let status = world.status();
    assert_eq!((status.quarantined, status.depth), (3_000, 1));
    assert_eq!(world.requests.last().map(Vec::len), Some(1));
}

#[test]
fn a_retry_batch_fits_into_a_row_also_with_the_facts_of_each_request() {
    let mut world = World::with(json!({}));
    world.meta = Box::new(|_| Says::Away);
    for id in 0..600 {
        let member = format!("\"client_user_agent\":\"{id}{}\"", "x".repeat(4_000));
        let mut parcel = world.parcel(Trust::Page, &leads(id, 1));
        parcel.facts = vec![Fact { member, is_of_customer: true }];
        parcel.events[0].facts = 1;
        world.call(&[parcel]).unwrap();
    }
    world.send();
    let largest = world.disk.largest_row();
    assert!(largest < 1_500_000, "{largest} bytes");
    world.meta = Box::new(|_| Says::Receipt);
    world.run();
    assert_eq!(world.taken.len(), 600);
}

#[test]
fn a_proxy_that_finds_every_request_too_large_stops_the_lane() {
    let mut world = World::with(json!({}));
    world.meta = Box::new(|_| Says::Error(413, String::new()));
    world.post(Trust::Server, &leads(0, 50));
    world.run_for(2 * HOUR_MILLIS);
    let status = world.status();
    assert!(status.quarantined <= 5, "{} in quarantine", status.quarantined);
    assert_eq!(status.depth + status.quarantined, 50);
    world.meta = Box::new(|_| Says::Receipt);
    world.run();
    assert_eq!(world.taken.len() as u64 + world.status().quarantined, 50);
}

#[test]
fn a_clock_that_was_minutes_ahead_does_not_hold_an_event_longer_than_its_name_is_held() {
    let mut world = World::with(json!({ "holdSeconds": { "Purchase": 600, "*": 2 } }));
    world.now += 5 * 60_000;
    world.post(Trust::Page, &leads(0, 1));
    world.now -= 5 * 60_000;
    world.run_for(10_000);
    assert_eq!(world.taken.len(), 1);
}

#[test]
fn an_event_sets_the_alarm_again_that_a_clock_had_set_far_off() {
    let mut world = World::with(json!({ "holdSeconds": 2 }));
    world.now += 24 * HOUR_MILLIS;
    world.post(Trust::Page, &leads(0, 1));
    world.now -= 24 * HOUR_MILLIS;
    let parcel = world.parcel(Trust::Page, &leads(1, 1));
    let accepted = world
        .outbox
        .accept(&mut world.disk, &world.config, &[parcel], Care::Whole, world.now)
        .unwrap();
    let due = accepted.due_millis.unwrap();
    assert!(due <= world.now + 60_000, "in {} ms", due - world.now);
}

#[test]
fn a_success_at_a_time_ahead_of_now_is_no_proof_that_meta_takes_others() {
    let mut world = World::with(json!({ "retryAtMostSeconds": 1 }));
    world.now += 24 * HOUR_MILLIS;
    world.post(Trust::Server, &leads(0, 1));
    world.run();
    world.now = NOW;
    world.meta = Box::new(|_| Says::Error(500, String::new()));
    world.post(Trust::Server, &leads(1, 1));
    world.run_for(HOUR_MILLIS);
    assert_eq!((world.status().quarantined, world.status().depth), (0, 1));
}

#[test]
fn thousands_of_retry_batches_of_pages_do_not_hold_up_servers() {
    // The events of an older release with two kinds of main bodies, by turns.
    let events = (0..3_000)
        .map(|id| OldEvent {
            id,
            event: lead(&format!("old-{id}")).to_string(),
            main_body: format!(r#"{{"test_event_code":"T{}"}}"#, id % 2),
            send_before: i64::try_from(NOW / 1_000).unwrap() + WEEK_SECONDS,
            due_millis: NOW,
        })
        .collect();
    let mut disk = MemoryDisk::default();
    disk.leave_old(events, BTreeMap::new(), OldCounts::default());
    let mut world = World::on(disk, r#"{"datasets":["1"],"allowedOrigins":[],"holdSeconds":0}"#);
    while world.outbox.upkeep(&mut world.disk, &world.config, world.now).unwrap() {}
    world.meta = Box::new(|events| match events.iter().any(|event| event["event_id"] == "13") {
        true => error(100, ""),
        false => Says::Receipt,
    });
    world.post(Trust::Server, &leads(0, 200));
    world.run_for(60_000);
    let delivered = (0..200).filter(|id| world.times(&format!("Lead {id}")) == 1).count();
    assert_eq!(delivered, 199);
    world.run();
    assert_eq!(world.taken.len(), 3_199);
}

fn person(key: &str, same_as: &[&str], user_data: &Value) -> Person {
    Person {
        keys: vec![key.to_owned()],
        same_as: same_as.iter().map(ToString::to_string).collect(),
        user_data: user_data.to_string(),
    }
}

/// Returns ten fields with four hashes each.
fn many_traits() -> Value {
    let fields = ["country", "ct", "db", "em", "fn", "ge", "ln", "ph", "st", "zp"];
    fields.iter().map(|field| ((*field).to_owned(), json!(vec!["a".repeat(64); 4]))).collect()
}

#[test]
fn what_is_remembered_of_a_person_has_a_limit_and_keeps_the_best_fields() {
    let mut world = World::with(json!({}));
    let mut parcel = world.parcel(Trust::Server, &[]);
    parcel.people = vec![person("one", &[], &many_traits())];
    world.call(&[parcel]).unwrap();
    let mut parcel = world.parcel(Trust::Server, &[]);
    parcel.people = vec![person("two", &["one"], &json!({}))];
    world.call(&[parcel]).unwrap();
    let keys = ["one", "two"].map(str::to_owned);
    let known = world.outbox.known(&mut world.disk, &world.config, &keys, world.now).unwrap();
    for known in known {
        let known = known.unwrap();
        assert!(known.len() <= 1_024, "{} bytes", known.len());
        let fields: Value = serde_json::from_str(&known).unwrap();
        assert!(fields["em"].is_array() && fields["ph"].is_array(), "{fields}");
    }
}

#[test]
fn events_of_people_share_the_facts_of_their_request() {
    let mut world = World::with(json!({ "holdSeconds": 600 }));
    let mut parcel = world.parcel(Trust::Page, &leads(0, 100));
    let member = format!("\"client_user_agent\":\"{}\"", "x".repeat(4_000));
    parcel.facts = vec![Fact { member, is_of_customer: true }];
    parcel.people = vec![person("one", &[], &json!({ "em": ["h"] }))];
    for event in &mut parcel.events {
        (event.facts, event.known_as) = (1, vec!["one".to_owned()]);
    }
    world.call(&[parcel]).unwrap();
    let stored = world.status().stored_bytes;
    assert!(stored < 40_000, "{stored} bytes");
    world.run();
    let sent = world.last("Lead 7");
    assert_eq!(sent["user_data"]["em"], json!(["h"]));
    assert_eq!(sent["user_data"]["client_user_agent"].as_str().map(str::len), Some(4_000));
}
