//! One event that is no proper JSON, or holds what JSON cannot say, costs itself and no neighbour.
//!
//! The replacement of half a surrogate pair is the web platform's: `TextEncoder` writes U+FFFD.

use capi_bridge::relay::{Admission, Config, Door, DoorSecrets, Head, Intake, Moment, Place};
use serde_json::{Value, json};

use crate::taking::*;

const WRITE_KEY: &str = "segment-write-key-0123456789abcdef";

/// The ways in which events come, each with the text of its events.
const WAYS: [&str; 7] =
    ["page", "server", "graph", "graph form", "graph texts", "graph form of texts", "segment"];

/// Sends events, each in JSON text, one of these ways.
fn sent_by(way: &str, events: &[String]) -> Intake {
    let list = format!("[{}]", events.join(","));
    let texts = json!(events).to_string();
    let key = format!("Bearer {KEY}");
    let form = |data: &str| {
        form_urlencoded::Serializer::new(String::new()).append_pair("data", data).finish()
    };
    match way {
        "page" => of_page_bytes(format!("{{\"data\":{list}}}").as_bytes(), ENTROPY).unwrap(),
        "server" => {
            let body = format!("{{\"data\":{list}}}");
            sent(&config(&json!({})), &[("authorization", &key)], body.as_bytes(), ENTROPY).unwrap()
        }
        "graph" => of_graph("application/json", &format!("{{\"data\":{list}}}")),
        "graph texts" => of_graph("application/json", &format!("{{\"data\":{texts}}}")),
        "graph form" => of_graph("application/x-www-form-urlencoded", &form(&list)),
        "graph form of texts" => of_graph("application/x-www-form-urlencoded", &form(&texts)),
        _ => of_segment("batch", &format!("{{\"batch\":{list},\"writeKey\":\"{WRITE_KEY}\"}}")),
    }
}

fn of_graph(content_type: &str, body: &str) -> Intake {
    let url = "https://bridge.example/v27.0/1234567890/events";
    let headers =
        [("authorization", format!("Bearer {KEY}")), ("content-type", content_type.to_owned())];
    through_the_door(&config(&json!({})), url, &headers, body)
}

/// A call of Segment's, by its path below `/v1/`.
fn of_segment(call: &str, body: &str) -> Intake {
    let config = config(&json!({ "mappings": { "segment": { "unmapped": "custom" } } }));
    through_the_door(&config, &format!("https://bridge.example/v1/{call}"), &[], body)
}

fn through_the_door(config: &Config, url: &str, headers: &[(&str, String)], body: &str) -> Intake {
    let named = [("BRIDGE_KEY", KEY), ("SEGMENT_WRITE_KEY", WRITE_KEY)];
    let mut moment = Moment {
        config,
        secrets: &DoorSecrets::read(config, named).unwrap(),
        now_millis: NOW_MILLIS,
        entropy: &mut || ENTROPY,
    };
    let header =
        |name: &str| headers.iter().find(|(is, _)| *is == name).map(|(_, value)| value.clone());
    let (peer, place) = (Some("8.8.4.4"), Place::default());
    let head = Head { method: "POST", url, header: &header, peer, place };
    let mut door = Door::default();
    match door.admit(&mut moment, &head).unwrap() {
        Admission::Admitted(admitted) => {
            door.take(&mut moment, *admitted, body.as_bytes()).unwrap()
        }
        Admission::Answer(answer) => panic!("expected to be admitted: {answer:?}"),
        Admission::NotOurs => panic!("expected a path of the door"),
    }
}

/// An event of a way, with this JSON text as the value of one of its fields of custom data.
fn with_name(way: &str, number: u32, json: &str) -> String {
    let event = if way == "segment" {
        json!({
            "type": "track", "event": "Product Viewed", "messageId": format!("m-{number}"), "userId": "u",
            "context": { "page": { "url": "https://shop.example/" } }, "properties": { "name": "@" },
        })
    } else {
        json!({
            "event_name": "ViewContent", "event_id": format!("m-{number}"), "action_source": "website",
            "event_source_url": "https://shop.example/", "user_data": { "external_id": "u" },
            "custom_data": { "content_name": "@" },
        })
    };
    event.to_string().replace("\"@\"", json)
}

