//! The worker accepts nothing that the sandbox refuses: any event that is accepted, of a page or of a
//! server, in whatever way it came, is taken by the sandbox's Graph edge.

use std::sync::LazyLock;

use capi_bridge::relay::{Accepted, Config, Intake};
use capi_bridge::sandbox::{Request, Sandbox};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::taking::*;

/// Read once: its tables cost more than an event.
/// Without the order memory, which takes a server's event that knows only its order.
static CONFIG: LazyLock<Config> =
    LazyLock::new(|| config(&json!({ "orderMemory": { "days": 0 } })));

const HASH: &str = "8c87b489ce35cf2e2f39f80e282cb2e804932a56a213983eeeb428407d43b52d";
const HASH_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Returns the answer of the sandbox to an event that was accepted.
fn asked(accepted: &Accepted) -> (u16, String) {
    let body = format!("{{\"data\":[{}]}}", accepted.event);
    let answer = Sandbox::new().answer(
        NOW_MILLIS,
        &Request {
            method: "POST",
            path: "/v26.0/1234567890/events",
            authorization: Some("Bearer token"),
            content_type: Some("application/json"),
            body: body.as_bytes(),
            ..Request::default()
        },
    );
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

#[track_caller]
fn assert_taken(intake: &Intake, sent: &Value) {
    for accepted in &intake.events {
        let (status, answer) = asked(accepted);
        assert_eq!(status, 200, "{answer}\nsent {sent}\nkept {}", accepted.event);
    }
}

fn one_of(values: &[Value]) -> impl Strategy<Value = Value> + use<> {
    prop::sample::select(values.to_vec())
}

/// Values that senders put where they do not belong.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        one_of(&[
            json!(null),
            json!(""),
            json!(" "),
            json!("\u{a0}"),
            json!("\u{0}"),
            json!(true),
            json!(false),
            json!(0),
            json!(-1),
            json!(1.5),
            json!(1e300),
            json!(u64::MAX),
            json!(i64::MIN),
            json!("null"),
            json!([]),
            json!({}),
            json!([null]),
            json!([[]]),
            json!({ "a": {} }),
            json!("[]"),
            json!("{}"),
            json!("[1"),
            json!("\u{fffd}"),
            json!("1e999"),
            json!("NaN"),
            json!("1,299"),
            json!("59,90"),
        ]),
        ".{0,12}".prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
    ]
}

/// Mostly one of these, sometimes something odd.
fn field(values: &[Value]) -> impl Strategy<Value = Value> + use<> {
    prop_oneof![4 => one_of(values), 1 => odd()]
}

