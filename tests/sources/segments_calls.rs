//! Tests Segment's calls: their keys, the accepted events, and the answers.

use capi_bridge::relay::{Intake, SegmentCall};
use serde_json::{Value, json};

use crate::taking::*;

#[test]
fn a_problem_names_the_field_that_segment_sent() {
    let mut no_price = order();
    no_price["properties"]["revenue"] = Value::Null;
    let mut no_action_source = order();
    no_action_source["context"] = json!({});
    let mut nameless = order();
    nameless["event"] = Value::Null;
    let mut nobody = order();
    nobody["userId"] = Value::Null;
    let mut late = order();
    late["timestamp"] = json!("yesterday");
    let kindless = json!({ "userId": "u" });
    let good = order();
    let items = json!([no_price, no_action_source, nameless, nobody, late, kindless, 7, good]);
    let intake = batch(&items, &json!({}));
    let problems = intake.answer.body["problems"].as_array().unwrap();
    let paths: Vec<&str> =
        problems.iter().map(|problem| problem["path"].as_str().unwrap()).collect();
    assert_eq!(
        paths,
        [
            "batch[0].properties.revenue",
            "batch[1].properties.action_source",
            "batch[2].event",
            "batch[3].userId",
            "batch[4].timestamp",
            "batch[5].type",
            "batch[6].type",
        ]
    );
    assert_eq!((intake.answer.status, intake.events.len()), (200, 1));
    assert_eq!(intake.answer.body["success"], true);
}

#[test]
fn a_request_of_which_nothing_can_be_kept_is_a_400_in_segments_shape() {
    let mut no_price = order();
    no_price["properties"]["revenue"] = Value::Null;
    let body = json!({ "batch": [no_price], "writeKey": WRITE_KEY }).to_string();
    let Intake { answer, events, .. } = called(&SegmentCall::Batch, &body, &json!({}), &[]);
    assert_eq!((answer.status, events.len()), (400, 0));
    assert_eq!(answer.body["success"], false);
    assert_eq!(answer.body["code"], "missing_value");
    let message = answer.body["message"].as_str().unwrap();
    assert!(message.starts_with("batch[0].properties.revenue: expected"), "{message}");
}

#[test]
fn an_app_that_does_not_say_whether_it_may_track_is_told_where_to() {
    let mut in_app = order();
    in_app["properties"]["action_source"] = json!("app");
    in_app["context"] = json!({ "os": { "name": "Android", "version": "15" } });
    let intake = batch(&json!([in_app]), &json!({}));
    let problem = &intake.answer.body["problems"][0];
    assert_eq!(problem["path"], "batch[0].context.device.adTrackingEnabled", "{problem}");
}

#[test]
fn a_value_without_a_currency_is_left_out_but_for_a_purchase() {
    let mut viewed = order();
    viewed["event"] = json!("Product Viewed");
    viewed["properties"] = json!({ "product_id": "SKU-1", "price": 5 });
    let intake = batch(&json!([viewed]), &json!({}));
    assert!(events(&intake)[0]["custom_data"].get("value").is_none());
    assert_eq!(intake.answer.body["problems"][0]["path"], "batch[0].properties.currency");
    let mut purchase = order();
    purchase["properties"]["currency"] = Value::Null;
    let intake = batch(&json!([purchase]), &json!({}));
    assert_eq!(intake.answer.body["problems"][0]["error_subcode"], 2_804_010);
}

#[test]
fn the_event_id_is_the_message_id_or_that_of_the_order() {
    let id = |changes: &Value| events(&batch(&json!([order()]), changes))[0]["event_id"].clone();
    assert_eq!(id(&json!({})), "m-1");
    // SHA-256 of "Purchase:1001", its first 32 hexadecimal characters, by sha256sum.
    let of_order = json!({ "segment": { "eventId": "orderId" } });
    assert_eq!(id(&of_order), "6e4c78d82a753cc5ca23e87024551922");
}

#[test]
fn a_clock_that_is_wrong_is_corrected_by_when_it_sent() {
    let time = |more: Value| {
        let mut order = order();
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        events(&batch(&json!([order]), &json!({})))[0]["event_time"].clone()
    };
    // An hour behind, and sent ten seconds after it happened.
    let (happened, sent) = ("2026-09-21T13:13:10.000Z", "2026-09-21T13:13:20.000Z");
    assert_eq!(time(json!({ "timestamp": happened, "sentAt": sent })), 1_789_999_990);
    // Segment has corrected it already.
    let received = json!({ "timestamp": happened, "sentAt": sent, "receivedAt": sent });
    assert_eq!(time(received), 1_789_996_390);
}