fn kept(intake: &Intake) -> Vec<Value> {
    intake.events.iter().map(|one| serde_json::from_str(&one.event).unwrap()).collect()
}

#[test]
fn half_an_emoji_is_replaced_and_three_events_are_kept() {
    for way in WAYS {
        let broken = with_name(way, 2, r#""Kitten \ud83d""#);
        let events = [with_name(way, 1, "\"a\""), broken, with_name(way, 3, "\"b\"")];
        let intake = sent_by(way, &events);
        let names: Vec<Value> = kept(&intake)
            .into_iter()
            .map(|one| one["custom_data"]["content_name"].clone())
            .collect();
        assert_eq!(names, ["a", "Kitten \u{fffd}", "b"], "{way}: {:?}", intake.answer);
        assert!(!intake.answer.body.to_string().contains("invalid"), "{way}: {:?}", intake.answer);
    }
}

#[test]
fn half_an_emoji_hurts_no_name_no_id_and_no_key() {
    for way in ["page", "server", "graph", "graph form of texts"] {
        let event = r#"{"event_name":"Quiz \ud83d","event_id":"id-\udc00","action_source":"website",
            "event_source_url":"https://shop.example/?q=\ud83d","user_data":{"external_id":"u-\ud83d"},
            "custom_data":{"\ud83dx":{"\udc00":["\ud83d"]},"order_id":"o-\ud83d"}}"#;
        let intake = sent_by(way, &[event.to_owned()]);
        let event = &kept(&intake)[0];
        assert_eq!(event["event_name"], "Quiz \u{fffd}", "{way}");
        assert_eq!(event["event_id"], "id-\u{fffd}", "{way}");
        assert_eq!(event["event_source_url"], "https://shop.example/?q=\u{fffd}", "{way}");
        let expected =
            json!({ "\u{fffd}x": { "\u{fffd}": ["\u{fffd}"] }, "order_id": "o-\u{fffd}" });
        assert_eq!(event["custom_data"], expected, "{way}");
        // SHA-256 of "u-" and U+FFFD, by sha256sum.
        let hash = "7d0a78e6e91cabe4a88d4a935d58e80d93571edfaf03c34093a2edfac6f75adf";
        assert_eq!(event["user_data"]["external_id"], json!([hash]), "{way}");
    }
}

#[test]
fn text_in_text_with_half_an_emoji_is_read() {
    let products = r#"[{\"id\":\"A-\ud83d\"}]"#;
    let event =
        purchase().to_string().replace("\"59.90\"", &format!("59.9,\"contents\":\"{products}\""));
    let intake = of_page_bytes(format!("{{\"data\":[{event}]}}").as_bytes(), ENTROPY).unwrap();
    assert_eq!(kept(&intake)[0]["custom_data"]["contents"], json!([{ "id": "A-\u{fffd}" }]));
}

#[test]
fn a_number_that_no_double_holds_is_left_out_and_named() {
    let long = "9".repeat(400);
    for number in ["1e999", "-1e999", &long, "NaN", "-Infinity"] {
        for way in WAYS {
            let events =
                [with_name(way, 1, "\"a\""), with_name(way, 2, number), with_name(way, 3, "\"b\"")];
            let intake = sent_by(way, &events);
            let named = intake.answer.body.to_string();
            assert_eq!(intake.events.len(), 3, "{way} {number}: {named}");
            let at = if way == "segment" {
                "batch[1].properties.name"
            } else {
                "data[1].custom_data.content_name"
            };
            assert!(named.contains(at), "{way} {number}: {named}");
            assert!(
                kept(&intake)[1]["custom_data"].get("content_name").is_none(),
                "{way} {number}"
            );
        }
    }
}

