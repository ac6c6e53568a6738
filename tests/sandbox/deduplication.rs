//! Which copies are one event, and why others are not.

use serde_json::json;

use crate::meta::*;

fn hit(name: &str, id: &str) -> String {
    format!("id=1234567890&ev={name}&eid={id}&fbp={FBP}")
}

#[test]
fn recognises_one_event_by_dataset_name_and_id_in_either_order() {
    for server_first in [false, true] {
        let mut meta = Meta::new();
        if server_first {
            meta.server(purchase());
        }
        meta.browser(&hit("Purchase", "ord-1001"));
        if !server_first {
            meta.server(purchase());
        }
        let shown = meta.show("");
        assert_eq!(
            shown["counts"],
            json!({
                "browser": 1, "server": 1, "merged": 1, "browser_only": 0, "server_only": 0, "refused": 0
            })
        );
        let event = &shown["events"][0];
        assert_eq!(
            (&event["merged"], &event["merged_by"], &event["why_not"]),
            (&json!(true), &json!("event_id"), &json!(null))
        );
        assert_eq!(event["browser"]["event_id"], event["server"]["event_id"]);
    }
}

#[test]
fn counts_what_one_channel_repeats() {
    let mut meta = Meta::new();
    meta.browser(&hit("Purchase", "ord-1001"));
    for _ in 0..3 {
        meta.server(purchase());
        meta.browser(&hit("Purchase", "ord-1001"));
    }
    let shown = meta.show("");
    assert_eq!(shown["events"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&shown["events"][0]["browser"]["copies"], &shown["events"][0]["server"]["copies"]),
        (&json!(4), &json!(3))
    );
    assert_eq!(
        shown["totals"],
        json!({
            "browser_copies": 4, "server_copies": 3, "repeated_copies": 5, "events": 1, "merged": 1
        })
    );
}

#[test]
fn shows_apart_the_customer_information_of_later_server_copies() {
    let mut meta = Meta::new();
    meta.browser(&hit("Purchase", "ord-1001"));
    let mut first = purchase();
    first["user_data"].as_object_mut().unwrap().retain(|key, _| key != "em");
    meta.server(first.clone());
    assert_eq!(meta.show("")["events"][0]["server"].get("later_user_data"), None);
    let email = json!(["4a899fe8330eb86045488c8e2bb06ed6c3c0fddf64bbdc76bd7e36987ba1dd37"]);
    for _ in 0..2 {
        let mut later = first.clone();
        later["user_data"]["em"] = email.clone();
        meta.server(later);
    }
    let server = &meta.show("")["events"][0]["server"];
    assert_eq!(server["later_user_data"], json!({ "em": email }));
    assert_eq!(server["user_data"].get("em"), None);
    assert_eq!(server["copies"], 3);
}

#[test]
fn ends_after_forty_eight_hours() {
    let mut meta = Meta::new();
    meta.browser(&hit("Purchase", "ord-1001"));
    meta.later(48 * HOUR_MILLIS);
    let fresh = purchase_with("/event_time", json!(meta.now_millis / 1000));
    meta.server(fresh.clone());
    assert_eq!(meta.counts()["merged"], 1);

    let mut meta = Meta::new();
    meta.browser(&hit("Purchase", "ord-1001"));
    meta.later(48 * HOUR_MILLIS + 1);
    meta.server(fresh);
    assert_eq!(meta.counts()["merged"], 0);
    for reason in meta.reasons() {
        assert!(reason.contains("more than 48 hours apart (about 49)"), "{reason}");
    }
    // The later one starts a window of its own.
    meta.browser(&hit("Purchase", "ord-1001"));
    assert_eq!(meta.counts()["merged"], 1);
}

#[test]
fn by_person_takes_the_browser_first_and_the_server_second() {
    let mut meta = Meta::new();
    meta.browser(&hit("Lead", ""));
    meta.server(lead(json!({})));
    assert_eq!(meta.merged_by(), ["fbp"]);

    let mut meta = Meta::new();
    meta.server(lead(json!({})));
    meta.browser(&hit("Lead", ""));
    assert_eq!(meta.counts()["merged"], 0);
    let reasons = meta.reasons();
    assert!(
        reasons.iter().all(|reason| reason
            .starts_with("Neither copy carries an event id, and the server's copy came first")),
        "{reasons:?}"
    );
}

#[test]
fn by_person_favours_the_external_id() {
    let mut meta = Meta::new();
    meta.browser(&format!("id=1234567890&ev=Lead&fbp={FBP}&ud[external_id]=u1"));
    meta.server(lead(json!({ "user_data": { "fbp": FBP, "external_id": ["u0", "u1"] } })));
    assert_eq!(meta.merged_by(), ["external_id"]);
}

#[test]
fn by_person_needs_one_copy_without_an_id() {
    let mut meta = Meta::new();
    meta.browser(&hit("Lead", "a"));
    meta.server(lead(json!({})));
    assert_eq!(meta.merged_by(), ["fbp"]);

    let mut meta = Meta::new();
    meta.browser(&hit("Lead", ""));
    meta.server(lead(json!({ "event_id": "b" })));
    assert_eq!(meta.merged_by(), ["fbp"]);

    let mut meta = Meta::new();
    meta.browser(&hit("Lead", "a"));
    meta.server(lead(json!({ "event_id": "b" })));
    assert_eq!(
        meta.reasons(),
        vec!["The event ids differ: browser \"a\", server \"b\" (same fbp)."; 2]
    );
}

