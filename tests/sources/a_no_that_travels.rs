//! A "no" to advertising that travels with an event is obeyed, wherever it is said (reference:
//! `orders.md` section 8).

use capi_bridge::relay::SegmentCall;
use serde_json::{Value, json};

use crate::taking::*;

/// An order with this consent in its context.
fn order_with(preferences: &Value) -> Value {
    let mut order = order();
    order["context"]["consent"] = json!({ "categoryPreferences": preferences });
    order
}

#[test]
fn a_denied_category_of_segments_consent_stops_the_event_and_says_so() {
    for preferences in [
        json!({ "Advertising": false, "Analytics": true }),
        json!({ "advertising": "no" }),
        json!({ "C0004": false, "C0001": true }),
        json!({ "Marketing": false }),
    ] {
        let intake = batch(&json!([order_with(&preferences), order()]), &json!({}));
        assert_eq!((intake.answer.status, intake.events.len()), (200, 1), "{preferences}");
        let problem = &intake.answer.body["problems"][0];
        assert_eq!(problem["code"], "consent_denied", "{preferences}");
        assert_eq!(problem["path"], "batch[0].context.consent.categoryPreferences");
        assert_eq!(problem["event_kept"], false);
    }
    let allowed = json!({ "Advertising": true, "Analytics": false });
    assert_eq!(batch(&json!([order_with(&allowed)]), &json!({})).events.len(), 1);
    assert_eq!(batch(&json!([order_with(&json!({}))]), &json!({})).events.len(), 1);
}

#[test]
fn a_no_that_a_batch_says_for_all_holds_for_each() {
    let consent = json!({ "categoryPreferences": { "Advertising": false } });
    let body = json!({ "batch": [order(), order()], "writeKey": WRITE_KEY, "context": { "consent": consent } });
    let intake = called(&SegmentCall::Batch, &body.to_string(), &json!({}), &[]);
    assert_eq!((intake.answer.status, intake.events.len()), (200, 0));
    // A person's no is no mistake of the sender's: Segment's libraries would tell of a failure.
    assert_eq!(intake.answer.body["success"], true);
    assert_eq!(intake.answer.body["problems"].as_array().map(Vec::len), Some(2));
}

#[test]
fn nothing_is_remembered_of_a_person_who_said_no() {
    let mut identify = json!({
        "userId": "u", "traits": { "email": "jane@example.com" }, "writeKey": WRITE_KEY,
    });
    let people = |call: &Value| {
        let path = SegmentCall::from_path("identify").unwrap();
        called(&path, &call.to_string(), &json!({}), &[]).people.len()
    };
    assert_eq!(people(&identify), 1);
    identify["context"] = json!({ "consent": { "categoryPreferences": { "Advertising": false } } });
    assert_eq!(people(&identify), 0);
}

#[test]
fn a_call_that_turns_the_pixel_off_is_not_kept() {
    let with = |integrations: Value| {
        let mut call = order();
        call["integrations"] = integrations;
        batch(&json!([call]), &json!({})).events.len()
    };
    assert_eq!(with(json!({ "Facebook Pixel": false })), 0);
    assert_eq!(with(json!({ "All": false })), 0);
    assert_eq!(with(json!({ "All": false, "Facebook Pixel": true })), 1);
    assert_eq!(with(json!({ "Facebook Conversions API": true, "Facebook Pixel": false })), 1);
}

#[test]
fn the_call_that_tells_of_a_no_is_not_forwarded_itself() {
    let mut call = order_with(&json!({ "Advertising": false }));
    call["event"] = json!("Segment Consent Preference Updated");
    let everything = json!({ "mappings": { "segment": { "unmapped": "custom" } } });
    let intake = batch(&json!([call]), &everything);
    assert_eq!((intake.answer.status, intake.events.len()), (200, 0));
}

#[test]
fn the_no_of_another_tool_and_of_metas_own_shape_is_obeyed() {
    let ga4 = |more: Value| {
        let mut event = json!({
            "event": "purchase", "page_location": "https://shop.example/", "user_id": "u",
            "ecommerce": { "transaction_id": "T_1", "value": 30, "currency": "EUR" },
        });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        of_server(&json!({ "source": "ga4", "data": [event] }))
    };
    assert_eq!(ga4(json!({})).events.len(), 1);
    assert_eq!(ga4(json!({ "x-ga-gcs": "G111" })).events.len(), 1);
    for no in [
        json!({ "x-ga-gcs": "G101" }),
        json!({ "x-ga-gcs": "G111", "x-ga-gcd": "13r3r3q3r1" }),
        json!({ "consent_state": { "ad_storage": false } }),
        json!({ "consent_state": { "ad_storage": true, "ad_user_data": "denied" } }),
    ] {
        let intake = ga4(no.clone());
        assert_eq!((intake.answer.status, intake.events.len()), (202, 0), "{no}");
        assert_eq!(intake.answer.body["problems"][0]["code"], "consent_denied", "{no}");
    }
    let of_meta = |more: Value| {
        let mut event = json!({
            "event_name": "Lead", "action_source": "email", "user_data": { "external_id": "u" },
        });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        of_server(&json!({ "data": [event] }))
    };
    assert_eq!(of_meta(json!({ "consent": "granted" })).events.len(), 1);
    for no in [json!({ "consent": "denied" }), json!({ "consent": { "ad_user_data": "denied" } })] {
        assert_eq!(of_meta(no.clone()).events.len(), 0, "{no}");
    }
    let order = json!({
        "id": 727, "status": "processing", "total": "42.50", "currency": "EUR",
        "billing": { "email": "jane@example.com" }, "meta_data": [{ "key": "_marketing_consent", "value": "no" }],
    });
    let of_shop = of_server(&json!({ "source": "woocommerce", "data": [order] }));
    assert_eq!((of_shop.answer.status, of_shop.events.len()), (202, 0));
}