#[test]
fn a_purchase_whose_value_is_no_number_is_refused_and_its_neighbours_are_kept() {
    for value in ["1e999", "NaN", "\"1e999\"", "\"a lot\"", "\"1,299\"", "[59.9]", "{}", "true"] {
        let bad = purchase().to_string().replace("\"59.90\"", value);
        let body = format!("{{\"data\":[{},{bad},{}]}}", purchase(), purchase());
        let intake = of_page_bytes(body.as_bytes(), ENTROPY).unwrap();
        assert_eq!((intake.answer.status, intake.events.len()), (202, 2), "{value}");
        let mut problems = intake.answer.body["problems"].as_array().unwrap().clone();
        problems.retain(|one| one["code"] != "missing_client_user_agent");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0]["path"], "data[1].custom_data.value", "{value}");
        assert_eq!(problems[0]["event_kept"], false, "{value}");
    }
}

#[test]
fn what_is_nested_too_deeply_costs_its_field() {
    for levels in [20, 200, 20_000] {
        for way in ["page", "graph", "graph form of texts"] {
            let deep = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
            let events =
                [with_name(way, 1, "\"a\""), with_name(way, 2, &deep), with_name(way, 3, "\"b\"")];
            let intake = sent_by(way, &events);
            assert_eq!(intake.events.len(), 3, "{way} {levels}: {:?}", intake.answer);
            let named = intake.answer.body.to_string();
            assert!(named.contains("data[1].custom_data.content_name"), "{way} {levels}: {named}");
        }
    }
}

#[test]
fn raw_controls_and_bytes_that_are_no_utf_8_cost_nothing() {
    let event = with_name("page", 1, "\"M\u{1}\tller\"").into_bytes();
    let latin = with_name("page", 2, "\"Mxller\"").into_bytes();
    let latin: Vec<u8> = latin.iter().map(|&byte| if byte == b'x' { 0xfc } else { byte }).collect();
    let body = [b"{\"data\":[".as_slice(), &event, b",", &latin, b"]}"].concat();
    let intake = of_page_bytes(&body, ENTROPY).unwrap();
    let names: Vec<Value> =
        kept(&intake).into_iter().map(|one| one["custom_data"]["content_name"].clone()).collect();
    assert_eq!(names, ["M\u{1}\tller", "M\u{fffd}ller"]);
}

#[test]
fn an_event_that_is_no_json_is_refused_alone() {
    for way in ["page", "server", "graph", "graph form", "segment"] {
        for broken in ["{\"a\":1,}", "{'a':1}", "undefined", "{\"a\":tru}", "{} {}"] {
            let events =
                [with_name(way, 1, "\"a\""), broken.to_owned(), with_name(way, 3, "\"b\"")];
            let intake = sent_by(way, &events);
            assert_eq!(intake.events.len(), 2, "{way} {broken}: {:?}", intake.answer);
            let named = intake.answer.body.to_string();
            let at = if way == "segment" { "batch[1]" } else { "data[1]" };
            assert!(
                named.contains(at) && named.contains("expected JSON"),
                "{way} {broken}: {named}"
            );
        }
    }
}

#[test]
fn a_body_that_is_broken_as_a_whole_is_one_clear_400() {
    for broken in [
        "",
        "{",
        "[]",
        "7",
        "{\"data\":[{\"a\":\"\\ud83d\"}",
        "{\"data\":[1e999]}}",
        "{\"data\":[\"]}",
    ] {
        let intake = of_page_bytes(broken.as_bytes(), ENTROPY).unwrap();
        assert_eq!((intake.answer.status, intake.events.len()), (400, 0), "{broken}");
        let problems = intake.answer.body["problems"].as_array().unwrap();
        assert_eq!((problems.len(), &problems[0]["code"]), (1, &json!("invalid_body")), "{broken}");
    }
}

