//! Tests the limits of the outbox and the quarantine, and that a full disk loses no event.

use capi_bridge::event::Trust;
use capi_bridge::relay::{Arrival, DiskRoom, Fact, Parcel};
use serde_json::{Value, json};

use crate::world::{NOW, Says, WEEK_SECONDS, World, error, lead};

fn large(id: usize) -> Value {
    json!({ "event_name": "Lead", "event_id": id.to_string(), "user_data": {}, "custom_data": { "x": "x".repeat(10_000) } })
}

#[test]
fn pages_find_the_outbox_full_before_servers_do_and_both_can_send_again_later() {
    let mut world = World::with(json!({ "maxBacklogBytes": 1_000_000 }));
    world.meta = Box::new(|_| Says::Away);
    let full = |world: &mut World, trust, from: usize| {
        (from..).take(1_000).take_while(|&id| world.post(trust, &[large(id)]) == [true]).count()
    };
    let pages = full(&mut world, Trust::Page, 0);
    assert!((70..80).contains(&pages), "{pages}");
    // Health reports the refused page, although a smaller request would find room.
    assert!(world.outbox.health(&world.config).is_some());
    let servers = full(&mut world, Trust::Server, 1_000);
    assert!((15..25).contains(&servers), "{servers}");
    let status = world.status();
    assert_eq!(status.totals.full, 2);
    assert!(status.warnings[0].contains("maxBacklogBytes"), "{:?}", status.warnings);
    assert!(world.outbox.health(&world.config).is_some());
    // Accepted events still go out, and then there is room again.
    world.meta = Box::new(|_| Says::Receipt);
    world.run();
    assert_eq!(world.taken.len(), pages + servers);
    world.now += 2 * 60 * 60 * 1_000;
    while world.outbox.upkeep(&mut world.disk, &world.config, world.now).unwrap() {}
    assert_eq!(world.post(Trust::Page, &[large(5_000)]), [true]);
    assert!(world.outbox.health(&world.config).is_none());
}

#[test]
fn on_a_disk_that_others_fill_pages_are_refused_first_and_room_in_the_file_is_used() {
    let mut world = World::with(json!({}));
    assert_eq!(world.post(Trust::Page, &[large(1)]), [true]);
    let mut asked = 10;
    let mut takes = |world: &mut World, room, file_bytes| {
        world.outbox.set_disk_room(room, file_bytes);
        [Trust::Page, Trust::Server].map(|trust| {
            asked += 1;
            world.post(trust, &[large(asked)]) == [true]
        })
    };
    assert_eq!(takes(&mut world, DiskRoom::Servers, 0), [false, true]);
    assert_eq!(takes(&mut world, DiskRoom::Nobody, 0), [false, false]);
    let alarm = world.outbox.health(&world.config).unwrap();
    assert!(alarm.contains("pages and servers are refused"), "{alarm}");
    // Accepted events go out.
    world.run();
    assert_eq!(world.taken.len(), 2);
    // Of a file of 100 kB, 20 kB are used: pages may use half of it, servers three quarters.
    assert_eq!(takes(&mut world, DiskRoom::Nobody, 100_000), [true, true]);
    assert_eq!(takes(&mut world, DiskRoom::Nobody, 100_000), [false, true]);
    assert_eq!(takes(&mut world, DiskRoom::Nobody, 100_000), [false, true]);
    assert_eq!(takes(&mut world, DiskRoom::Nobody, 100_000), [false, true]);
    assert_eq!(takes(&mut world, DiskRoom::Nobody, 100_000), [false, false]);
    assert_eq!(takes(&mut world, DiskRoom::Pages, 0), [true, true]);
    assert!(world.outbox.health(&world.config).is_none());
}

#[test]
fn a_full_outbox_refuses_one_request_and_not_its_neighbours_in_the_call() {
    let mut world = World::with(json!({ "maxBacklogBytes": 1_000_000 }));
    world.meta = Box::new(|_| Says::Away);
    let many: Vec<Value> = (0..76).map(large).collect();
    world.post(Trust::Page, &many);
    let parcels = [
        world.parcel(Trust::Page, &[large(100), large(101), large(102), large(103), large(104)]),
        world.parcel(Trust::Server, &[large(105)]),
    ];
    assert_eq!(world.call(&parcels).unwrap(), [false, true]);
}

