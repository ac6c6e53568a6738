//! The order memory: a later event that knows only the order gets the visitor of the page, and no
//! one else's.

use capi_bridge::event::{OrderMention, Trust};
use capi_bridge::relay::Disk as _;
use serde_json::{Value, json};

use crate::world::World;

const HOUR: u64 = 60 * 60 * 1_000;
const DAY: u64 = 24 * HOUR;
const PAGE_ID: &str = "0f8e1c3a5b7d9e2f4a6c8b0d1e3f5a79";
const PAGE_URL: &str = "https://shop.example/checkout/order-received/727/";

fn named(name: &str) -> OrderMention {
    OrderMention { names: vec![name.to_owned()], ..OrderMention::default() }
}

fn with_secret(name: &str, secret: &str) -> OrderMention {
    OrderMention { secrets: vec![secret.to_owned()], ..named(name) }
}

/// Returns the mention of a shop's webhook, whose event id follows from the order.
fn signed(name: &str, secret: Option<&str>) -> OrderMention {
    let secrets = secret.map(str::to_owned).into_iter().collect();
    OrderMention { secrets, is_id_derived: true, ..named(name) }
}

fn visitor() -> Value {
    json!({
        "fbp": "fb.1.1.1", "fbc": "fb.1.2.click", "client_ip_address": "203.0.113.7",
        "client_user_agent": "Mozilla/5.0 (X11)",
    })
}

fn page_event(id: &str, user_data: Value) -> Value {
    json!({
        "event_name": "Purchase", "event_id": id, "event_source_url": PAGE_URL,
        "custom_data": { "value": 1, "currency": "EUR" }, "user_data": user_data,
    })
}

fn order_event(id: &str, user_data: Value) -> Value {
    json!({
        "event_name": "Purchase", "event_id": id, "action_source": "system_generated",
        "custom_data": { "value": 42.5, "currency": "EUR", "order_id": "727" },
        "user_data": user_data,
    })
}

fn world() -> World {
    World::with(json!({}))
}

#[test]
fn a_server_that_shares_the_ip_the_fbp_or_a_secret_gets_the_rest() {
    let proofs = [
        (json!({ "client_ip_address": "203.0.113.7" }), None),
        (json!({ "fbp": "fb.1.1.1" }), None),
        (json!({}), Some("wc_order_abc")),
    ];
    for (proof, secret) in proofs {
        let mut world = world();
        let page = page_event(PAGE_ID, visitor());
        world.post_orders(Trust::Page, &[(page, with_secret("727", "wc_order_abc"))]);
        world.run();
        world.crash();
        world.now += HOUR;
        let mut customer = proof.clone();
        customer["em"] = json!(["h"]);
        world.post_orders(Trust::Server, &[(order_event("d", customer), signed("#727", secret))]);
        world.run();
        let mut expected = visitor();
        expected["em"] = json!(["h"]);
        let sent = world.last(&format!("Purchase {PAGE_ID}"));
        assert_eq!(sent["user_data"], expected, "{proof}");
        assert_eq!(sent["event_source_url"], PAGE_URL);
        assert_eq!(sent["action_source"], "system_generated");
        assert_eq!(
            sent["custom_data"],
            json!({"value": 42.5, "currency": "EUR", "order_id": "727"})
        );
        assert_eq!(
            (world.times(&format!("Purchase {PAGE_ID}")), world.times("Purchase d")),
            (2, 0)
        );
        let totals = world.status().totals;
        assert_eq!((totals.orders_remembered, totals.orders_completed), (2, 1));
    }
}

