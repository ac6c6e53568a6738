//! Any bytes on any route.

use capi_bridge::sandbox::{Request, Sandbox};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::any_json;
use crate::meta::*;

fn any_method() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec!["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
            .prop_map(str::to_owned),
        ".{0,8}",
    ]
}

fn any_path() -> impl Strategy<Value = String> {
    let routes = vec![
        "/v26.0/1234567890/events",
        "/v1/x/events",
        "/tr",
        "/tr/",
        "/api/events",
        "/api/fault",
        "/api/clock",
        "/api/known",
        "/api/ids",
        "/api/check-pair",
        "/api/health",
    ];
    prop_oneof![4 => prop::sample::select(routes).prop_map(str::to_owned), 1 => "/.{0,40}", 1 => ".{0,20}"]
}

const NAMES: &str = "\
    data event_name event_time event_id action_source event_source_url user_data custom_data value \
    currency contents id em fbp external_id status times body access_token \
    browser server now_millis advance_seconds datasets tokens start kind latency_millis target fbc url";

fn any_json() -> impl Strategy<Value = Value> {
    let values = [
        json!("Purchase"),
        json!("garbage"),
        json!("pixel"),
        json!("website"),
        json!("EUR"),
        json!("https://a.example/"),
        json!(FBP),
        json!(HASH_OF_JANE),
        json!(EVENT_TIME),
        json!(500),
    ];
    any_json::any_json(NAMES, prop::sample::select(values.to_vec()))
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..64),
        any_json().prop_map(|json| json.to_string().into_bytes()),
        any_json().prop_map(|json| json!({ "data": [json], "access_token": "t" })
            .to_string()
            .into_bytes()),
        prop::collection::vec(
            ("(id|ev|eid|fbp|ts|cd\\[.{0,5}\\]|ud\\[external_id\\])", ".{0,12}"),
            0..8
        )
        .prop_map(|pairs| form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish()
            .into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_anything_below_500_unless_a_fault_was_asked_for(
        calls in prop::collection::vec(
            (any_method(), any_path(), any_body(), any_body(), prop::option::of(".{0,20}"), prop::sample::select(vec![
                None, Some("application/json"), Some("application/x-www-form-urlencoded"), Some("multipart/form-data"),
            ]), any::<u64>()),
            1..8,
        )
    ) {
        let mut sandbox = Sandbox::new();
        sandbox.keep_changes();
        let mut log = Vec::new();
        for (method, path, query, body, authorization, content_type, now_millis) in &calls {
            let query = String::from_utf8_lossy(query);
            let request = Request {
                method,
                path,
                query: &query,
                authorization: authorization.as_deref(),
                content_type: *content_type,
                user_agent: None,
                client_ip: None,
                body,
            };
            let fault = Request { method: "GET", path: "/api/fault", ..Request::default() };
            let faulty = sandbox.answer(0, &fault).body != br#"{"fault":null}"#;
            let answer = sandbox.answer(*now_millis, &request);
            prop_assert!(faulty || answer.status < 500, "{request:?}: {answer:?}");
            let shown = sandbox.answer(*now_millis, &Request { method: "GET", path: "/api/events", ..Request::default() });
            prop_assert_eq!(shown.status, 200);
            prop_assert!(serde_json::from_slice::<Value>(&shown.body).is_ok());
            let changes = sandbox.take_changes();
            if !changes.is_empty() {
                log.extend(changes);
                log.push(b'\n');
            }
        }
        // The stored state makes the same sandbox again.
        let (mut replayed, mut restored) = (Sandbox::new(), Sandbox::new());
        prop_assert_eq!(replayed.replay(&log), None);
        prop_assert_eq!(restored.restore(&sandbox.snapshot()), Ok(()));
        for again in [replayed, restored] {
            prop_assert_eq!(String::from_utf8(again.snapshot()), String::from_utf8(sandbox.snapshot()));
        }
    }

    #[test]
    fn checks_any_pair(browser in any_json(), server in any_json(), of_hit in any_json(), of_event in any_json()) {
        // The fields of a good pair, some of them replaced by anything.
        let with = |good: Value, any: &Value| {
            let mut event = good.as_object().cloned().unwrap_or_default();
            event.extend(any.as_object().cloned().unwrap_or_default());
            Value::Object(event)
        };
        let bodies = [
            json!({ "browser": browser, "server": server }),
            json!({ "browser": with(json!({ "event_id": "ord-1001", "fbp": FBP }), &of_hit), "server": with(purchase(), &of_event) }),
        ];
        for body in bodies {
            let body = body.to_string();
            let answer = Meta::new().call(Request {
                method: "POST", path: "/api/check-pair", body: body.as_bytes(), ..Request::default()
            });
            prop_assert!(matches!(answer.status, 200 | 400), "{body}");
        }
    }

    #[test]
    fn merges_the_same_pairs_in_whatever_order_they_come(order in Just((0..24).collect::<Vec<u32>>()).prop_shuffle()) {
        let mut meta = Meta::new();
        for n in order {
            let id = n / 2;
            if n % 2 == 0 {
                meta.browser(&format!("id=1234567890&ev=Lead&eid=e{id}&fbp={FBP}"));
            } else {
                meta.server(lead(json!({ "event_id": format!("e{id}") })));
            }
        }
        prop_assert_eq!(meta.counts(), json!({
            "browser": 12, "server": 12, "merged": 12, "browser_only": 0, "server_only": 0, "refused": 0
        }));
        prop_assert_eq!(meta.merged_by(), vec!["event_id"; 12]);
    }
}