#[test]
fn what_a_consent_manager_turned_off_is_not_kept() {
    let kept = |integrations: Value| {
        let mut order = order();
        order["integrations"] = integrations;
        let identify = json!({
            "type": "identify", "userId": "u", "traits": { "email": "jane@example.com" },
            "integrations": order["integrations"],
        });
        let intake = batch(&json!([order, identify]), &json!({}));
        assert_eq!(intake.answer.status, 200);
        intake.events.len() + intake.people.len()
    };
    assert_eq!(kept(json!({})), 2);
    assert_eq!(kept(json!({ "Facebook Conversions API (Actions)": false })), 0);
    assert_eq!(kept(json!({ "All": false })), 0);
    assert_eq!(kept(json!({ "All": false, "Facebook Conversions API (Actions)": true })), 2);
    assert_eq!(kept(json!({ "All": false, "Segment.io": true })), 0);
}

#[test]
fn identify_keeps_hashes_under_digests_of_the_ids() {
    let identify = json!([{
        "type": "identify", "userId": "jane@example.com", "anonymousId": "anon-7f3c",
        "context": { "ip": "8.8.4.4" },
        "traits": { "email": "jane@example.com", "phone": "16505551212", "plan": "gold" },
    }]);
    let intake = batch(&identify, &json!({}));
    assert_eq!(intake.people.len(), 1);
    let person = &intake.people[0];
    assert_eq!(person.keys.len(), 2);
    let user_data: Value = serde_json::from_str(&person.user_data).unwrap();
    // SHA-256 of "jane@example.com" and of "16505551212", by sha256sum.
    assert_eq!(
        user_data,
        json!({
            "em": ["8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d"],
            "ph": ["e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"],
        })
    );
    assert!(!person.keys.iter().any(|key| key.contains('@')));
    let off = batch(&identify, &json!({ "segment": { "traitsDays": 0 } }));
    assert_eq!(off.people, []);
}

#[test]
fn traits_that_a_page_says_reach_a_servers_events_only_where_they_are_believed() {
    let keys = |more: Value| {
        let mut segment = json!({ "pages": [{ "writeKey": PAGE_KEY }] });
        segment.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let changes = json!({ "segment": segment });
        let traits = json!({ "email": "jane@example.com" });
        let identify = json!({ "writeKey": PAGE_KEY, "userId": "user_42", "traits": traits });
        let call = SegmentCall::from_path("identify").unwrap();
        let origin = [("origin", "https://shop.example")];
        let page = called(&call, &identify.to_string(), &changes, &origin);
        let server = batch(&json!([order()]), &changes);
        (page.people[0].keys.clone(), server.events[0].known_as.clone())
    };
    let (said, known_as) = keys(json!({}));
    assert_ne!(said, known_as);
    let (said, known_as) = keys(json!({ "traitsOfPages": "everywhere" }));
    assert_eq!(said, known_as);
}

#[test]
fn a_page_that_knows_a_public_write_key_is_believed_no_more_than_a_page() {
    let pages = json!({ "segment": { "pages": [{ "writeKey": PAGE_KEY, "dataset": "42" }] } });
    let mut forged = order();
    forged["writeKey"] = json!(PAGE_KEY);
    forged["context"]["ip"] = json!("9.9.9.9");
    forged["context"]["userAgent"] = json!("Forged");
    forged["properties"]["action_source"] = json!("physical_store");
    let track = SegmentCall::from_path("t").unwrap();
    let origin = ("origin", "https://shop.example");
    let agent = ("user-agent", "Firefox");
    let intake = called(&track, &forged.to_string(), &pages, &[origin, agent]);
    assert_eq!(intake.dataset_id.as_deref(), Some("42"));
    let event = &events(&intake)[0];
    assert_eq!(event["action_source"], "website");
    assert_eq!(event["user_data"]["client_ip_address"], "8.8.8.8");
    assert_eq!(event["user_data"]["client_user_agent"], "Firefox");
    let elsewhere =
        called(&track, &forged.to_string(), &pages, &[("origin", "https://evil.example")]);
    assert_eq!((elsewhere.answer.status, elsewhere.events.len()), (403, 0));
    let private = called(&track, &forged.to_string(), &pages, &[origin, agent, ("sec-gpc", "1")]);
    assert_eq!((private.answer.status, private.events.len()), (403, 0));
}