#[test]
fn an_event_that_knows_only_its_order_has_its_visitor_or_is_set_aside() {
    let mut world = world();
    let page = page_event(PAGE_ID, visitor());
    world.post_orders(Trust::Page, &[(page, with_secret("727", "wc_order_abc"))]);
    world.run();
    let known = (order_event("d", json!({})), signed("727", Some("wc_order_abc")));
    let of_nobody = (order_event("e", json!({ "country": ["h"] })), signed("728", None));
    let other = (order_event("f", json!({ "em": ["h"] })), signed("729", None));
    world.post_orders(Trust::Server, &[known, of_nobody, other]);
    world.run();
    assert_eq!(world.last(&format!("Purchase {PAGE_ID}"))["user_data"], visitor());
    let times = ["d", "e", "f"].map(|id| world.times(&format!("Purchase {id}")));
    assert_eq!((world.times(&format!("Purchase {PAGE_ID}")), times), (2, [0, 0, 1]));
    world.crash();
    let status = world.status();
    assert_eq!((status.quarantined, status.totals.accepted, status.totals.delivered), (1, 4, 3));
    assert!(world.disk.quarantined(1).unwrap()[0].refusal.contains("visitor is not remembered"));
}

#[test]
fn without_a_proof_a_server_gets_nothing() {
    let mut world = world();
    world.post_orders(Trust::Page, &[(page_event(PAGE_ID, visitor()), named("727"))]);
    world.run();
    let other =
        json!({ "client_ip_address": "198.51.100.1", "client_user_agent": "Mozilla/5.0 (X11)" });
    let mut others_ip = json!({ "em": ["h"], "client_ip_address": "203.0.113.7" });
    others_ip["client_user_agent"] = "another browser".into();
    let another_fbp = json!({ "fbp": "fb.1.1.2", "client_ip_address": "203.0.113.7" });
    for user_data in [json!({ "em": ["h"] }), other, others_ip, another_fbp] {
        let event = order_event("d", user_data);
        let plain = World::with(json!({})).parcel(Trust::Server, std::slice::from_ref(&event));
        let mut parcel = plain.clone();
        parcel.events[0].order = Some(signed("727", None));
        assert_eq!(world.clone_of_disk().orders(parcel), plain, "{event}");
    }
}

#[test]
fn what_a_server_says_itself_wins() {
    let mut world = world();
    world.post_orders(Trust::Page, &[(page_event(PAGE_ID, visitor()), named("727"))]);
    let own = json!({
        "fbp": "fb.1.1.1", "fbc": "fb.1.2.other", "client_ip_address": "198.51.100.1",
        "client_user_agent": "Other/1.0",
    });
    let mut event = order_event("o-727", own.clone());
    event["event_source_url"] = "https://shop.example/own".into();
    world.post_orders(Trust::Server, &[(event, named("727"))]);
    world.run();
    let sent = world.last("Purchase o-727");
    assert_eq!(sent["user_data"], own);
    assert_eq!(sent["event_source_url"], "https://shop.example/own");
}

#[test]
fn an_id_that_the_server_gave_stays() {
    let mut world = world();
    world.post_orders(Trust::Page, &[(page_event(PAGE_ID, visitor()), named("727"))]);
    let event = order_event("o-727", json!({ "fbp": "fb.1.1.1" }));
    world.post_orders(Trust::Server, &[(event, named("727"))]);
    world.run();
    assert_eq!(world.last("Purchase o-727")["user_data"], visitor());
}

#[test]
fn a_thousand_orders_that_an_attacker_names_first_stay_as_they_are() {
    let mut world = world();
    let attacker = json!({
        "fbp": "fb.1.6.6", "fbc": "fb.1.6.attack", "client_ip_address": "6.6.6.6",
        "client_user_agent": "Mozilla/5.0 (X11)",
    });
    for id in 1001..=2000 {
        let page = page_event(PAGE_ID, attacker.clone());
        world.post_orders(Trust::Page, &[(page, with_secret(&id.to_string(), "wc_order_guess"))]);
    }
    for user_data in [
        json!({ "em": ["h"] }),
        json!({ "em": ["h"], "client_ip_address": "203.0.113.7", "client_user_agent": "Mozilla/5.0 (X11)" }),
        json!({ "em": ["h"], "fbp": "fb.1.1.1" }),
    ] {
        let mut plain = world.parcel(Trust::Server, &[]);
        for id in 1001..=2000 {
            let event = order_event(&id.to_string(), user_data.clone());
            plain.events.extend(world.parcel(Trust::Server, &[event]).events);
        }
        let mut parcel = plain.clone();
        for (at, arrival) in parcel.events.iter_mut().enumerate() {
            let order = (1001 + at).to_string();
            arrival.order = Some(signed(&order, Some(&format!("wc_order_{order}_secret"))));
        }
        // The rows of servers are there from the second turn on.
        assert_eq!(world.clone_of_disk().orders(parcel), plain);
    }
}

