//! A page's copy never stops, replaces, changes or delays a server's.

use capi_bridge::event::Trust;
use serde_json::{Value, json};

use crate::world::{Says, World, error};

fn purchase(id: &str, value: f64, user_data: Value) -> Value {
    json!({
        "event_name": "Purchase", "event_id": id, "user_data": user_data,
        "custom_data": { "value": value, "currency": "EUR" },
    })
}

const ID: &str = "1500";
const KEY: &str = "Purchase 1500";

fn forged() -> Value {
    let mut event =
        purchase(ID, 0.01, json!({ "fbp": "fb.1.1.6", "client_ip_address": "6.6.6.6" }));
    event["opt_out"] = true.into();
    event
}

fn order() -> Value {
    purchase(ID, 499.0, json!({ "em": ["h"], "fbp": "fb.1.1.1" }))
}

#[test]
fn a_thousand_forged_orders_keep_no_real_one_from_meta() {
    for hold in [json!(0), json!(30)] {
        for is_sent in [false, true] {
            let mut world = World::with(json!({ "holdSeconds": hold }));
            let forged: Vec<Value> = (1001..=2000)
                .map(|id| purchase(&id.to_string(), 0.01, json!({ "fbp": "f" })))
                .collect();
            world.post(Trust::Page, &forged);
            if is_sent {
                world.run();
            }
            world.post(Trust::Server, &[order()]);
            world.run();
            assert_eq!(world.last(KEY)["custom_data"]["value"], 499.0, "{hold} {is_sent}");
            assert_eq!(world.last(KEY)["user_data"]["em"], json!(["h"]));
        }
    }
}

#[test]
fn a_held_page_copy_gives_way_to_the_servers_and_adds_nothing_without_proof() {
    let mut world = World::with(json!({ "holdSeconds": 30 }));
    world.post(Trust::Page, &[forged()]);
    world.post(Trust::Server, &[order()]);
    let status = world.status();
    assert_eq!((status.depth, status.totals.accepted, status.totals.repeated), (1, 1, 1));
    world.run();
    assert_eq!(world.times(KEY), 1);
    assert_eq!(world.last(KEY), &order());
}

#[test]
fn with_the_same_fbp_both_are_one_event_with_the_servers_values() {
    for is_page_first in [true, false] {
        let mut world = World::with(json!({ "holdSeconds": 30 }));
        let page = purchase(ID, 1.0, json!({ "fbp": "fb.1.1.1", "fbc": "fb.1.2.c", "ph": ["x"] }));
        let mut copies = [(Trust::Page, page), (Trust::Server, order())];
        if !is_page_first {
            copies.reverse();
        }
        for (trust, event) in copies {
            world.post(trust, &[event]);
        }
        assert_eq!(world.status().depth, 1);
        world.run();
        assert_eq!(world.times(KEY), 1);
        let expected = json!({ "em": ["h"], "fbp": "fb.1.1.1", "fbc": "fb.1.2.c" });
        assert_eq!(world.last(KEY)["user_data"], expected);
        assert_eq!(world.last(KEY)["custom_data"]["value"], 499.0);
    }
}

#[test]
fn a_page_copy_after_the_servers_was_sent_is_dropped_and_changes_nothing() {
    let mut world = World::with(json!({}));
    world.post(Trust::Server, &[order()]);
    world.run();
    world.post(Trust::Page, &[forged()]);
    world.run();
    assert_eq!(world.times(KEY), 1);
    assert_eq!(world.status().totals.repeated, 1);
}

#[test]
fn a_page_cannot_limit_a_servers_event_it_has_no_proof_for() {
    let mut world = World::with(json!({ "holdSeconds": 30 }));
    world.post(Trust::Server, &[order()]);
    let mut limited = forged();
    limited["data_processing_options"] = json!(["LDU"]);
    world.post(Trust::Page, &[limited]);
    world.run();
    assert_eq!(world.last(KEY), &order());
}