#[test]
fn by_person_ends_after_forty_eight_hours() {
    for (after, merged) in [(48 * HOUR_MILLIS, 1), (48 * HOUR_MILLIS + 1, 0)] {
        let mut meta = Meta::new();
        meta.browser(&hit("Lead", ""));
        meta.later(after);
        meta.server(lead(json!({ "event_time": meta.now_millis / 1000 })));
        assert_eq!(meta.counts()["merged"], merged);
    }
}

#[test]
fn by_person_never_joins_copies_of_one_channel() {
    let mut meta = Meta::new();
    meta.browser(&hit("Lead", ""));
    meta.browser(&hit("Lead", ""));
    assert_eq!(meta.counts()["browser"], 2);

    let mut meta = Meta::new();
    meta.server(lead(json!({})));
    meta.server(lead(json!({})));
    assert_eq!(meta.counts()["server"], 2);
}

#[test]
fn by_person_pairs_each_browser_event_before_one_twice() {
    let mut meta = Meta::new();
    for _ in 0..2 {
        meta.browser(&hit("Lead", ""));
    }
    for _ in 0..3 {
        meta.server(lead(json!({})));
    }
    let shown = meta.show("");
    assert_eq!(shown["counts"]["merged"], 2);
    let copies: u64 = shown["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["server"]["copies"].as_u64().unwrap())
        .sum();
    assert_eq!((shown["counts"]["server_only"].as_u64(), copies), (Some(0), 3));
}

#[test]
fn by_person_counts_a_server_event_that_meta_would_discard_too() {
    let mut meta = Meta::new();
    meta.browser(&hit("Lead", "a"));
    meta.server(lead(json!({ "event_id": "a" })));
    meta.server(lead(json!({})));
    let shown = meta.show("");
    assert_eq!(shown["counts"]["server_only"], 0);
    assert_eq!(shown["events"][0]["merged_by"], "event_id");
    assert_eq!(shown["events"][0]["server"]["copies"], 2);
}

#[test]
fn keeps_persons_names_and_datasets_apart() {
    let mut meta = Meta::new();
    meta.browser("id=1234567890&ev=Lead&fbp=fb.1.1789990000000.2");
    meta.browser(&hit("Contact", ""));
    meta.browser(&format!("id=999&ev=Lead&fbp={FBP}"));
    meta.server(lead(json!({})));
    assert_eq!(meta.counts()["merged"], 0);
}

#[test]
fn says_that_the_other_copy_has_not_arrived() {
    let mut meta = Meta::new();
    meta.browser(&hit("Purchase", "ord-1001"));
    meta.server(lead(json!({ "event_id": "lead-1" })));
    assert_eq!(
        meta.reasons(),
        ["No browser copy has arrived (yet).", "The server's copy has not arrived (yet)."]
    );
    meta.later(49 * HOUR_MILLIS);
    assert_eq!(
        meta.reasons(),
        [
            "No browser copy arrived within 48 hours.",
            "The server's copy did not arrive within 48 hours."
        ]
    );
}

#[test]
fn says_that_a_copy_carries_no_event_id() {
    let mut meta = Meta::new();
    meta.browser("id=1&ev=Lead");
    meta.browser(&hit("Lead", ""));
    meta.server(lead(json!({ "user_data": { "external_id": "u1" } })));
    let reasons = meta.reasons();
    assert!(reasons[0].contains("The server's copy carries no event id"), "{reasons:?}");
    assert!(
        reasons[1].contains("The browser's copy carries no event id, so only its fbp"),
        "{reasons:?}"
    );
    assert!(reasons[2].contains("no event id, no fbp and no external_id"), "{reasons:?}");
}

#[test]
fn says_which_copy_came_without_an_id_and_too_early() {
    let mut meta = Meta::new();
    meta.server(lead(json!({ "event_id": "a" })));
    meta.browser(&hit("Lead", ""));
    let reasons = meta.reasons();
    assert!(
        reasons.iter().all(|reason| reason.starts_with(
            "The browser's copy carries no event id, and the server's copy came first"
        )),
        "{reasons:?}"
    );
}

#[test]
fn says_that_the_names_or_the_datasets_differ() {
    let mut meta = Meta::new();
    meta.browser(&hit("purchase", "ord-1001"));
    meta.server(purchase());
    assert_eq!(
        meta.reasons(),
        vec!["Same id but different names: browser \"purchase\", server \"Purchase\"."; 2]
    );

    let mut meta = Meta::new();
    meta.browser("id=999&ev=Purchase&eid=ord-1001");
    meta.server(purchase());
    assert_eq!(
        meta.reasons(),
        vec![
            "Same id and name, but different datasets: browser \"999\", server \"1234567890\".";
            2
        ]
    );
}

#[test]
fn says_that_an_id_was_put_where_meta_ignores_it() {
    let mut meta = Meta::new();
    meta.browser("id=1&ev=Lead&cd[eventID]=a");
    assert!(meta.reasons()[0].contains("{eventID: …}"));
    let mut meta = Meta::new();
    meta.server(lead(json!({ "custom_data": { "event_id": "a" } })));
    assert!(meta.reasons()[0].contains("custom_data"));
}

#[test]
fn compares_a_person_with_the_nearest_event_of_the_other_channel() {
    let mut meta = Meta::new();
    for n in 0..20 {
        meta.browser(&hit("PageView", &format!("b{n}")));
        meta.server(lead(json!({ "event_name": "PageView", "event_id": format!("s{n}"), "event_time": meta.now_millis / 1000 })));
        meta.later(60_000);
    }
    let shown = meta.show("event_id=b7");
    assert_eq!(
        shown["events"][0]["why_not"],
        "The event ids differ: browser \"b7\", server \"s7\" (same fbp)."
    );
}