#[test]
fn two_visitors_under_one_proof_are_both_left_out() {
    for secret in [None, Some("wc_order_abc")] {
        let mut world = world();
        let order = || OrderMention { is_id_derived: false, ..signed("727", secret) };
        let mut other = visitor();
        other["fbp"] = "fb.1.1.2".into();
        for (id, user_data) in [(PAGE_ID, visitor()), ("e2", other), (PAGE_ID, visitor())] {
            world.post_orders(Trust::Page, &[(page_event(id, user_data), order())]);
        }
        let proof = json!({ "client_ip_address": "203.0.113.7" });
        world.post_orders(
            Trust::Server,
            &[(order_event("d", proof.clone()), signed("727", secret))],
        );
        world.run();
        assert_eq!(world.last("Purchase d")["user_data"], proof);
        assert!(world.status().totals.order_conflicts > 0);
        // The `fbp` still proves its visitor.
        let event = order_event("x", json!({ "fbp": "fb.1.1.2" }));
        world.post_orders(Trust::Server, &[(event, named("727"))]);
        world.run();
        assert_eq!(world.last("Purchase x")["user_data"]["client_ip_address"], "203.0.113.7");
    }
}

#[test]
fn a_page_writes_no_row_of_a_server_or_an_account() {
    let mut world = world();
    let order = OrderMention { accounts: vec!["customer:12".into()], ..named("727") };
    world.post_orders(Trust::Page, &[(page_event(PAGE_ID, visitor()), order)]);
    let renewal = OrderMention {
        accounts: vec!["customer:12".into()],
        is_renewal: true,
        ..signed("728", None)
    };
    let event = order_event("r", json!({ "em": ["h"] }));
    world.post_orders(Trust::Server, &[(event, renewal)]);
    let event = order_event("d", json!({ "em": ["h"] }));
    world.post_orders(Trust::Server, &[(event, signed("727", None))]);
    world.run();
    for id in ["r", "d"] {
        assert_eq!(world.last(&format!("Purchase {id}"))["user_data"], json!({ "em": ["h"] }));
    }
}

#[test]
fn a_renewal_after_sixty_days_gets_fbp_fbc_and_external_id() {
    let mut world = World::with(json!({ "orderMemory": { "days": 90 } }));
    world.post_orders(Trust::Page, &[(page_event(PAGE_ID, visitor()), named("700"))]);
    let first = OrderMention { accounts: vec!["subscription:701".into()], ..signed("700", None) };
    let known = json!({ "client_ip_address": "203.0.113.7", "external_id": ["e"] });
    world.post_orders(Trust::Server, &[(order_event("d", known), first)]);
    world.run();
    let renewal = OrderMention {
        accounts: vec!["subscription:701".into()],
        is_renewal: true,
        ..signed("728", None)
    };
    for (days, expected) in [
        (
            60,
            json!({ "em": ["h"], "fbp": "fb.1.1.1", "fbc": "fb.1.2.click", "external_id": ["e"] }),
        ),
        (31, json!({ "em": ["h"] })),
    ] {
        world.now += days * DAY;
        world.crash();
        let id = format!("r{days}");
        let event = order_event(&id, json!({ "em": ["h"] }));
        world.post_orders(Trust::Server, &[(event, renewal.clone())]);
        world.run();
        let sent = world.last(&format!("Purchase {id}"));
        assert_eq!(sent["user_data"], expected, "{days}");
        assert_eq!(sent.get("event_source_url"), None);
    }
}

