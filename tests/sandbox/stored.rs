//! The state, stored and restored.

use capi_bridge::sandbox::{Request, Sandbox};
use serde_json::{Value, json};

use crate::meta::*;

/// A sandbox that keeps its changes, after some requests. Returns it with its log.
fn used() -> (Sandbox, Vec<u8>) {
    let mut sandbox = Sandbox::new();
    sandbox.keep_changes();
    let mut log = Vec::new();
    let deep = format!("{}{}", "[".repeat(120), "]".repeat(120));
    let hits = [
        "id=1234567890&ev=Purchase&eid=ord-1001&cd[value]=1".to_owned(),
        format!("id=1234567890&ev=Lead&fbp={FBP}"),
        "id=77&ev=Lead&eid=x".to_owned(),
        format!("id=1234567890&ev=Deep&cd[deep]={deep}"),
    ];
    let posts = [
        json!({ "data": [purchase(), lead(json!({}))] }),
        json!({ "data": [{ "event_name": "Lead" }] }),
        json!({ "data": [purchase()] }),
    ];
    let mut call = |sandbox: &mut Sandbox, request: Request<'_>| {
        sandbox.answer(NOW_MILLIS, &request);
        let changes = sandbox.take_changes();
        if !changes.is_empty() {
            log.extend(changes);
            log.push(b'\n');
        }
    };
    for query in &hits {
        call(&mut sandbox, Request { method: "GET", path: "/tr", query, ..Request::default() });
    }
    let put = |path, body: &'static str| Request {
        method: "PUT",
        path,
        body: body.as_bytes(),
        ..Request::default()
    };
    call(&mut sandbox, put("/api/known", r#"{"tokens":["EAABsecret"]}"#));
    call(&mut sandbox, put("/api/fault", r#"{"status":500,"times":3,"event_id":"never"}"#));
    for body in posts {
        let body = body.to_string();
        let path = "/v27.0/1234567890/events";
        let authorization = Some("Bearer EAABsecret");
        let request = Request { method: "POST", path, authorization, ..Request::default() };
        call(&mut sandbox, Request { body: body.as_bytes(), ..request });
    }
    call(
        &mut sandbox,
        Request {
            method: "DELETE",
            path: "/api/events",
            query: "dataset_id=77",
            ..Request::default()
        },
    );
    (sandbox, log)
}

fn shown(sandbox: &mut Sandbox) -> Value {
    let request = Request { method: "GET", path: "/api/events", ..Request::default() };
    json_of(&sandbox.answer(NOW_MILLIS, &request))
}

#[test]
fn a_log_makes_the_same_sandbox() {
    let (mut sandbox, log) = used();
    let mut later = Sandbox::new();
    assert_eq!(later.replay(&log), None);
    assert_eq!(shown(&mut later), shown(&mut sandbox));
    assert_eq!(shown(&mut later)["totals"]["merged"], 2);
}

#[test]
fn a_snapshot_makes_the_same_sandbox() {
    let (mut sandbox, _) = used();
    let mut later = Sandbox::new();
    later.restore(&sandbox.snapshot()).unwrap();
    assert_eq!(shown(&mut later), shown(&mut sandbox));
    // The indexes are there as well.
    for each in [&mut sandbox, &mut later] {
        let query = "id=1234567890&ev=Purchase&eid=ord-1001";
        each.answer(
            NOW_MILLIS,
            &Request { method: "GET", path: "/tr", query, ..Request::default() },
        );
    }
    assert_eq!(shown(&mut later), shown(&mut sandbox));
}

#[test]
fn no_token_is_stored() {
    let (sandbox, log) = used();
    for stored in [sandbox.snapshot(), log] {
        assert!(!String::from_utf8_lossy(&stored).contains("EAABsecret"));
    }
}

#[test]
fn a_line_that_was_cut_off_is_ignored() {
    let (_, mut log) = used();
    let whole = log.len();
    log.extend(br#"[{"browser":["1","Le"#);
    let mut later = Sandbox::new();
    assert_eq!(later.replay(&log), None);
    let mut other = Sandbox::new();
    assert_eq!(other.replay(&log[..whole]), None);
    assert_eq!(shown(&mut later), shown(&mut other));
}

#[test]
fn a_damaged_line_is_named_and_a_damaged_snapshot_changes_nothing() {
    let (sandbox, log) = used();
    let second = log.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let mut damaged = log.clone();
    damaged[second] = b'x';
    assert_eq!(Sandbox::new().replay(&damaged), Some(2));
    let snapshot = sandbox.snapshot();
    for bad in [b"".as_slice(), b"{}", &snapshot[..snapshot.len() / 2], &[0xff; 40]] {
        assert!(Sandbox::new().restore(bad).is_err());
    }
}
