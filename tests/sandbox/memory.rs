//! Tests the sandbox's memory of events and its limits.

use serde_json::{Value, json};

use crate::meta::*;

#[test]
fn keeps_the_newest_ten_thousand_events_and_counts_all() {
    let mut meta = Meta::new();
    for n in 0..10_100 {
        meta.browser(&format!("id=1&ev=Lead&eid=e{n}&fbp={FBP}"));
    }
    let shown = meta.show("");
    assert_eq!(shown["counts"]["browser"], 10_000);
    assert_eq!(shown["totals"]["browser_copies"], 10_100);
    assert_eq!(shown["events"][9_999]["event_id"], "e100");
}

#[test]
fn keeps_the_newest_thousand_requests() {
    let mut meta = Meta::new();
    for n in 0..1_010 {
        meta.post(&json!({ "data": [lead(json!({ "event_id": format!("e{n}") }))] }));
    }
    let shown = meta.show("");
    assert_eq!(shown["requests"].as_array().unwrap().len(), 1_000);
    assert_eq!(shown["requests"][999]["events"][0]["event_id"], "e10");
    assert_eq!(shown["total_requests"], 1_010);
}

#[test]
fn keeps_fewer_events_when_they_are_large() {
    let mut meta = Meta::new();
    // About a megabyte of memory each.
    let large = vec![Value::Null; 32 * 1024];
    for n in 0..80 {
        meta.server(lead(json!({ "event_id": format!("e{n}"), "custom_data": { "list": large } })));
    }
    let kept = meta.counts()["server"].as_u64().unwrap();
    assert!((50..70).contains(&kept), "{kept}");
}

#[test]
fn finds_an_event_by_its_id_after_an_older_one_with_that_id_was_forgotten() {
    let mut meta = Meta::new();
    let hit = "id=1234567890&ev=Purchase&eid=ord-1001";
    meta.browser(hit);
    meta.later(49 * HOUR_MILLIS);
    meta.browser(hit);
    for n in 0..9_999 {
        meta.browser(&format!("id=1&ev=Lead&eid=e{n}"));
    }
    meta.server(purchase());
    assert_eq!(meta.counts()["merged"], 1);
}

#[test]
fn counts_every_copy_of_one_person_without_looking_at_all_of_them() {
    const BATCHES: u64 = 30;
    let mut meta = Meta::new();
    for batch in 0..BATCHES {
        let events: Vec<Value> = (0..1000)
            .map(|n| {
                meta.browser(&format!("id=1234567890&ev=Lead&fbp={FBP}&eid=b{batch}-{n}"));
                lead(json!({ "event_id": format!("s{batch}-{n}") }))
            })
            .collect();
        assert_eq!(meta.post(&json!({ "data": events })).0, 200);
    }
    let copies = BATCHES * 1000;
    let shown = meta.show("limit=10");
    assert_eq!(
        shown["totals"],
        json!({
            "browser_copies": copies, "server_copies": copies, "repeated_copies": 0, "events": 2 * copies, "merged": 0
        })
    );
    assert_eq!(shown["events"].as_array().unwrap().len(), 10);
}