#[test]
fn nothing_is_remembered_of_a_visitor_who_said_no() {
    for limit in [json!({ "opt_out": true }), json!({ "data_processing_options": ["LDU"] })] {
        for trust in Trust::ALL {
            let mut world = world();
            let mut event = page_event(PAGE_ID, visitor());
            event.as_object_mut().unwrap().extend(limit.as_object().unwrap().clone());
            let order = OrderMention { accounts: vec!["customer:12".into()], ..named("727") };
            world.post_orders(trust, &[(event, order)]);
            assert_eq!(world.disk.orders().count(), 0, "{limit} {trust:?}");
        }
    }
}

#[test]
fn a_no_deletes_what_was_remembered() {
    let remembered = || {
        let mut world = world();
        let page = page_event(PAGE_ID, visitor());
        world.post_orders(Trust::Page, &[(page, with_secret("727", "wc_order_abc"))]);
        assert_eq!(world.disk.orders().count(), 3);
        world
    };
    let no = |user_data: Value| {
        let mut event = page_event("no", user_data);
        event["opt_out"] = true.into();
        event
    };
    // One proof is enough to delete all rows of the visitor.
    let mut own = remembered();
    own.post_orders(Trust::Page, &[(no(json!({ "fbp": "fb.1.1.1" })), named("727"))]);
    assert_eq!(own.disk.orders().count(), 0);
    assert_eq!(own.status().totals.orders_forgotten, 1);
    let mut denied = remembered();
    denied.withdraw(Trust::Page, &page_event("no", json!({ "fbp": "fb.1.1.1" })), named("727"));
    assert_eq!(denied.disk.orders().count(), 0);
    // Another visitor's no deletes nothing.
    let mut other = remembered();
    other.post_orders(Trust::Page, &[(no(json!({ "fbp": "fb.1.1.2" })), named("727"))]);
    assert_eq!(other.disk.orders().count(), 3);

    // A page's no deletes what servers know of the same browser, and not what they know of others.
    for (no, left) in [
        (json!({ "fbp": "fb.1.1.1" }), 0),
        (json!({ "client_ip_address": "203.0.113.7", "client_user_agent": "M" }), 2),
    ] {
        let mut server = remembered();
        let order = || OrderMention { accounts: vec!["customer:12".into()], ..named("727") };
        let event = order_event("o-727", json!({ "fbp": "fb.1.1.1" }));
        server.post_orders(Trust::Server, &[(event, order())]);
        assert_eq!(server.disk.orders().count(), 5);
        server.withdraw(Trust::Page, &page_event("no", no), named("727"));
        assert_eq!(server.disk.orders().count(), left);
        server.withdraw(Trust::Server, &order_event("no", json!({})), named("727"));
        assert_eq!(server.disk.orders().count(), 0);
    }
}

#[test]
fn an_order_that_a_server_completed_once_is_known_without_a_proof() {
    let mut world = world();
    world.post_orders(Trust::Page, &[(page_event(PAGE_ID, visitor()), named("727"))]);
    let webhook = order_event("d", json!({ "client_ip_address": "203.0.113.7" }));
    world.post_orders(Trust::Server, &[(webhook, signed("727", None))]);
    let mut later = order_event("desk", json!({ "em": ["h"] }));
    later["event_name"] = "Contact".into();
    world.post_orders(Trust::Server, &[(later, named("727"))]);
    world.run();
    let mut expected = visitor();
    expected["em"] = json!(["h"]);
    assert_eq!(world.last("Contact desk")["user_data"], expected);
}