#[test]
fn a_number_that_cannot_be_read_beside_the_events_is_one_clear_400() {
    let body = format!("{{\"data\":[{}],\"test_event_code\":1e999}}", purchase());
    let intake = of_page_bytes(body.as_bytes(), ENTROPY).unwrap();
    assert_eq!((intake.answer.status, intake.events.len()), (400, 0));
    assert_eq!(intake.answer.body["problems"][0]["path"], "test_event_code");
    let of_graph = of_graph("application/json", &body);
    assert_eq!((of_graph.answer.status, of_graph.events.len()), (400, 0));
    let batch = format!(
        "{{\"batch\":[{}],\"context\":{{\"x\":NaN}},\"writeKey\":\"{WRITE_KEY}\"}}",
        with_name("segment", 1, "\"a\"")
    );
    let intake = of_segment("batch", &batch);
    assert_eq!((intake.answer.status, intake.events.len()), (200, 1));
    assert_eq!(intake.answer.body["problems"][0]["path"], "context.*");
}

#[test]
fn a_number_beside_the_events_that_decides_nothing_is_left_out_and_named() {
    for (field, at) in [
        ("\"upload_id\":1e999", "upload_id"),
        ("\"partner_agent\":NaN", "partner_agent"),
        ("\"sentAt\":NaN", "*"),
        ("\"sentAt\":{\"test_event_code\":NaN}", "*.test_event_code"),
        ("\"context\":{\"x\":[1,NaN]}", "context.*[1]"),
    ] {
        let body = format!("{{\"data\":[{}],{field}}}", with_name("page", 1, "\"a\""));
        let page = of_page_bytes(body.as_bytes(), ENTROPY).unwrap();
        let key = format!("Bearer {KEY}");
        let server =
            sent(&config(&json!({})), &[("authorization", &key)], body.as_bytes(), ENTROPY);
        for intake in [page, server.unwrap()] {
            assert_eq!((intake.answer.status, intake.events.len()), (202, 1), "{field}");
            let problem = &intake.answer.body["problems"][0];
            assert_eq!((&problem["path"], &problem["event_kept"]), (&json!(at), &json!(true)));
        }
        let graph = of_graph("application/json", &body);
        assert_eq!((graph.answer.status, graph.events.len()), (200, 1), "{field}");
        let messages = graph.answer.body["messages"].to_string();
        assert!(messages.contains(&format!("\"{at}: expected a number")), "{field}: {messages}");
        assert!(graph.events[0].main_body.is_empty(), "{field}");
    }
    // A request whose dataset, source, test event code or key is not clear is refused.
    for field in ["test_event_code", "dataset_id", "source"] {
        for value in ["NaN", "[1e999]", "{\"x\":NaN}"] {
            let body = format!("{{\"data\":[{}],\"{field}\":{value}}}", purchase());
            let intake = of_page_bytes(body.as_bytes(), ENTROPY).unwrap();
            assert_eq!((intake.answer.status, intake.events.len()), (400, 0), "{body}");
        }
    }
    for field in ["test_event_code", "access_token"] {
        let body = format!("{{\"data\":[{}],\"{field}\":NaN}}", with_name("graph", 1, "\"a\""));
        let intake = of_graph("application/json", &body);
        assert_eq!((intake.answer.status, intake.events.len()), (400, 0), "{field}");
    }
}

/// An event of a way with more fields, in JSON text.
fn with_fields(way: &str, fields: &str) -> String {
    with_name(way, 1, "\"a\"").replacen('{', &format!("{{{fields},"), 1)
}

