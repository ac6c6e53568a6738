//! Clock, counted ids, known datasets and tokens, and a clean slate for one dataset.

use capi_bridge::sandbox::Request;
use serde_json::{Value, json};

use crate::meta::*;

fn api(meta: &mut Meta, method: &str, path: &str, query: &str, body: &str) -> (u16, Value) {
    let answer =
        meta.call(Request { method, path, query, body: body.as_bytes(), ..Request::default() });
    (answer.status, json_of(&answer))
}

#[test]
fn a_clock_stands_where_it_is_put_and_moves_on_request() {
    let mut meta = Meta::new();
    let fixed = json!({ "now_millis": EVENT_TIME * 1000 }).to_string();
    let (_, shown) = api(&mut meta, "PUT", "/api/clock", "", &fixed);
    assert_eq!(shown["now_millis"], EVENT_TIME * 1000);
    meta.later(5_000);
    let (_, shown) = api(&mut meta, "GET", "/api/clock", "", "");
    assert_eq!(shown["now_millis"], EVENT_TIME * 1000);
    let (_, shown) = api(&mut meta, "PUT", "/api/clock", "", r#"{"advance_seconds":60}"#);
    assert_eq!(shown["now_millis"], (EVENT_TIME + 60) * 1000);
    let (_, shown) = api(&mut meta, "DELETE", "/api/clock", "", "");
    assert_eq!(shown["now_millis"], meta.now_millis);
}

#[test]
fn a_clock_that_runs_can_be_ahead() {
    let mut meta = Meta::new();
    let week = json!({ "advance_seconds": 8 * DAY_SECONDS }).to_string();
    api(&mut meta, "PUT", "/api/clock", "", &week);
    meta.later(1_000);
    let (status, answer) = meta.post(&json!({ "data": [purchase()] }));
    assert_eq!((status, &answer["error"]["error_subcode"]), (400, &json!(2_804_003)));
    let (_, shown) = api(&mut meta, "GET", "/api/clock", "", "");
    assert_eq!(shown["now_millis"], meta.now_millis + 8 * 24 * HOUR_MILLIS);
}

#[test]
fn settings_that_are_wrong_are_named() {
    for (path, body, named) in [
        ("/api/clock", "{}", "advance_seconds"),
        ("/api/clock", r#"{"now":1}"#, "now"),
        ("/api/clock", r#"{"now_millis":-1}"#, "now_millis"),
        ("/api/clock", r#"{"now_millis":999999999999999999}"#, "now_millis"),
        ("/api/ids", "{}", "start"),
        ("/api/known", r#"{"datasets":["1"],"token":["a"]}"#, "token"),
    ] {
        let (status, answer) = api(&mut Meta::new(), "PUT", path, "", body);
        assert_eq!(status, 400, "{body}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(named), "{body}: {message}");
    }
}

#[test]
fn counted_ids_start_again_where_they_are_told() {
    let mut meta = Meta::new();
    meta.server(purchase());
    api(&mut meta, "PUT", "/api/ids", "", r#"{"start":1}"#);
    let (_, answer) = meta.post(&json!({ "data": [lead(json!({}))] }));
    assert_eq!(answer["fbtrace_id"], "sandbox-00000001");
}

#[test]
fn known_tokens_are_never_shown_whole() {
    let mut meta = Meta::new();
    let (_, shown) =
        api(&mut meta, "PUT", "/api/known", "", r#"{"datasets":["1"],"tokens":["EAABsecret"]}"#);
    assert_eq!(shown, json!({ "datasets": ["1"], "tokens": ["EAAB…"] }));
    let (_, shown) = api(&mut meta, "DELETE", "/api/known", "", "");
    assert_eq!(shown, json!({ "datasets": null, "tokens": null }));
}

#[test]
fn one_dataset_is_forgotten_and_the_others_stay() {
    let mut meta = Meta::new();
    for id in ["1", "2"] {
        meta.browser(&format!("id={id}&ev=Purchase&eid=ord-1001"));
        meta.post_to(&format!("/v27.0/{id}/events"), &json!({ "data": [purchase()] }));
    }
    let (_, forgotten) = api(&mut meta, "DELETE", "/api/events", "dataset_id=1", "");
    assert_eq!(forgotten, json!({ "events_forgotten": 1, "requests_forgotten": 1 }));
    let shown = meta.show("");
    assert_eq!(shown["totals"]["events"], 1);
    assert_eq!(shown["totals"]["merged"], 1);
    assert_eq!(shown["events"][0]["dataset_id"], "2");
    // The index still finds the event that stayed.
    meta.browser("id=2&ev=Purchase&eid=ord-1001");
    assert_eq!(meta.show("")["events"][0]["browser"]["copies"], 2);
    let (status, _) = api(&mut meta, "DELETE", "/api/events", "event_name=Lead", "");
    assert_eq!(status, 400);
}

#[test]
fn counts_are_shown_by_name() {
    let mut meta = Meta::new();
    meta.browser("id=1234567890&ev=Purchase&eid=ord-1001");
    meta.server(purchase());
    meta.browser("id=1234567890&ev=Lead");
    assert_eq!(
        meta.show("limit=1")["by_name"],
        json!([
            { "event_name": "Lead", "browser": 1, "server": 0, "merged": 0, "events": 1 },
            { "event_name": "Purchase", "browser": 1, "server": 1, "merged": 1, "events": 1 }
        ])
    );
}

#[test]
fn match_quality_tells_which_identifier_came_by_which_path() {
    let mut meta = Meta::new();
    meta.browser(&format!("id=1234567890&ev=Purchase&eid=ord-1001&fbp={FBP}"));
    meta.server(purchase());
    let quality = meta.show("")["events"][0]["match_quality"].clone();
    let identifiers = quality["identifiers"].as_array().unwrap();
    assert!(identifiers.contains(&json!({ "key": "fbp", "by": "both" })));
    assert!(identifiers.contains(&json!({ "key": "em", "by": "server" })));
    assert!((0.0..=10.0).contains(&quality["score"].as_f64().unwrap()));
    assert!(quality["label"].as_str().unwrap().contains("not public"));
}