#[test]
fn a_webhook_that_comes_again_keeps_the_id_of_the_first() {
    let mut world = world();
    let webhook = order_event("d", json!({ "client_ip_address": "203.0.113.7" }));
    world.post_orders(Trust::Server, &[(webhook.clone(), signed("727", None))]);
    world.run();
    // The page comes later, so its id is not that of the order.
    world.post_orders(Trust::Page, &[(page_event(PAGE_ID, visitor()), named("727"))]);
    world.run();
    world.post_orders(Trust::Server, &[(webhook, signed("727", None))]);
    world.run();
    assert_eq!((world.times("Purchase d"), world.times(&format!("Purchase {PAGE_ID}"))), (1, 1));
}

#[test]
fn a_page_cannot_give_its_order_the_id_of_another_order() {
    // Every shape of an id that a page may give: of the order, of the rule, and random.
    let derived = "6e4c78d82a753cc5ca23e87024551922";
    for id in ["1001", derived, PAGE_ID] {
        let mut world = world();
        world.post_orders(Trust::Page, &[(page_event(id, visitor()), named("727"))]);
        let own = order_event("d", json!({ "fbp": "fb.1.1.1", "em": ["attacker"] }));
        world.post_orders(Trust::Server, &[(own, signed("727", None))]);
        let victim = order_event(id, json!({ "em": ["victim"] }));
        world.post_orders(Trust::Server, &[(victim, signed("1001", None))]);
        world.run();
        let sent: Vec<&Value> = world.taken.values().flatten().collect();
        let of_victim: Vec<&&Value> =
            sent.iter().filter(|event| event["user_data"]["em"] == json!(["victim"])).collect();
        assert_eq!(of_victim.len(), 1, "{id}");
        // The other order came first.
        let mut world = self::world();
        world.config = World::with(json!({ "holdSeconds": 30 })).config;
        let victim = order_event(id, json!({ "em": ["victim"] }));
        world.post_orders(Trust::Server, &[(victim.clone(), signed("1001", None))]);
        world.post_orders(Trust::Page, &[(page_event(id, visitor()), named("727"))]);
        let own = order_event("d", json!({ "fbp": "fb.1.1.1", "ph": ["attacker"] }));
        world.post_orders(Trust::Server, &[(own, signed("727", None))]);
        world.run();
        assert_eq!(world.last(&format!("Purchase {id}"))["user_data"], victim["user_data"], "{id}");
    }
}

#[test]
fn a_flood_of_pages_is_bounded_and_pushes_out_no_servers_row() {
    let mut world = World::with(json!({ "orderMemory": { "most": 300 } }));
    let event = order_event("o-1", json!({ "fbp": "fb.1.1.1" }));
    world.post_orders(Trust::Server, &[(event, named("1"))]);
    for id in 0..1_000 {
        world.now += 1;
        let user_data = json!({ "fbp": format!("fb.1.6.{id}") });
        let page = page_event(&format!("e{id}"), user_data);
        world.post_orders(Trust::Page, &[(page, named(&id.to_string()))]);
        assert!(world.disk.orders().count() <= 302);
    }
    world.post_orders(Trust::Server, &[(order_event("o-2", json!({ "em": ["h"] })), named("1"))]);
    world.run();
    assert_eq!(world.last("Purchase o-2")["user_data"], json!({ "em": ["h"], "fbp": "fb.1.1.1" }));
    // The newest are there.
    let event = order_event("o-3", json!({ "fbp": "fb.1.6.999" }));
    world.post_orders(Trust::Server, &[(event, named("999"))]);
    world.run();
    assert_eq!(world.last("Purchase o-3")["event_source_url"], PAGE_URL);
}