/// Returns how many events are kept of a batch that says this for all, with one order.
fn kept(shared: &Value, own: &Value) -> usize {
    let mut order = order();
    order.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    let mut body = json!({ "batch": [order], "writeKey": WRITE_KEY });
    body.as_object_mut().unwrap().extend(shared.as_object().unwrap().clone());
    called(&SegmentCall::Batch, &body.to_string(), &json!({}), &[]).events.len()
}

#[test]
fn a_no_of_a_batch_outlasts_whatever_a_call_says_itself() {
    let no = json!({ "categoryPreferences": { "Advertising": false } });
    let yes = json!({ "categoryPreferences": { "Advertising": true } });
    for shared in [json!({ "context": { "consent": no } }), json!({ "consent": "denied" })] {
        for own in [
            json!({}),
            json!({ "context": null }),
            json!({ "context": "" }),
            json!({ "context": {} }),
            json!({ "context": 7 }),
            json!({ "context": { "consent": null, "userAgent": "Mozilla/5.0" } }),
            json!({ "context": { "consent": {} } }),
            json!({ "context": { "consent": " " } }),
            json!({ "context": { "consent": { "categoryPreferences": {} } } }),
            json!({ "context": { "consent": yes } }),
        ] {
            assert_eq!(kept(&shared, &own), 0, "{shared} {own}");
        }
    }
    let shared = json!({ "context": { "consent": yes } });
    assert_eq!(kept(&shared, &json!({})), 1);
    assert_eq!(kept(&shared, &json!({ "context": { "consent": no } })), 0);
}

#[test]
fn integrations_that_a_batch_turns_off_stay_off() {
    for own in [
        json!({}),
        json!({ "integrations": null }),
        json!({ "integrations": "" }),
        json!({ "integrations": {} }),
        json!({ "integrations": { "All": null } }),
        json!({ "integrations": { "All": true } }),
        json!({ "integrations": { "Facebook Pixel": null } }),
        json!({ "integrations": { "Segment.io": true } }),
    ] {
        assert_eq!(kept(&json!({ "integrations": { "All": false } }), &own), 0, "{own}");
    }
    let named = json!({ "integrations": { "Facebook Pixel": true } });
    assert_eq!(kept(&json!({ "integrations": { "All": false } }), &named), 1);
    assert_eq!(kept(&json!({ "integrations": { "Facebook Pixel": false } }), &named), 0);
    // A name without a value does not hide the next one.
    let blank = json!({ "Facebook Conversions API": null, "Facebook Pixel": false });
    assert_eq!(kept(&json!({}), &json!({ "integrations": blank })), 0);
}

#[test]
fn an_opt_out_that_a_table_reads_is_strict_where_it_cannot_be_read() {
    let changes = |path: &str| {
        let columns = json!({ "everyEvent": { "opt_out": [path] } });
        json!({ "mappings": { "segment": columns, "ga4": columns } })
    };
    for (path, own, shared) in [
        ("properties.no_ads", "\"properties\":{\"no_ads\":@}", ""),
        ("properties.ads.0", "\"properties\":{\"ads\":[@]}", ""),
        ("context.no_ads", "\"context\":{\"no_ads\":@}", ""),
        ("context.no_ads", "\"x\":1", "\"context\":{\"no_ads\":@},"),
    ] {
        for (said, opt_out) in [
            ("NaN", json!(true)),
            ("1e999", json!(true)),
            ("[NaN]", json!(true)),
            ("{\"all\":1}", json!(true)),
            ("\"maybe\"", json!(true)),
            ("false", json!(false)),
            ("null", Value::Null),
        ] {
            let (own, shared) = (own.replace('@', said), shared.replace('@', said));
            let call = format!(
                "{{\"type\":\"track\",\"event\":\"Signed Up\",\"userId\":\"u\",\"other\":1e999,{own}}}"
            );
            let body = format!("{{{shared}\"batch\":[{call}],\"writeKey\":\"{WRITE_KEY}\"}}");
            let mut changes = changes(path);
            changes["segment"] = json!({ "actionSource": "other" });
            let intake = called(&SegmentCall::Batch, &body, &changes, &[]);
            let kept = events(&intake);
            assert_eq!(kept.len(), 1, "{body}: {:?}", intake.answer);
            assert_eq!(kept[0].get("opt_out").unwrap_or(&Value::Null), &opt_out, "{path} {body}");
        }
    }
}