#[test]
fn a_limit_that_is_no_json_number_is_a_limit() {
    let deep = format!("{}1{}", "[".repeat(70), "]".repeat(70));
    for way in ["page", "server", "graph", "graph texts", "graph form of texts"] {
        for unreadable in ["1e999", "NaN", "-Infinity", &deep] {
            let said = |field: &str, fields: String| {
                let intake = sent_by(way, &[with_fields(way, &fields)]);
                assert_eq!(intake.events.len(), 1, "{way} {fields}: {:?}", intake.answer);
                let answer = intake.answer.body.to_string();
                assert!(answer.contains(&format!("data[0].{field}")), "{way} {fields}: {answer}");
                kept(&intake)[0][field].clone()
            };
            assert_eq!(said("opt_out", format!("\"opt_out\":{unreadable}")), true, "{way}");
            for options in [
                unreadable.to_owned(),
                format!("[{unreadable}]"),
                format!("{{\"0\":{unreadable}}}"),
                format!("[\"LDU\",{unreadable}]"),
                json!(format!("[{unreadable}]")).to_string(),
            ] {
                let options = format!("\"data_processing_options\":{options}");
                assert_eq!(said("data_processing_options", options), json!(["LDU"]), "{way}");
            }
            if way != "page" {
                let flag = "advertiser_tracking_enabled";
                assert_eq!(said(flag, format!("\"{flag}\":{unreadable}")), false, "{way}");
                for app_data in [
                    format!("{{\"application_tracking_enabled\":{unreadable}}}"),
                    json!(format!("{{\"application_tracking_enabled\":{unreadable}}}")).to_string(),
                ] {
                    let app_data = said("app_data", format!("\"app_data\":{app_data}"));
                    assert_eq!(app_data, json!({ "application_tracking_enabled": 0 }), "{way}");
                }
            }
            let place = format!(
                "\"data_processing_options\":[\"LDU\"],\"data_processing_options_country\":{unreadable}"
            );
            let intake = sent_by(way, &[with_fields(way, &place), with_name(way, 2, "\"b\"")]);
            assert_eq!(intake.events.len(), 1, "{way}: {:?}", intake.answer);
            let answer = intake.answer.body.to_string();
            assert!(
                answer.contains("invalid_data_processing") || way.starts_with("graph"),
                "{answer}"
            );
        }
    }
    // One problem says what the limit was read as.
    let intake = sent_by("page", &[with_fields("page", "\"opt_out\":NaN")]);
    let problems = intake.answer.body["problems"].as_array().unwrap();
    let problems: Vec<&Value> =
        problems.iter().filter(|problem| problem["path"] == "data[0].opt_out").collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0]["message"].as_str().unwrap().contains("read as true"), "{problems:?}");
}