#[test]
fn a_servers_copy_after_the_pages_was_sent_goes_out_only_when_it_says_more() {
    let mut world = World::with(json!({}));
    let page = purchase(ID, 499.0, json!({ "fbp": "fb.1.1.1" }));
    world.post(Trust::Page, std::slice::from_ref(&page));
    world.run();
    world.post(Trust::Server, &[page]);
    world.run();
    assert_eq!(world.times(KEY), 1, "the same again");

    let mut world = World::with(json!({}));
    world.post(Trust::Page, &[purchase(ID, 499.0, json!({ "fbp": "fb.1.1.1", "fbc": "c" }))]);
    world.run();
    world.post(Trust::Server, &[order()]);
    world.run();
    assert_eq!(world.times(KEY), 2);
    assert_eq!(world.last(KEY)["user_data"], json!({ "em": ["h"], "fbp": "fb.1.1.1", "fbc": "c" }));
}

#[test]
fn the_same_event_twice_from_one_sender_is_forwarded_once_also_after_a_restart() {
    for trust in Trust::ALL {
        let mut world = World::with(json!({}));
        world.post(trust, &[order(), order()]);
        world.run();
        world.crash();
        world.post(trust, &[order()]);
        world.run();
        assert_eq!(world.times(KEY), 1);
        assert_eq!(world.status().totals.repeated, 2);
    }
}

#[test]
fn both_copies_in_one_call_are_one_event() {
    let mut world = World::with(json!({ "holdSeconds": 5 }));
    let parcels = [
        world.parcel(Trust::Page, &[forged()]),
        world.parcel(Trust::Server, &[order()]),
        world.parcel(Trust::Page, &[forged()]),
    ];
    world.call(&parcels).unwrap();
    assert_eq!(world.status().depth, 1);
    world.run();
    assert_eq!(world.times(KEY), 1);
    assert_eq!(world.last(KEY), &order());
}

#[test]
fn an_event_on_its_way_is_not_changed_any_more() {
    let mut world = World::with(json!({}));
    world.post(Trust::Server, &[order()]);
    world.meta = Box::new(|_| crate::world::Says::Away);
    // It failed and waits by itself: it was tried as it is.
    world.send();
    let page = purchase(ID, 1.0, json!({ "fbp": "fb.1.1.1", "fbc": "late" }));
    world.post(Trust::Page, &[page]);
    world.meta = Box::new(|_| crate::world::Says::Receipt);
    world.run();
    assert_eq!(world.last(KEY), &order());
}

#[test]
fn servers_do_not_wait_for_a_flood_of_pages() {
    let mut world = World::with(json!({}));
    for batch in 0..20 {
        let flood: Vec<Value> = (0..1_000)
            .map(|id| purchase(&format!("page-{batch}-{id}"), 1.0, json!({ "fbp": "f" })))
            .collect();
        world.post(Trust::Page, &flood);
    }
    world.post(Trust::Server, &[order()]);
    world.send();
    world.send();
    assert_eq!(world.times(KEY), 1);
    // And pages are not starved by servers either.
    for batch in 0..20 {
        let flood: Vec<Value> = (0..1_000)
            .map(|id| purchase(&format!("server-{batch}-{id}"), 1.0, json!({ "fbp": "f" })))
            .collect();
        world.post(Trust::Server, &flood);
    }
    world.requests.clear();
    (0..20).for_each(|_| drop(world.send()));
    let of_pages = world
        .requests
        .iter()
        .filter(|events| events[0]["event_id"].as_str().unwrap().starts_with("page"));
    assert_eq!(of_pages.count(), 4);
}

#[test]
fn a_pages_purchase_can_be_left_to_the_server() {
    let mut world = World::with(json!({ "holdSeconds": { "Purchase": "server", "*": 0 } }));
    world.post(Trust::Page, &[forged()]);
    world.run();
    assert_eq!((world.times(KEY), world.status().totals.dropped), (0, 1));
    let page = purchase("1501", 1.0, json!({ "fbp": "fb.1.1.1", "fbc": "c" }));
    world.post(Trust::Page, &[page]);
    let mut server = order();
    server["event_id"] = "1501".into();
    world.post(Trust::Server, &[server]);
    world.run();
    assert_eq!(world.last("Purchase 1501")["user_data"]["fbc"], "c");
    assert_eq!(world.times("Purchase 1501"), 1);
}

