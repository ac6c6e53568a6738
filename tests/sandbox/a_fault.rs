//! Faults on request.

use capi_bridge::sandbox::Request;
use serde_json::json;

use crate::meta::*;

#[test]
fn fails_the_next_posts_and_stores_nothing_but_their_ids_and_times() {
    let mut meta = Meta::new();
    assert_eq!(
        json_of(&meta.fault(r#"{"status":500,"times":2}"#)),
        json!({ "fault": { "status": 500, "remaining": 2 } })
    );
    for remaining in [json!({ "status": 500, "remaining": 1 }), json!(null)] {
        let (status, answer) = meta.post(&json!({ "data": [purchase()] }));
        let error = &answer["error"];
        assert_eq!(
            (status, &error["code"], &error["is_transient"]),
            (500, &json!(2), &json!(true))
        );
        let shown = meta.show("");
        assert_eq!(shown["fault"], remaining);
        assert_eq!(shown["counts"]["server"], 0);
        assert_eq!(shown["counts"]["refused"], 0);
        assert_eq!(
            shown["requests"][0]["events"][0],
            json!({
                "event_name": "Purchase", "event_id": "ord-1001", "event_time": EVENT_TIME
            })
        );
        assert_eq!(shown["requests"][0]["error"]["code"], 2);
    }
    assert_eq!(meta.post(&json!({ "data": [purchase()] })).0, 200);
}

#[test]
fn says_what_meta_says_with_its_status() {
    for (wanted, code) in [(400, 100), (401, 190), (403, 200), (429, 4), (500, 2), (503, 2)] {
        let mut meta = Meta::new();
        meta.fault(&json!({ "status": wanted }).to_string());
        let (status, answer) = meta.post(&json!({ "data": [purchase()] }));
        assert_eq!((status, &answer["error"]["code"]), (wanted, &json!(code)));
    }
}

#[test]
fn answers_with_a_body_of_ones_own() {
    for (body, content_type) in [
        ("<h1>Sorry</h1>", "text/html; charset=utf-8"),
        (r#"{"error":{"code":368}}"#, "application/json; charset=utf-8"),
    ] {
        let mut meta = Meta::new();
        meta.fault(&json!({ "status": 502, "body": body }).to_string());
        let answer =
            meta.call(Request { method: "POST", path: "/v26.0/1/events", ..Request::default() });
        assert_eq!(
            (answer.status, answer.content_type, &answer.body[..]),
            (502, content_type, body.as_bytes())
        );
        assert!(meta.show("")["requests"][0]["error"].is_object());
    }
}

#[test]
fn of_one_event_fails_the_requests_it_is_in_and_no_other() {
    let mut meta = Meta::new();
    meta.fault(r#"{"status":400,"times":9,"event_id":"bad"}"#);
    let with_id = |id: &str| {
        let mut event = purchase();
        event["event_id"] = json!(id);
        event
    };
    assert_eq!(meta.post(&json!({ "data": [with_id("good"), with_id("bad")] })).0, 400);
    assert_eq!(meta.post(&json!({ "data": [with_id("good")] })).0, 200);
    assert_eq!(meta.show("")["fault"]["remaining"], 8);
    assert_eq!(meta.show("")["counts"]["server"], 1);
}

#[test]
fn spares_the_pixel_and_the_api() {
    let mut meta = Meta::new();
    meta.fault(r#"{"status":503,"times":9}"#);
    meta.browser("id=1&ev=Lead");
    assert_eq!(meta.show("")["fault"]["remaining"], 9);
}

#[test]
fn can_be_seen_and_taken_back() {
    let mut meta = Meta::new();
    meta.fault(r#"{"status":503}"#);
    let see = |meta: &mut Meta, method| {
        json_of(&meta.call(Request { method, path: "/api/fault", ..Request::default() }))
    };
    assert_eq!(see(&mut meta, "GET"), json!({ "fault": { "status": 503, "remaining": 1 } }));
    assert_eq!(see(&mut meta, "DELETE"), json!({ "fault": null }));
    assert_eq!(meta.post(&json!({ "data": [purchase()] })).0, 200);
}

#[test]
fn must_be_asked_for_properly() {
    for (body, named) in [
        ("", "status"),
        ("{}", "status"),
        (r#"{"status":200}"#, "status: "),
        (r#"{"status":600}"#, "status: "),
        (r#"{"status":"500"}"#, "at status"),
        (r#"{"status":500,"times":0}"#, "times: "),
        (r#"{"status":500,"times":1000000}"#, "times: "),
        (r#"{"status":500,"tims":3}"#, "tims"),
    ] {
        let answer = Meta::new().fault(body);
        assert_eq!(answer.status, 400, "{body}");
        let message = json_of(&answer)["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(named), "{body}: {message}");
    }
}

#[test]
fn of_the_rate_limit_has_metas_headers() {
    let mut meta = Meta::new();
    meta.fault(r#"{"kind":"rate_limit","regain_minutes":7}"#);
    let path = "/v27.0/1234567890/events";
    let answer = meta.call(Request { method: "POST", path, ..Request::default() });
    assert_eq!((answer.status, &json_of(&answer)["error"]["code"]), (429, &json!(80_004)));
    let usage = header(&answer, "x-business-use-case-usage").unwrap();
    let usage: serde_json::Value = serde_json::from_str(usage).unwrap();
    assert_eq!(usage["1234567890"][0]["estimated_time_to_regain_access"], 7);
    assert_eq!(usage["1234567890"][0]["type"], "ads_management");
    assert!(header(&answer, "x-app-usage").unwrap().contains("\"call_count\":100"));
}

#[test]
fn can_be_late_slow_or_no_answer() {
    for (body, delay_millis, body_millis, resets, stores) in [
        (r#"{"latency_millis":250}"#, 250, 0, false, 1),
        (r#"{"kind":"slow_body","latency_millis":900}"#, 0, 900, false, 1),
        (r#"{"kind":"reset"}"#, 0, 0, true, 0),
        (r#"{"kind":"garbage","latency_millis":5}"#, 5, 0, false, 0),
        (r#"{"status":500,"latency_millis":5}"#, 5, 0, false, 0),
    ] {
        let mut meta = Meta::new();
        assert_eq!(meta.fault(body).status, 200, "{body}");
        let events = json!({ "data": [purchase()] }).to_string();
        let answer = meta.call(Request {
            method: "POST",
            path: "/v27.0/1234567890/events",
            authorization: Some("Bearer token"),
            body: events.as_bytes(),
            ..Request::default()
        });
        let delivery = answer.delivery;
        assert_eq!(
            (delivery.delay_millis, delivery.body_millis, delivery.resets),
            (delay_millis, body_millis, resets),
            "{body}"
        );
        assert_eq!(meta.counts()["server"], stores, "{body}");
    }
}

#[test]
fn can_be_of_the_pixel() {
    let mut meta = Meta::new();
    meta.fault(r#"{"status":503,"target":"pixel","event_id":"a"}"#);
    meta.server(purchase());
    meta.browser("id=1&ev=Lead&eid=b");
    let hit =
        Request { method: "GET", path: "/tr", query: "id=1&ev=Lead&eid=a", ..Request::default() };
    assert_eq!(meta.call(hit).status, 503);
    assert_eq!(meta.call(hit).status, 200);
}

#[test]
fn of_a_kind_takes_only_what_it_uses() {
    for (body, named) in [
        (r#"{"kind":"reset","status":500}"#, "status: "),
        (r#"{"kind":"garbage","body":"x"}"#, "body: "),
        (r#"{"kind":"latency"}"#, "latency_millis: "),
        (r#"{"latency_millis":999999999}"#, "latency_millis: "),
        (r#"{"status":500,"regain_minutes":1}"#, "regain_minutes: "),
        (r#"{"kind":"rate_limit","target":"pixel"}"#, "target: "),
        (r#"{"kind":"explosion"}"#, "at kind"),
    ] {
        let answer = Meta::new().fault(body);
        assert_eq!(answer.status, 400, "{body}");
        let message = json_of(&answer)["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(named), "{body}: {message}");
    }
}