#[test]
fn a_write_key_is_in_the_body_or_is_the_user_of_basic() {
    let status = |key: Value, authorization: &str| {
        let mut body = order();
        body["writeKey"] = key;
        let track = SegmentCall::from_path("track").unwrap();
        let headers = [("authorization", authorization)];
        let intake = called(&track, &body.to_string(), &json!({}), &headers);
        (intake.answer.status, intake.dataset_id)
    };
    let first = Some("1234567890".to_owned());
    assert_eq!(status(json!(WRITE_KEY), ""), (200, first.clone()));
    // base64 of the key and a colon, by base64(1).
    let basic = "Basic c2VnbWVudC13cml0ZS1rZXktMDEyMzQ1Njc4OWFiY2RlZjo=";
    assert_eq!(status(Value::Null, basic), (200, first));
    let other = json!("key-of-dataset-42-0123456789abcdef");
    assert_eq!(status(other, ""), (200, Some("42".to_owned())));
    for (key, authorization) in
        [(json!("wrong"), ""), (Value::Null, "Basic !"), (Value::Null, "Bearer x"), (json!(7), "")]
    {
        assert_eq!(status(key, authorization), (401, None));
    }
}

#[test]
fn a_webhook_is_believed_by_the_signature_of_its_body() {
    let status = |body: &str, signature: &str| {
        let webhook = SegmentCall::Webhook(Some(signature.to_owned()));
        called(&webhook, body, &json!({}), &[]).answer.status
    };
    let body = r#"{"type":"track","event":"Order Completed","messageId":"m-1","userId":"user_42","context":{"page":{"url":"https://shop.example/"}},"properties":{"revenue":1,"currency":"EUR"}}"#;
    let right = WEBHOOK_SIGNATURE;
    assert_eq!(status(body, right), 200);
    assert_eq!(status(&body.replace("user_42", "user_43"), right), 401);
    for wrong in ["", "00", "xyz", &right[..38], &format!("{right}00")] {
        assert_eq!(status(body, wrong), 401, "{wrong}");
    }
    assert_eq!(status(&format!("[{body}]"), right), 400);
}

/// By `openssl dgst -sha1 -hmac`.
const WEBHOOK_SIGNATURE: &str = "5f0df31857aa9734326d20bb0311f119d0c82578";

#[test]
fn what_is_too_large_is_refused_as_segment_refuses_it() {
    let large = |bytes: usize| {
        let mut order = order();
        order["properties"]["note"] = json!("x".repeat(bytes));
        order
    };
    let intake = batch(&json!([large(33_000), order()]), &json!({}));
    assert_eq!((intake.answer.status, intake.events.len()), (200, 1));
    assert_eq!(intake.answer.body["problems"][0]["code"], "call_too_large");
    let track = SegmentCall::from_path("track").unwrap();
    let mut single = large(33_000);
    single["writeKey"] = json!(WRITE_KEY);
    assert_eq!(called(&track, &single.to_string(), &json!({}), &[]).answer.status, 400);
    let many: Vec<Value> = (0..17).map(|_| large(31_000)).collect();
    assert_eq!(batch(&json!(many), &json!({})).answer.status, 400);
}

/// Returns the intake of a batch that says this for all of its calls.
fn batch_with(shared: &Value, calls: &Value) -> Intake {
    let mut body = json!({ "batch": calls, "writeKey": WRITE_KEY });
    body.as_object_mut().unwrap().extend(shared.as_object().unwrap().clone());
    called(&SegmentCall::Batch, &body.to_string(), &json!({}), &[])
}

#[test]
fn what_a_batch_says_for_all_is_read_for_each_and_a_calls_own_wins() {
    let context = json!({
        "page": { "url": "https://shop.example/a", "referrer": "https://search.example/" },
        "traits": { "email": "jane@example.com", "phone": "16505551212" },
        "ip": "8.8.4.4", "userAgent": "Shared", "unread": { "a": [1, 2, 3] },
    });
    let mut bare = order();
    bare.as_object_mut().unwrap().remove("context");
    let mut own = order();
    own["context"]["traits"] = json!({ "phone": "16505550000" });
    let intake = batch_with(&json!({ "context": context }), &json!([bare, own]));
    let events = events(&intake);
    assert_eq!(events[0]["event_source_url"], "https://shop.example/a");
    assert_eq!(events[0]["referrer_url"], "https://search.example/");
    assert_eq!(events[0]["user_data"]["client_ip_address"], "8.8.4.4");
    assert_eq!(events[0]["user_data"]["client_user_agent"], "Shared");
    assert!(events[0]["user_data"]["em"].is_array());
    // A member such as `page` or `traits` is taken whole: two persons are not mixed.
    assert_eq!(events[1]["event_source_url"], "https://shop.example/thanks");
    assert_eq!(events[1]["referrer_url"], Value::Null);
    assert_eq!(events[1]["user_data"]["client_ip_address"], "8.8.4.4");
    assert_eq!(events[1]["user_data"]["client_user_agent"], "Mozilla/5.0");
    assert_eq!(events[1]["user_data"]["em"], Value::Null);
    assert_ne!(events[1]["user_data"]["ph"], events[0]["user_data"]["ph"]);
}