/// Returns the copy of a server that has nothing beyond the page's copy.
fn the_same_from_the_server() -> Value {
    purchase(ID, 499.0, json!({ "fbp": "fb.1.1.1" }))
}

#[test]
fn a_servers_copy_that_says_the_same_goes_out_when_the_pages_copy_was_withheld() {
    let mut world = World::with(json!({ "holdSeconds": { "Purchase": "server", "*": 0 } }));
    world.post(Trust::Page, &[purchase(ID, 499.0, json!({ "fbp": "fb.1.1.1", "fbc": "c" }))]);
    world.run();
    assert_eq!((world.times(KEY), world.status().totals.dropped), (0, 1));
    world.post(Trust::Server, &[the_same_from_the_server()]);
    world.run();
    assert_eq!(world.times(KEY), 1);
    assert_eq!(world.last(KEY)["user_data"]["fbc"], "c");
}

#[test]
fn a_servers_copy_that_says_the_same_goes_out_when_the_pages_copy_failed() {
    for says in [Says::Away, Says::Error(500, String::new()), error(100, "")] {
        let mut world = World::with(json!({}));
        let answer = says.clone();
        world.meta = Box::new(move |_| answer.clone());
        world.post(Trust::Page, &[the_same_from_the_server()]);
        world.send();
        // Also after a restart the outbox knows that Meta may not have it.
        world.crash();
        world.meta = Box::new(|_| Says::Receipt);
        world.post(Trust::Server, &[the_same_from_the_server()]);
        world.send();
        assert_eq!(world.times(KEY), 1, "{says:?}");
        world.run();
        // The page's copy that failed does not follow it.
        assert_eq!(world.times(KEY), 1, "{says:?}");
    }
}

#[test]
fn a_servers_copy_that_says_the_same_goes_out_while_the_pages_copy_is_on_its_way() {
    let mut world = World::with(json!({}));
    world.post(Trust::Page, &[the_same_from_the_server()]);
    world.meta = Box::new(|_| error(100, ""));
    let settled = world.send_while(|world| {
        world.post(Trust::Server, &[the_same_from_the_server()]);
        world.meta = Box::new(|_| Says::Receipt);
    });
    assert!(settled.unwrap().is_some());
    world.run();
    assert_eq!(world.times(KEY), 1);
}

#[test]
fn a_pages_copy_of_another_visitor_does_not_stop_a_servers_copy_without_customer_information() {
    let mut world = World::with(json!({}));
    world.post(Trust::Page, &[purchase(ID, 499.0, json!({ "fbp": "fb.1.1.6" }))]);
    world.run();
    world.post(Trust::Server, &[the_same_from_the_server()]);
    world.run();
    assert_eq!(world.last(KEY)["user_data"]["fbp"], "fb.1.1.1");
}

#[test]
fn copies_that_are_merged_count_against_the_backlog_and_a_row_has_an_end() {
    let mut world = World::with(json!({ "holdSeconds": 600 }));
    let small: Vec<Value> =
        (0..60).map(|id| purchase(&id.to_string(), 1.0, json!({ "fbp": "fb.1.1.1" }))).collect();
    world.post(Trust::Page, &small);
    let before = world.status().stored_bytes;
    for event in &small {
        let mut large = event.clone();
        large["custom_data"]["note"] = "x".repeat(60_000).into();
        world.post(Trust::Page, &[large]);
    }
    let grown = world.status().stored_bytes - before;
    assert!(grown > 500_000, "{grown} bytes");
    assert!(world.disk.largest_row() <= 2_000_000, "{} bytes", world.disk.largest_row());
}