#[test]
fn consent_that_is_no_json_number_is_a_no() {
    for way in WAYS {
        for unreadable in ["1e999", "NaN"] {
            let mut places = vec![
                "\"consent\":@",
                "\"consent\":{\"ad_storage\":@}",
                "\"consent\":{\"ad_user_data\":[@]}",
                "\"consent\":{\"categoryPreferences\":{\"Werbung\":@}}",
                "\"consent_state\":@",
                "\"consentState\":{\"ad_personalization\":@}",
                "\"customerPrivacy\":{\"marketingAllowed\":@}",
                "\"init\":{\"customerPrivacy\":{\"saleOfDataAllowed\":@}}",
                "\"ad_storage\":@",
                "\"ad_user_data\":@",
                "\"ad_personalization\":@",
                "\"marketing_consent\":@",
                "\"marketingConsent\":@",
                "\"x-ga-gcs\":@",
                "\"x-ga-gcd\":@",
                "\"gcd\":@",
                "\"customerPrivacy\":@",
                "\"init\":{\"customerPrivacy\":@}",
                "\"meta_data\":[{\"key\":\"_marketing_consent\",\"value\":@}]",
                "\"gcs\":@",
                "\"sst.gcd\":@",
                "\"note_attributes\":[{\"name\":\"consent\",\"value\":@}]",
            ];
            if way != "segment" {
                places.push("\"context\":{\"customerPrivacy\":{\"saleOfDataAllowed\":@}}");
                places.push("\"context\":{\"consent\":@}");
                places.push("\"context\":{\"consent\":{\"categoryPreferences\":@}}");
            }
            for place in places {
                let fields = place.replace('@', unreadable);
                let intake = sent_by(way, &[with_fields(way, &fields), with_name(way, 2, "\"b\"")]);
                let ids: Vec<Value> =
                    kept(&intake).iter().map(|one| one["event_id"].clone()).collect();
                assert_eq!(ids, ["m-2"], "{way} {fields}: {:?}", intake.answer);
                let answer = intake.answer.body.to_string();
                assert!(answer.contains("the person said no"), "{way} {fields}: {answer}");
            }
            // This field says nothing about advertising.
            let other = format!("\"consent\":{{\"version\":{unreadable}}}");
            assert_eq!(sent_by(way, &[with_fields(way, &other)]).events.len(), 1, "{way}");
        }
    }
    // A batch of Segment's may say it for all its calls.
    for (shared, events) in [
        ("\"integrations\":NaN", 0),
        ("\"integrations\":{\"All\":NaN}", 0),
        ("\"integrations\":{\"Facebook Pixel\":NaN}", 0),
        ("\"integrations\":{\"Amplitude\":NaN}", 1),
        ("\"context\":{\"consent\":{\"categoryPreferences\":{\"Advertising\":NaN}}}", 0),
        ("\"context\":{\"consent\":NaN}", 0),
        ("\"context\":{\"locale\":NaN}", 1),
    ] {
        let call = with_name("segment", 1, "\"a\"");
        let batch = format!("{{\"batch\":[{call}],{shared},\"writeKey\":\"{WRITE_KEY}\"}}");
        assert_eq!(of_segment("batch", &batch).events.len(), events, "{shared}");
    }
}

#[test]
fn a_deep_field_that_no_rule_reads_is_left_out_and_named() {
    for levels in [11, 40, 100] {
        let list = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        let object = format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        for (deep, way) in [&list, &object]
            .into_iter()
            .zip(["page", "server", "graph"].iter().cycle())
            .chain([(&list, &"graph"), (&list, &"server"), (&object, &"page")])
        {
            let event =
                with_name(way, 1, "\"a\"").replacen('{', &format!("{{\"extra\":{deep},"), 1);
            let intake = sent_by(way, &[event]);
            assert_eq!(intake.events.len(), 1, "{way} {levels}: {:?}", intake.answer);
            let answer = intake.answer.body.to_string();
            assert!(answer.contains("data[0].*"), "{way} {levels}: {answer}");
            assert!(!intake.events[0].event.contains("extra"), "{way} {levels}");
        }
    }
    // A limit that is nested too deeply is not left out.
    let deep = format!("{}true{}", "[".repeat(11), "]".repeat(11));
    let event = with_name("page", 1, "\"a\"").replacen('{', &format!("{{\"opt_out\":{deep},"), 1);
    assert_eq!(kept(&sent_by("page", &[event]))[0]["opt_out"], true);
    // A field that Meta requires is still missing.
    let event = with_name("page", 1, "\"a\"").replacen("\"ViewContent\"", &deep, 1);
    let intake = sent_by("page", &[event]);
    assert_eq!((intake.answer.status, intake.events.len()), (400, 0));
}

#[test]
fn a_single_call_of_segment_loses_nothing_to_half_an_emoji() {
    let call = with_name("segment", 1, r#""Kitten \ud83d""#).replacen(
        '{',
        &format!("{{\"writeKey\":\"{WRITE_KEY}\","),
        1,
    );
    let intake = of_segment("track", &call);
    assert_eq!(kept(&intake)[0]["custom_data"]["content_name"], "Kitten \u{fffd}");
    let number = call.replace(r#""Kitten \ud83d""#, "1e999");
    let intake = of_segment("track", &number);
    assert_eq!((intake.answer.status, intake.events.len()), (200, 1));
    assert_eq!(intake.answer.body["problems"][0]["path"], "properties.name");
}
