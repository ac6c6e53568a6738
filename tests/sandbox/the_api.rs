//! The sandbox's own routes.

use capi_bridge::sandbox::Request;
use serde_json::json;

use crate::meta::*;

#[test]
fn shows_the_servers_copy_as_it_was_sent() {
    let mut meta = Meta::new();
    let (_, answer) = meta.post(&json!({ "data": [purchase()] }));
    let event = &meta.show("")["events"][0];
    assert_eq!(event["browser"], json!(null));
    assert_eq!(
        event["server"],
        json!({
            "received_at_millis": NOW_MILLIS,
            "event_time": EVENT_TIME,
            "event_id": "ord-1001",
            "fbp": FBP,
            "fbc": "fb.1.1789990000000.IwAR2AbC_dEf-123",
            "url": "https://shop.example.com/thanks?o=1001",
            "referrer": null,
            "action_source": "website",
            "client_ip_address": "2001:db8::5",
            "client_user_agent": "Mozilla/5.0 ...",
            "data_processing_options": null,
            "user_data": purchase()["user_data"],
            "custom_data": purchase()["custom_data"],
            "copies": 1,
            "fbtrace_id": answer["fbtrace_id"]
        })
    );
}

#[test]
fn shows_every_request_newest_first_and_never_a_token() {
    let mut meta = Meta::new();
    meta.post(
        &json!({ "data": [purchase()], "partner_agent": "capi-bridge", "access_token": "sEcReT" }),
    );
    meta.post(&json!({ "data": [purchase_with("/event_time", json!("soon"))] }));
    let shown = meta.show("");
    assert_eq!(
        shown["requests"][1],
        json!({
            "received_at_millis": NOW_MILLIS, "status": 200, "version": "v26.0", "dataset_id": "1234567890",
            "test_event_code": null, "partner_agent": "capi-bridge", "user_agent": null,
            "events": [{ "event_name": "Purchase", "event_id": "ord-1001", "event_time": EVENT_TIME }],
            "error": null, "fbtrace_id": "sandbox-00000001"
        })
    );
    let refused = &shown["requests"][0];
    assert_eq!(
        (&refused["status"], &refused["error"]["error_subcode"]),
        (&json!(400), &json!(2_804_019))
    );
    assert_eq!(refused["events"][0]["event_time"], "soon");
    assert!(!shown.to_string().contains("sEcReT"));
}

#[test]
fn filters_by_name_dataset_and_id_and_limits_what_it_shows() {
    let mut meta = Meta::new();
    meta.server(purchase());
    meta.browser("id=999&ev=Purchase&eid=x");
    meta.browser("id=1234567890&ev=Lead&eid=y");
    let count = |meta: &mut Meta, query: &str| meta.show(query)["events"].as_array().unwrap().len();
    assert_eq!(count(&mut meta, "event_name=Purchase"), 2);
    assert_eq!(count(&mut meta, "event_name=Purchase&dataset_id=999"), 1);
    assert_eq!(count(&mut meta, "event_id=y&_=123"), 1);
    assert_eq!(meta.show("dataset_id=999")["requests"], json!([]));
    let limited = meta.show("limit=1");
    assert_eq!(
        (limited["events"][0]["event_name"].as_str(), limited["events"][1].as_str()),
        (Some("Lead"), None)
    );
    assert_eq!(limited["counts"]["browser"], 2);
    assert!(meta.show("limit=all")["error"]["message"].as_str().unwrap().starts_with("limit: "));
}

#[test]
fn forgets_everything_when_told() {
    let mut meta = Meta::new();
    meta.server(purchase());
    let answer = meta.call(Request { method: "DELETE", path: "/api/events", ..Request::default() });
    assert_eq!(json_of(&answer), json!({ "events_forgotten": 1, "requests_forgotten": 1 }));
    let shown = meta.show("");
    assert_eq!(
        (&shown["events"], &shown["requests"], &shown["total_requests"]),
        (&json!([]), &json!([]), &json!(0))
    );
    // Nothing of the old copy is left to merge with.
    meta.browser("id=1234567890&ev=Purchase&eid=ord-1001");
    assert_eq!(meta.counts()["merged"], 0);
}

#[test]
fn tells_its_health() {
    let answer =
        Meta::new().call(Request { method: "GET", path: "/api/health", ..Request::default() });
    assert_eq!(json_of(&answer), json!({ "status": "ok", "events": 0, "requests": 0 }));
}

#[test]
fn is_open_to_pages_of_any_origin() {
    for (method, path, status) in [
        ("GET", "/api/events", 200),
        ("HEAD", "/api/events", 200),
        ("OPTIONS", "/api/fault", 204),
        ("POST", "/api/health", 405),
        ("GET", "/api/none", 404),
    ] {
        let answer = Meta::new().call(Request { method, path, ..Request::default() });
        assert_eq!(answer.status, status);
        assert_eq!(header(&answer, "access-control-allow-origin"), Some("*"), "{method} {path}");
        assert_eq!(answer.body.is_empty(), matches!(method, "HEAD" | "OPTIONS"));
    }
}

#[test]
fn lists_its_routes_where_there_is_none() {
    for path in [
        "/",
        "/api",
        "/v26.0/1/activities",
        "/vx/1/events",
        "/v26.0/1/events/2",
        "/v./1/events",
        "",
    ] {
        let answer = Meta::new().call(Request { method: "POST", path, ..Request::default() });
        assert_eq!(answer.status, 404, "{path:?}");
        assert!(json_of(&answer)["routes"].as_array().unwrap().len() > 5);
    }
}

#[test]
fn says_which_methods_a_route_takes() {
    for (path, allowed) in [
        ("/v26.0/1/events", "POST"),
        ("/tr", "GET, POST"),
        ("/api/events", "GET, DELETE"),
        ("/api/fault", "GET, PUT, DELETE"),
        ("/api/health", "GET"),
    ] {
        let answer = Meta::new().call(Request { method: "PATCH", path, ..Request::default() });
        assert_eq!((answer.status, header(&answer, "allow")), (405, Some(allowed)));
    }
}
