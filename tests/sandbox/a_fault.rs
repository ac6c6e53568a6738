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
