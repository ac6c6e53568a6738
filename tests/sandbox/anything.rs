//! Any bytes on any route.

use capi_bridge::sandbox::{Request, Sandbox};
use proptest::prelude::*;
use serde_json::{Value, json};

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
        "/api/health",
    ];
    prop_oneof![4 => prop::sample::select(routes).prop_map(str::to_owned), 1 => "/.{0,40}", 1 => ".{0,20}"]
}

/// JSON that often has the keys that are looked for, with values of any kind.
fn any_json() -> impl Strategy<Value = Value> {
    let keys = vec![
        "data",
        "event_name",
        "event_time",
        "event_id",
        "action_source",
        "event_source_url",
        "user_data",
        "custom_data",
        "value",
        "currency",
        "contents",
        "id",
        "em",
        "fbp",
        "external_id",
        "status",
        "times",
        "body",
        "access_token",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "Purchase",
            "website",
            "EUR",
            "https://a.example/",
            FBP,
            HASH_OF_JANE
        ])
        .prop_map(Value::from),
        Just(json!(EVENT_TIME)),
        Just(json!(500)),
    ];
    leaf.prop_recursive(6, 48, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(keys.clone()), inner), 0..10).prop_map(
                |pairs| Value::Object(
                    pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
                )
            ),
        ]
    })
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