fn object(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> impl Strategy<Value = Value> {
    let each: Vec<_> = fields
        .into_iter()
        .map(|(key, value)| prop::option::weighted(0.6, value).prop_map(move |value| (key, value)))
        .collect();
    each.prop_map(|fields| {
        let said = fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Value::Object(said.collect::<Map<_, _>>())
    })
}

fn extinfo() -> Value {
    let mut texts = vec![""; 16];
    (texts[0], texts[4]) = ("a2", "15");
    json!(texts)
}

fn any_user_data() -> impl Strategy<Value = Value> {
    let hashes = [
        json!(HASH),
        json!([HASH]),
        json!([HASH.to_uppercase()]),
        json!(HASH_OF_NOTHING),
        json!([HASH_OF_NOTHING]),
        json!(format!("{HASH}.AQ")),
        json!(format!("{HASH}.abcdefgh")),
        json!(format!("{HASH}.--")),
        json!("jane@example.com"),
        json!("de"),
        json!("f"),
        json!("Berlin"),
        json!("1990-05-04"),
        json!("+49 151 12345678"),
        json!(["a", "", null, 7]),
        json!("5d41402abc4b2a76b9719d911017c592"),
    ];
    let ids = [
        json!("1"),
        json!(1_234_567_890_123_456_i64),
        json!("x y"),
        json!("\n"),
        json!([" "]),
        json!(["a"]),
    ];
    let mut fields: Vec<(&'static str, BoxedStrategy<Value>)> = Vec::new();
    for key in [
        "em",
        "ph",
        "fn",
        "ln",
        "db",
        "ge",
        "ct",
        "st",
        "zp",
        "country",
        "external_id",
        "f5first",
        "doby",
        "app_user_id",
    ] {
        fields.push((key, field(&hashes).boxed()));
    }
    for key in [
        "lead_id",
        "fb_login_id",
        "page_id",
        "page_scoped_user_id",
        "ctwa_clid",
        "ig_account_id",
        "ig_sid",
        "whatsapp_business_account_id",
        "madid",
        "anon_id",
        "subscription_id",
        "unknown",
    ] {
        fields.push((key, field(&ids).boxed()));
    }
    let addresses = [
        json!("8.8.8.8"),
        json!("2001:4860:4860::8888"),
        json!("10.0.0.1"),
        json!("8.8.8.8.AQQCAQMC"),
    ];
    fields.push(("client_ip_address", field(&addresses).boxed()));
    fields.push(("client_user_agent", field(&[json!("Mozilla/5.0"), json!(" ")]).boxed()));
    let fbp = [json!("fb.1.1789990000000.1"), json!("fb.1.1.1"), json!("fb.1.1789990000000.1.AQ")];
    fields.push(("fbp", field(&fbp).boxed()));
    fields.push(("fbc", field(&[json!("fb.1.1789990000000.IwAR2Ab"), json!("fb.1.1.x")]).boxed()));
    // Few fields at a time, to try events that match no person, too.
    prop::sample::subsequence(fields, 0..5).prop_flat_map(object)
}

fn any_custom_data() -> impl Strategy<Value = Value> {
    let product = object(vec![
        ("id", field(&[json!("A"), json!(7), json!(" ")]).boxed()),
        ("quantity", field(&[json!(1), json!("2"), json!(1.5)]).boxed()),
        ("item_price", field(&[json!(5), json!("59,90")]).boxed()),
        ("delivery_category", field(&[json!("in_store")]).boxed()),
    ]);
    let products =
        prop::collection::vec(prop_oneof![5 => product.boxed(), 1 => odd().boxed()], 0..3);
    let contents = prop_oneof![
        products.clone().prop_map(Value::from),
        products.prop_map(|list| json!(json!(list).to_string())),
        odd(),
    ];
    object(vec![
        (
            "value",
            field(&[json!(59.9), json!("59.90"), json!("59,90"), json!(0), json!(-5)]).boxed(),
        ),
        (
            "currency",
            field(&[json!("EUR"), json!("eur "), json!("RMB"), json!("XXX"), json!("€")]).boxed(),
        ),
        ("contents", contents.boxed()),
        ("content_ids", field(&[json!(["A"]), json!("A, B"), json!([7])]).boxed()),
        ("order_id", field(&[json!("1001"), json!(1001)]).boxed()),
        ("num_items", field(&[json!(2), json!("2")]).boxed()),
        ("content_name", odd().boxed()),
        ("status", odd().boxed()),
        ("anything else", odd().boxed()),
    ])
}

fn any_fields() -> impl Strategy<Value = Value> {
    let names = [
        json!("Purchase"),
        json!("Lead"),
        json!("PageView"),
        json!("OrderCreated"),
        json!("LeadSubmitted"),
        json!("ü".repeat(50)),
        json!("ü".repeat(51)),
        json!("quiz\ndone"),
        json!("\u{200b}"),
        json!("purchase"),
    ];
    let now = 1_790_000_000_i64;
    let times = [
        json!(now),
        json!(now * 1000),
        json!(now + 60),
        json!(now - 604_800),
        json!(now - 604_801),
        json!(now - 604_740),
        json!(now - 604_680),
        json!(now - 604_679),
        json!(now - 62 * 86_400),
        json!(now - 62 * 86_400 + 120),
        json!("2026-09-21T10:00:00Z"),
        json!(i64::MAX),
        json!("1789999999"),
    ];
    let sources = [
        json!("website"),
        json!("app"),
        json!("business_messaging"),
        json!("physical_store"),
        json!("Phone_Call "),
        json!("chat"),
        json!("email"),
        json!("system_generated"),
        json!("other"),
        json!("shop"),
    ];
    let urls = [
        json!("https://shop.example/"),
        json!("http:///"),
        json!("https://:443/"),
        json!("https:// /"),
        json!("HTTPS://shop.example"),
        json!("javascript:alert(1)"),
        json!(" https://shop.example/ "),
        json!("https://\u{a0}/"),
        json!("https://shop.example\t/"),
        json!("//shop.example"),
        json!("https://[::1]/"),
        json!("https://[x]/"),
        json!("https://a@b@shop.example/"),
        json!("https:\\\\shop.example"),
        json!("https://\u{200b}/"),
    ];
    let app_data = [
        json!({ "advertiser_tracking_enabled": 1, "extinfo": extinfo() }),
        json!({ "advertiser_tracking_enabled": "true", "extinfo": extinfo() }),
        json!({ "advertiser_tracking_enabled": "maybe", "extinfo": extinfo() }),
        json!({ "advertiser_tracking_enabled": 0, "extinfo": ["a2"] }),
        json!({ "advertiser_tracking_enabled": false, "extinfo": vec![" "; 16] }),
    ];
    let options = [json!(["LDU"]), json!([]), json!("LDU"), json!(true), json!(["x"])];
    object(vec![
        ("event_name", field(&names).boxed()),
        ("event_time", field(&times).boxed()),
        ("event_id", field(&[json!("e-1"), json!(12345), json!("a\u{1}")]).boxed()),
        ("action_source", field(&sources).boxed()),
        ("event_source_url", field(&urls).boxed()),
        ("referrer_url", odd().boxed()),
        ("opt_out", odd().boxed()),
        ("data_processing_options", field(&options).boxed()),
        ("data_processing_options_country", field(&[json!(0), json!(1), json!(2)]).boxed()),
        ("data_processing_options_state", field(&[json!(0), json!(1000), json!(99)]).boxed()),
        ("customer_segmentation", field(&[json!("customer_in_loyalty_program")]).boxed()),
        (
            "messaging_channel",
            field(&[json!("messenger"), json!("WhatsApp"), json!("instagram")]).boxed(),
        ),
        ("app_data", field(&app_data).boxed()),
        ("original_event_data", odd().boxed()),
        ("attribution_data", odd().boxed()),
        ("advertiser_tracking_enabled", odd().boxed()),
        ("user_data", prop_oneof![9 => any_user_data().boxed(), 1 => odd().boxed()].boxed()),
        ("custom_data", prop_oneof![9 => any_custom_data().boxed(), 1 => odd().boxed()].boxed()),
    ])
}

/// Events that are accepted, of every action source.
fn sound_events() -> Vec<Value> {
    let with = |source: &str, more: Value| {
        let mut event = json!({
            "event_name": "Purchase", "event_id": "e-1", "event_time": 1_790_000_000, "action_source": source,
            "event_source_url": "https://shop.example/", "user_data": { "em": HASH },
            "custom_data": { "value": 59.9, "currency": "EUR" },
        });
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let messaging = |channel: &str, ids: Value| {
        with("business_messaging", json!({ "messaging_channel": channel, "user_data": ids }))
    };
    let app_data = json!({ "advertiser_tracking_enabled": 1, "extinfo": extinfo() });
    let mut events = vec![
        with("app", json!({ "app_data": app_data })),
        messaging("messenger", json!({ "page_id": "1", "page_scoped_user_id": "2" })),
        messaging("whatsapp", json!({ "page_id": "1", "ctwa_clid": "c" })),
        messaging("instagram", json!({ "ig_account_id": "1", "ig_sid": "2" })),
    ];
    for source in
        ["website", "physical_store", "phone_call", "chat", "email", "system_generated", "other"]
    {
        events.push(with(source, json!({})));
    }
    events
}

/// Anything; or a sound event, a few of whose fields are anything.
fn any_event() -> impl Strategy<Value = Value> {
    let changed = (
        prop::sample::select(sound_events()),
        any_fields(),
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    );
    let changed = changed.prop_map(|(mut event, fields, changes)| {
        let fields: Vec<_> = fields.as_object().unwrap().clone().into_iter().collect();
        for index in changes.iter().filter(|_| !fields.is_empty()) {
            let (key, value) = index.get(&fields);
            event[key] = value.clone();
        }
        event
    });
    prop_oneof![1 => any_fields().boxed(), 3 => changed.boxed()]
}

/// A server that passes nothing of a visitor on.
fn of_bare_server(body: &str) -> Intake {
    let authorization = format!("Bearer {KEY}");
    let headers = [("authorization", authorization.as_str())];
    sent(&CONFIG, &headers, body.as_bytes(), ENTROPY).unwrap()
}

fn of_page(body: &str) -> Intake {
    sent(&CONFIG, &[("origin", ORIGIN)], body.as_bytes(), ENTROPY).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_event_that_is_accepted(event in any_event()) {
        let body = json!({ "data": [event] }).to_string();
        assert_taken(&of_page(&body), &event);
        let intake = of_bare_server(&body);
        assert_taken(&intake, &event);
        // Half a surrogate pair turns the strict reader away: the other one reads the same.
        let broken = format!("{{\"data\":[{event}],\"x\":\"\\ud83d\"}}");
        prop_assert_eq!(intake.events, of_bare_server(&broken).events);
    }
}

/// The limit on levels holds inside JSON text, too. An event with more levels would fail at Meta, with
/// every other event of its request.
#[test]
fn levels_in_json_text_count_like_any_others() {
    for levels in [9, 60, 124] {
        let deep = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        for (key, text) in [
            ("contents", format!("[{{\"id\":\"A\",\"x\":{deep}}}]")),
            ("content_ids", deep.clone()),
            ("order_id", deep.clone()),
        ] {
            let mut event = sound_events().pop().unwrap();
            event["custom_data"][key] = json!(text);
            let body = json!({ "data": [event] }).to_string();
            for intake in [of_page(&body), of_bare_server(&body)] {
                assert_eq!(intake.events.len(), 1, "{:?}", intake.answer);
                assert_taken(&intake, &event);
                if key != "order_id" {
                    let problem = &intake.answer.body["problems"][0];
                    assert_eq!(problem["code"], "nested_too_deeply", "{key} {levels}");
                    assert_eq!(problem["path"], format!("data[0].custom_data.{key}"));
                    assert!(!intake.events[0].event.contains(key), "{key} {levels}");
                }
            }
        }
        let custom_data = json!({ "value": 5, "currency": "EUR", "x": json!(deep) });
        let mut event = sound_events().pop().unwrap();
        event["custom_data"] =
            custom_data.to_string().replace(&json!(deep).to_string(), &deep).into();
        let intake = of_page(&json!({ "data": [event] }).to_string());
        assert_eq!(intake.events.len(), 1, "{:?}", intake.answer);
        assert_taken(&intake, &event);
    }
}

/// The generator reaches what it is for: events of every action source are accepted, and events of every
/// rule are refused.
#[test]
fn the_events_that_are_tried_are_of_every_kind() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let (mut sources, mut codes) = (Vec::new(), Vec::new());
    let events = any_event();
    for _ in 0..1_500 {
        let event = events.new_tree(&mut runner).unwrap().current();
        let intake = of_bare_server(&json!({ "data": [event] }).to_string());
        for accepted in &intake.events {
            let kept: Value = serde_json::from_str(&accepted.event).unwrap();
            sources.push(kept["action_source"].as_str().unwrap().to_owned());
        }
        for problem in intake.answer.body["problems"].as_array().unwrap() {
            codes.push(problem["code"].as_str().unwrap().to_owned());
        }
    }
    for source in [
        "website",
        "app",
        "business_messaging",
        "physical_store",
        "phone_call",
        "chat",
        "email",
        "system_generated",
        "other",
    ] {
        assert!(sources.iter().any(|seen| seen == source), "{source}");
    }
    for code in [
        "event_too_old",
        "missing_value",
        "invalid_value",
        "invalid_currency",
        "missing_currency",
        "missing_content_id",
        "missing_event_source_url",
        "unknown_messaging_event",
        "missing_messaging_id",
        "invalid_lead_id",
        "invalid_extinfo",
        "missing_tracking_status",
        "customer_information_too_broad",
        "event_name_too_long",
        "missing_event_name",
        "invalid_data_processing",
        "invalid_event_id",
    ] {
        assert!(codes.iter().any(|seen| seen == code), "{code}");
    }
}