#[test]
fn facts_that_the_events_of_a_request_share_are_stored_once() {
    let mut world = World::with(json!({}));
    let url = format!("\"event_source_url\":\"https://shop.example/{}\"", "x".repeat(2_000));
    let fact = |is_of_customer, member: String| Fact { is_of_customer, member };
    let facts = vec![fact(false, url), fact(true, "\"client_user_agent\":\"Mozilla\"".to_owned())];
    let events = (0..1_000)
        .map(|id| Arrival {
            name_and_id: format!("Lead\n{id}"),
            hold_millis: 0,
            is_withheld: false,
            send_before: i64::try_from(NOW / 1_000).unwrap() + WEEK_SECONDS,
            facts: 0b11,
            known_as: Vec::new(),
            order: None,
            event: format!(r#"{{"event_name":"Lead","event_id":"{id}","user_data":{{}}}}"#),
        })
        .collect();
    world
        .call(&[Parcel {
            trust: Trust::Page,
            main_body: String::new(),
            people: Vec::new(),
            facts,
            events,
            withdrawn: Vec::new(),
        }])
        .unwrap();
    assert!(world.disk.bytes() < 90_000, "{} bytes", world.disk.bytes());
    world.run();
    assert_eq!(world.taken.len(), 1_000);
    let last = world.last("Lead 999");
    assert_eq!(last["user_data"], json!({ "client_user_agent": "Mozilla" }));
    assert!(last["event_source_url"].as_str().unwrap().len() > 2_000);
}

#[test]
fn a_disk_that_is_full_for_a_while_loses_nothing_that_was_accepted() {
    let mut world = World::with(json!({ "holdSeconds": 1 }));
    let mut accepted = Vec::new();
    for id in 0..60_usize {
        world.disk.set_full(id % 7 > 3);
        let parcel = world.parcel(Trust::Server, &[lead(&id.to_string())]);
        if world.call(&[parcel]).is_ok() {
            accepted.push(id);
        }
        world.now += 200;
    }
    world.disk.set_full(false);
    world.run();
    assert!(accepted.len() > 20 && accepted.len() < 60);
    assert!(accepted.iter().all(|id| world.times(&format!("Lead {id}")) == 1));
}

#[test]
fn the_quarantine_has_a_limit_and_pages_leave_it_first() {
    let mut world = World::with(json!({ "maxQuarantinedEvents": 20 }));
    world.meta = Box::new(|events| {
        match events.len() == 1 && events[0]["event_id"].as_str().unwrap().starts_with("good") {
            true => Says::Receipt,
            false => error(100, ""),
        }
    });
    let reject = |world: &mut World, trust, prefix: &str, count: usize| {
        for id in 0..count {
            world.post(trust, &[lead(&format!("{prefix}{id}"))]);
            world.run();
            world.post(trust, &[lead(&format!("good-{prefix}{id}"))]);
            world.run();
        }
    };
    reject(&mut world, Trust::Server, "server", 5);
    reject(&mut world, Trust::Page, "page", 30);
    reject(&mut world, Trust::Server, "more", 3);
    let status = world.status();
    assert_eq!(status.quarantined, 20);
    let of_servers =
        status.quarantine.iter().filter(|one| !one.event_id.starts_with("page")).count();
    assert_eq!(of_servers, 8);
    assert_eq!(status.totals.dropped, 18);
    // Once the quarantine is replayed and delivered, the outbox counts no bytes.
    world.meta = Box::new(|_| Says::Receipt);
    world.outbox.replay(&mut world.disk, None, 0, world.now).unwrap();
    world.run();
    world.now += 2 * 60 * 60 * 1_000;
    while world.outbox.upkeep(&mut world.disk, &world.config, world.now).unwrap() {}
    let status = world.status();
    assert_eq!((status.depth, status.quarantined, status.stored_bytes), (0, 0, 0));
}

#[test]
fn status_and_intake_read_as_many_rows_with_a_large_backlog() {
    let mut world = World::with(json!({}));
    world.meta = Box::new(|_| Says::Away);
    let mut id = 0;
    for _ in 0..300 {
        let events: Vec<Value> = (0..100)
            .map(|_| {
                id += 1;
                lead(&id.to_string())
            })
            .collect();
        world.post(Trust::Page, &events);
    }
    let rows = world.disk.rows_written();
    world.post(Trust::Page, &[lead("one more")]);
    assert!(world.disk.rows_written() - rows <= 2);
    assert_eq!(world.status().depth, 30_001);
}
