//! The Graph API's edge for events: tokens, bodies, counts.

use capi_bridge::sandbox::Request;
use serde_json::json;

use crate::meta::*;

#[test]
fn accepts_the_purchase_of_the_documents_without_a_warning() {
    assert_eq!(assert_accepted(purchase()), Vec::<String>::new());
}

#[test]
fn answers_how_many_events_it_received_with_a_trace_id_of_its_own() {
    let mut meta = Meta::new();
    let (_, first) = meta.post(&json!({ "data": [purchase(), lead(json!({}))] }));
    let (_, second) = meta.post(&json!({ "data": [purchase()] }));
    assert_eq!(first["events_received"], 2);
    assert_ne!(first["fbtrace_id"], second["fbtrace_id"]);
}

#[test]
fn takes_the_current_version_of_the_graph_api_and_the_one_before() {
    for version in ["v26.0", "v27.0"] {
        let path = format!("/{version}/1234567890/events");
        let (_, answer) = Meta::new().post_to(&path, &json!({ "data": [purchase()] }));
        assert_eq!(answer["events_received"], 1, "{version}");
    }
}

#[test]
fn asks_for_an_access_token() {
    let body = json!({ "data": [purchase()] }).to_string();
    let answer = Meta::new().call(Request {
        method: "POST",
        path: "/v26.0/1234567890/events",
        body: body.as_bytes(),
        ..Request::default()
    });
    assert_eq!((answer.status, &json_of(&answer)["error"]["code"]), (400, &json!(2500)));
}

#[test]
fn refuses_a_token_that_cannot_be_one() {
    let answer = Meta::new().call(Request {
        method: "POST",
        path: "/v26.0/1234567890/events",
        authorization: Some("Bearer \"quoted\""),
        body: b"{}",
        ..Request::default()
    });
    assert_eq!((answer.status, &json_of(&answer)["error"]["code"]), (401, &json!(190)));
}

#[test]
fn takes_the_token_from_header_query_or_body() {
    let body = json!({ "data": [purchase()] }).to_string();
    let in_body = json!({ "data": [purchase()], "access_token": "EAAB" }).to_string();
    let cases = [
        (Some("bearer EAAB|x"), "", &body),
        (None, "access_token=EAAB", &body),
        (None, "", &in_body),
        (Some("Bearer "), "access_token=EAAB", &body),
    ];
    for (authorization, query, body) in cases {
        let answer = Meta::new().call(Request {
            method: "POST",
            path: "/v26.0/1234567890/events",
            query,
            authorization,
            content_type: Some("application/json; charset=utf-8"),
            body: body.as_bytes(),
            ..Request::default()
        });
        assert_eq!(answer.status, 200, "{authorization:?} {query:?}");
    }
}

#[test]
fn reads_a_form_whose_data_is_json_text() {
    let data = json!([purchase()]).to_string();
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("access_token", "EAAB")
        .append_pair("data", &data)
        .append_pair("test_event_code", "TEST12345")
        .finish();
    let mut meta = Meta::new();
    let answer = meta.call(Request {
        method: "POST",
        path: "/v26.0/1234567890/events",
        content_type: Some("application/x-www-form-urlencoded"),
        body: body.as_bytes(),
        ..Request::default()
    });
    assert_eq!(answer.status, 200);
    assert_eq!(meta.show("")["requests"][0]["test_event_code"], "TEST12345");
}

#[test]
fn reads_events_that_an_sdk_wrote_as_json_text_each() {
    let (status, answer) = Meta::new().post(&json!({ "data": [purchase().to_string()] }));
    assert_eq!((status, &answer["events_received"]), (200, &json!(1)));
}

#[test]
fn refuses_data_that_is_missing_empty_or_no_array() {
    for body in [
        json!({}),
        json!({ "data": null }),
        json!({ "data": [] }),
        json!({ "data": {} }),
        json!({ "data": "[" }),
    ] {
        let (status, answer) = Meta::new().post(&body);
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)), "{body}");
        assert!(
            answer["error"]["error_user_msg"].as_str().unwrap().starts_with("data "),
            "{answer}"
        );
    }
}

#[test]
fn takes_a_thousand_events_and_not_one_more() {
    let events = |count| json!({ "data": vec![purchase(); count] });
    assert_eq!(Meta::new().post(&events(1000)).0, 200);
    let (status, answer) = Meta::new().post(&events(1001));
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(100)));
    assert!(answer["error"]["error_user_msg"].as_str().unwrap().contains("1001"));
}

#[test]
fn refuses_the_whole_request_for_one_invalid_event() {
    let mut meta = Meta::new();
    let (status, answer) = meta
        .post(&json!({ "data": [purchase(), purchase_with("/custom_data/value", json!(null))] }));
    assert_eq!(status, 400);
    assert!(
        answer["error"]["error_user_msg"]
            .as_str()
            .unwrap()
            .starts_with("data[1].custom_data.value: ")
    );
    assert_eq!(
        meta.counts(),
        json!({
            "browser": 0, "server": 0, "merged": 0, "browser_only": 0, "server_only": 0, "refused": 1
        })
    );
}

#[test]
fn knows_datasets_by_digits_only() {
    let (status, answer) =
        Meta::new().post_to("/v26.0/my-pixel/events", &json!({ "data": [purchase()] }));
    let error = &answer["error"];
    assert_eq!((status, &error["code"], &error["error_subcode"]), (400, &json!(100), &json!(33)));
}

#[test]
fn survives_bodies_that_are_not_what_they_say() {
    let nested = "[".repeat(100_000);
    for body in [&b"not json"[..], b"\xff\xfe{", b"{\"data\":", b"3", nested.as_bytes(), b""] {
        let answer = Meta::new().call(Request {
            method: "POST",
            path: "/v26.0/1/events",
            query: "access_token=t",
            content_type: Some("application/json"),
            body,
            ..Request::default()
        });
        assert_eq!((answer.status, &json_of(&answer)["error"]["code"]), (400, &json!(100)));
    }
}

#[test]
fn says_that_it_reads_no_multipart() {
    let answer = Meta::new().call(Request {
        method: "POST",
        path: "/v26.0/1/events",
        authorization: Some("Bearer t"),
        content_type: Some("multipart/form-data; boundary=x"),
        ..Request::default()
    });
    assert_eq!(answer.status, 400);
    assert!(String::from_utf8_lossy(&answer.body).contains("multipart"));
}

#[test]
fn refuses_a_body_over_its_limit() {
    let body = vec![b' '; 16 * 1024 * 1024 + 1];
    let answer = Meta::new().call(Request {
        method: "POST",
        path: "/v26.0/1/events",
        body: &body,
        ..Request::default()
    });
    assert_eq!(answer.status, 413);
}