#[test]
fn an_app_that_a_batch_describes_for_all_is_that_of_each_call() {
    let context = json!({
        "app": { "namespace": "example.shop", "version": "1.2" },
        "os": { "name": "Android", "version": "15" }, "locale": "de-DE",
        "device": { "adTrackingEnabled": true, "advertisingId": "ad-id-1", "model": "Pixel" },
    });
    let mut in_app = order();
    in_app["properties"]["action_source"] = json!("app");
    in_app.as_object_mut().unwrap().remove("context");
    let intake = batch_with(&json!({ "context": context }), &json!([in_app]));
    let app_data = &events(&intake)[0]["app_data"];
    assert_eq!(app_data["advertiser_tracking_enabled"], 1);
    assert_eq!(app_data["extinfo"][0], "a2");
    assert_eq!(app_data["extinfo"][5], "Pixel");
    assert_eq!(app_data["extinfo"][6], "de-DE");
}

#[test]
fn a_field_of_the_context_that_an_operator_maps_is_read_from_the_batch() {
    let changes = json!({ "mappings": { "segment": {
        "everyEvent": { "custom_data.campaign": "context.campaign.name" },
        "events": [{ "event": "Order Completed", "becomes": "Purchase",
            "fields": { "custom_data.value": "context.order.values.1" } }],
    } } });
    let body = json!({
        "batch": [order()], "writeKey": WRITE_KEY,
        "context": { "campaign": { "name": "autumn", "other": 1 }, "order": { "values": [1, 2] } },
    });
    let intake = called(&SegmentCall::Batch, &body.to_string(), &changes, &[]);
    let custom_data = &events(&intake)[0]["custom_data"];
    assert_eq!(custom_data["campaign"], "autumn");
    assert_eq!(custom_data["value"], 2);
}

#[test]
fn a_list_that_each_call_would_get_is_left_out_and_named() {
    let many: Vec<String> = (0..1_000).map(|index| format!("a{index}@example.com")).collect();
    let shared = json!({ "context": { "traits": { "email": many, "phone": "16505551212" } } });
    let intake = batch_with(&shared, &json!([order(), order()]));
    assert_eq!((intake.answer.status, intake.events.len()), (200, 2));
    let problems = intake.answer.body["problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0]["code"], "too_many_values");
    assert_eq!(problems[0]["path"], "context.traits.email");
    assert_eq!(problems[0]["event_kept"], true);
    for event in events(&intake) {
        assert!(event["user_data"]["ph"].is_array());
        assert_eq!(event["user_data"]["em"], Value::Null);
    }
}

#[test]
fn a_blank_field_of_a_call_is_absent_and_the_batchs_counts() {
    let shared = json!({
        "context": { "page": { "url": "https://shop.example/a" }, "ip": "8.8.4.4" },
        "sentAt": "2026-09-21T13:13:20.000Z",
    });
    for blank in [json!(null), json!(""), json!(" "), json!({}), json!([])] {
        let mut call = order();
        call["timestamp"] = json!("2026-09-21T13:13:10.000Z");
        call["context"] = blank.clone();
        call["sentAt"] = blank.clone();
        call["anonymousId"] = blank.clone();
        let event = events(&batch_with(&shared, &json!([call])))[0].clone();
        assert_eq!(event["event_source_url"], "https://shop.example/a", "{blank}");
        assert_eq!(event["user_data"]["client_ip_address"], "8.8.4.4", "{blank}");
        assert_eq!(event["event_time"], 1_789_999_990, "{blank}");
        call["context"] = json!({
            "page": { "url": blank, "referrer": blank }, "ip": blank, "userAgent": "Mozilla/5.0",
        });
        let event = events(&batch_with(&shared, &json!([call])))[0].clone();
        assert_eq!(event["event_source_url"], "https://shop.example/a", "{blank}");
        call["context"] = json!({ "page": blank, "ip": blank, "userAgent": "Mozilla/5.0" });
        let event = events(&batch_with(&shared, &json!([call])))[0].clone();
        assert_eq!(event["event_source_url"], "https://shop.example/a", "{blank}");
        assert_eq!(event["user_data"]["client_ip_address"], "8.8.4.4", "{blank}");
        assert_eq!(event["user_data"]["client_user_agent"], "Mozilla/5.0", "{blank}");
        // A blank `userId` does not hide the `anonymousId`.
        call["userId"] = blank.clone();
        call["anonymousId"] = json!("anon-1");
        let event = events(&batch_with(&shared, &json!([call])))[0].clone();
        assert!(event["user_data"]["external_id"].is_array(), "{blank}: {event}");
    }
}