#[test]
fn rows_are_digests_and_encrypted_and_another_secret_reads_nothing() {
    let mut world = world();
    world.order_secret = Some("0123456789abcdef0123456789abcdef");
    let page = page_event(PAGE_ID, visitor());
    world.post_orders(Trust::Page, &[(page, with_secret("order-1001", "wc_order_abc"))]);
    assert_eq!(world.disk.orders().count(), 3);
    let all: Vec<u8> =
        world.disk.orders().flat_map(|(key, sealed)| [&key[..], sealed].concat()).collect();
    let texts = ["1001", "wc_order", "fb.1", "203.0.113.7", "Mozilla", "shop.example", PAGE_ID];
    for text in texts {
        assert!(!all.windows(text.len()).any(|part| part == text.as_bytes()), "{text}");
    }
    let ask = |world: &mut World| {
        let event = order_event("o", json!({ "fbp": "fb.1.1.1" }));
        let mut parcel = world.parcel(Trust::Server, &[event]);
        parcel.events[0].order = Some(named("order-1001"));
        let done = world.orders(parcel);
        done.events[0].event.contains("203.0.113.7")
    };
    world.order_secret = None;
    assert!(!ask(&mut world));
    world.order_secret = Some("0123456789abcdef0123456789abcdef");
    assert!(ask(&mut world));
}

#[test]
fn rows_go_when_they_are_old_even_if_nothing_else_happens() {
    let mut world = World::with(json!({ "orderMemory": { "days": 2 } }));
    let mut parcel = world.parcel(Trust::Page, &[page_event(PAGE_ID, visitor())]);
    parcel.events[0].order = Some(named("727"));
    world.orders(parcel);
    let end = world.now + 3 * DAY + HOUR;
    let mut alarms = 0;
    while let Some(alarm) =
        world.outbox.next_alarm(&mut world.disk, &world.config, world.now).unwrap()
        && alarm <= end
    {
        world.now = alarm;
        alarms += 1;
        while world.outbox.upkeep(&mut world.disk, &world.config, world.now).unwrap() {}
        world.crash();
    }
    assert_eq!((world.disk.orders().count(), alarms), (0, 3));
}

#[test]
fn switched_off_nothing_is_remembered_and_the_rest_is_deleted() {
    let mut world = world();
    world.post_orders(Trust::Page, &[(page_event(PAGE_ID, visitor()), named("727"))]);
    world.run();
    world.config = World::with(json!({ "orderMemory": { "days": 0 } })).config;
    world.post_orders(Trust::Page, &[(page_event("e2", visitor()), named("728"))]);
    let event = order_event("o", json!({ "fbp": "fb.1.1.1" }));
    world.post_orders(Trust::Server, &[(event, named("727"))]);
    world.run();
    assert_eq!(world.last("Purchase o")["user_data"], json!({ "fbp": "fb.1.1.1" }));
    world.now += 2 * HOUR;
    while world.outbox.upkeep(&mut world.disk, &world.config, world.now).unwrap() {}
    assert_eq!(world.disk.orders().count(), 0);
}

#[test]
fn a_full_outbox_remembers_nothing_and_still_completes() {
    let mut world = world();
    world.post_orders(Trust::Page, &[(page_event(PAGE_ID, visitor()), named("727"))]);
    world.outbox.set_disk_room(capi_bridge::relay::DiskRoom::Nobody, 0);
    let event = order_event("o", json!({ "fbp": "fb.1.1.1" }));
    let mut parcel = world.parcel(Trust::Server, &[event]);
    parcel.events[0].order = Some(named("727"));
    world.disk.set_full(true);
    assert!(world.orders(parcel).events[0].event.contains("203.0.113.7"));
}

#[test]
fn a_purchase_writes_few_rows() {
    let rows = |trust, order, user_data| {
        let mut world = world();
        let mut parcel = world.parcel(trust, &[page_event(PAGE_ID, user_data)]);
        parcel.events[0].order = Some(order);
        let before = world.disk.rows_written();
        world.orders(parcel.clone());
        let first = world.disk.rows_written() - before;
        world.orders(parcel);
        (first, world.disk.rows_written() - before - first)
    };
    // A second event of the same visitor and order writes nothing.
    assert_eq!(rows(Trust::Page, named("727"), visitor()), (2, 0));
    assert_eq!(rows(Trust::Page, with_secret("727", "wc_order_abc"), visitor()), (3, 0));
    assert_eq!(rows(Trust::Server, signed("727", None), visitor()), (1, 0));
}
