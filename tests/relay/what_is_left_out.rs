//! Optional data never costs an event: what has one meaning is read, what is wrong is left out and named.

use capi_bridge::relay::Intake;
use serde_json::{Value, json};

use crate::taking::*;

/// A page's event with this custom data.
fn with(name: &str, custom_data: Value) -> Intake {
    let event = json!({
        "event_name": name, "event_source_url": "https://shop.example/", "custom_data": custom_data,
    });
    of_page_body(&json!({ "data": [event] }))
}

/// The custom data that is kept, and the paths of what was left out of it.
fn kept(intake: &Intake) -> (Value, Vec<(&str, &str)>) {
    let event: Value = serde_json::from_str(&intake.events[0].event).unwrap();
    (event.get("custom_data").cloned().unwrap_or(json!({})), named(intake))
}

/// The code of each problem, and its path below the event.
fn named(intake: &Intake) -> Vec<(&str, &str)> {
    let problems = intake.answer.body["problems"].as_array().unwrap();
    problems
        .iter()
        .filter(|problem| problem["code"] != "missing_client_user_agent")
        .map(|problem| {
            let path = problem["path"].as_str().unwrap();
            (problem["code"].as_str().unwrap(), path.strip_prefix("data[0].").unwrap())
        })
        .collect()
}

/// A server's event with these fields changed.
fn of_phone(changes: &Value) -> Intake {
    let mut event = json!({
        "event_name": "Lead", "event_id": "e-1", "action_source": "phone_call",
        "user_data": { "em": "jane@example.com" },
    });
    event.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    of_server(&event)
}

fn event(intake: &Intake) -> Value {
    serde_json::from_str(&intake.events[0].event).unwrap()
}

#[test]
fn products_in_json_text_are_read() {
    let products = json!([{ "id": "A", "quantity": 1 }]);
    for contents in [
        json!("[{\"id\":\"A\",\"quantity\":1}]"),
        json!("{\"id\":\"A\",\"quantity\":1}"),
        json!(" [{\"id\":\"A\",\"quantity\":\"1\"}] "),
        json!({ "id": "A", "quantity": 1 }),
        json!([{ "id": "A", "quantity": 1.0, "item_price": "", "title": null }]),
    ] {
        let purchase = json!({ "value": 5, "currency": "EUR", "contents": contents });
        let intake = with("Purchase", purchase);
        let (data, named) = kept(&intake);
        assert_eq!((&data["contents"], named), (&products, vec![]), "{contents}");
    }
}

#[test]
fn products_that_cannot_be_read_are_left_out_and_the_purchase_is_kept() {
    for contents in
        [json!("[{\"id\""), json!("SKU-1"), json!(7), json!(true), json!("[object Object]")]
    {
        let intake =
            with("Purchase", json!({ "value": 5, "currency": "EUR", "contents": contents }));
        let (data, named) = kept(&intake);
        assert_eq!(data, json!({ "value": 5, "currency": "EUR" }), "{contents}");
        assert_eq!(named, [("invalid_contents", "custom_data.contents")], "{contents}");
    }
}

#[test]
fn of_a_product_what_is_wrong_is_left_out() {
    let contents = json!([
        { "id": 17, "quantity": "2", "item_price": "59,90", "delivery_category": "In_Store" },
        { "quantity": 1 },
        { "id": " " },
        "SKU-1",
        { "id": "B", "quantity": 1.5, "item_price": "1,299", "delivery_category": "drone", "title": {} },
        null,
    ]);
    let intake = with("AddToCart", json!({ "contents": contents }));
    let (data, named) = kept(&intake);
    let expected = json!([
        { "id": "17", "quantity": 2, "item_price": 59.9, "delivery_category": "in_store" },
        { "id": "B" },
    ]);
    assert_eq!(data["contents"], expected);
    assert_eq!(
        named,
        [
            ("missing_content_id", "custom_data.contents[1].id"),
            ("missing_content_id", "custom_data.contents[2].id"),
            ("missing_content_id", "custom_data.contents[3].id"),
            ("wrong_type", "custom_data.contents[4].delivery_category"),
            ("wrong_type", "custom_data.contents[4].item_price"),
            ("wrong_type", "custom_data.contents[4].quantity"),
            ("wrong_type", "custom_data.contents[4].title"),
        ]
    );
}

#[test]
fn ids_of_products_are_a_list_however_they_come() {
    for (ids, expected) in [
        (json!("123, 456"), json!(["123", "456"])),
        (json!("[\"123\",456]"), json!(["123", "456"])),
        (json!("SKU-1"), json!(["SKU-1"])),
        (json!(123), json!(["123"])),
        (json!([123, "456", "", null, 7.0]), json!(["123", "456", "7"])),
    ] {
        let intake = with("ViewContent", json!({ "content_ids": ids }));
        assert_eq!(kept(&intake), (json!({ "content_ids": expected }), vec![]), "{ids}");
    }
    let intake = with("ViewContent", json!({ "content_ids": ["A", { "id": "B" }, 1.5, 1e300] }));
    let expected = json!({ "content_ids": ["A"] });
    assert_eq!(kept(&intake), (expected, vec![("invalid_content_ids", "custom_data.content_ids")]));
    let intake = with("ViewContent", json!({ "content_ids": true }));
    assert_eq!(
        kept(&intake),
        (json!({}), vec![("invalid_content_ids", "custom_data.content_ids")])
    );
}

#[test]
fn a_lone_id_of_a_product_stays_as_it_came() {
    for id in [" #", "A, B", "'1'", "[x"] {
        let contents = json!([{ "id": id, "quantity": 1 }]);
        let intake = with("ViewContent", json!({ "content_ids": [id], "contents": contents }));
        let expected = json!({ "content_ids": [id], "contents": contents });
        assert_eq!(kept(&intake), (expected, vec![]), "{id}");
    }
}

#[test]
fn ids_in_text_are_a_list_or_left_out_and_named() {
    for (ids, expected) in [
        (json!("['123', '456']"), json!(["123", "456"])),
        (json!(" ['123' , \"456\",789] "), json!(["123", "456", "789"])),
        (json!("['a, b', 'it is']"), json!(["a, b", "it is"])),
        (json!("'123', '456'"), json!(["123", "456"])),
        (json!(["123, 456"]), json!(["123", "456"])),
        (json!(["['123', '456']"]), json!(["123", "456"])),
        (json!("[\"123, 456\"]"), json!(["123", "456"])),
        (json!(["12, 3", "456"]), json!(["12, 3", "456"])),
        (json!("O'Neill, 5\""), json!(["O'Neill", "5\""])),
    ] {
        let intake = with("ViewContent", json!({ "content_ids": ids }));
        assert_eq!(kept(&intake), (json!({ "content_ids": expected }), vec![]), "{ids}");
    }
    for ids in [
        "[\"123\",\"456\"",
        "['123', '456'",
        "['it's', 'b']",
        "['a' 'b']",
        "['a\\'b']",
        "[a, b]",
        "['a',]x",
        "[object Object]",
        "{\"id\":\"A\"",
        "{'id': 'A'}",
        "'123",
        "'123', 456, x",
        "[None]",
    ] {
        for ids in [json!(ids), json!([ids])] {
            let intake = with("ViewContent", json!({ "content_ids": ids }));
            let named = vec![("invalid_content_ids", "custom_data.content_ids")];
            assert_eq!(kept(&intake), (json!({}), named), "{ids}");
        }
    }
}

#[test]
fn blank_is_absent_everywhere() {
    for blank in [json!(""), json!(" \t"), json!("\u{a0}"), Value::Null] {
        for (name, data) in [
            ("CompleteRegistration", json!({ "value": 0, "currency": blank })),
            ("Lead", json!({ "value": blank, "currency": blank })),
            ("AddToCart", json!({ "contents": blank, "content_ids": blank, "num_items": blank })),
        ] {
            let intake = with(name, data);
            assert_eq!(intake.events.len(), 1, "{name}: {:?}", intake.answer);
        }
        let absent = of_phone(&json!({
            "event_id": blank, "event_time": blank, "event_source_url": blank, "referrer_url": blank,
            "opt_out": blank, "data_processing_options": blank, "data_processing_options_state": blank,
            "customer_segmentation": blank, "app_data": blank, "messaging_channel": blank,
            "custom_data": { "order_id": blank, "content_name": blank, "delivery_category": blank },
            "user_data": { "em": blank, "ph": [blank, blank], "fbp": blank, "madid": blank, "external_id": "u" },
        }));
        assert_eq!(named(&absent), [], "{blank}");
        let event = event(&absent);
        let mut keys: Vec<&str> = event.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["action_source", "event_id", "event_name", "event_time", "user_data"]);
        let known: Vec<&String> = event["user_data"].as_object().unwrap().keys().collect();
        // The server passes the visitor's cookie on.
        assert_eq!(known, ["external_id", "fbp"]);
    }
    let no_currency = with("CompleteRegistration", json!({ "value": 0, "currency": "" }));
    assert_eq!(kept(&no_currency), (json!({}), vec![("missing_currency", "custom_data.currency")]));
}

#[test]
fn prices_with_a_comma_are_read_where_they_have_one_meaning() {
    for (text, value) in [
        ("59,90", 59.9),
        ("1.299,00", 1299.0),
        ("1,299.00", 1299.0),
        (" 59.90 ", 59.9),
        ("1 299,50", 1299.5),
    ] {
        let intake =
            with("Purchase", json!({ "value": text, "currency": "eur", "predicted_ltv": text }));
        let (data, named) = kept(&intake);
        assert_eq!(data["value"].as_f64(), Some(value), "{text}");
        assert_eq!(data["predicted_ltv"].as_f64(), Some(value), "{text}");
        assert_eq!((&data["currency"], named), (&json!("EUR"), vec![]), "{text}");
    }
    let ambiguous = json!({ "value": "1,299", "currency": "EUR", "net_revenue": "1,299" });
    let intake = with("AddToCart", ambiguous);
    let expected =
        vec![("invalid_value", "custom_data.value"), ("wrong_type", "custom_data.net_revenue")];
    assert_eq!(kept(&intake), (json!({ "currency": "EUR" }), expected));
}

#[test]
fn a_number_is_taken_for_an_id() {
    for (id, text) in [
        (json!(12345), "12345"),
        (json!(12345.0), "12345"),
        (json!(u64::MAX), "18446744073709551615"),
    ] {
        let by_page = of_page_body(&json!({ "data": [{
            "event_name": "Lead", "event_id": id, "event_source_url": "https://shop.example/",
        }] }));
        let by_server = of_phone(&json!({ "event_id": id, "custom_data": { "order_id": id } }));
        assert_eq!(event(&by_page)["event_id"], text);
        assert_eq!(event(&by_server)["event_id"], text);
        assert_eq!(event(&by_server)["custom_data"]["order_id"], text);
    }
    // A double has lost digits of the last one; a list is no id. The event gets the id of its order.
    for id in [json!(1.5), json!(1e300), json!(["12345"]), json!(true), json!({})] {
        let intake = of_phone(&json!({ "event_id": id, "custom_data": { "order_id": "1001" } }));
        assert_eq!(named(&intake), [("wrong_type", "event_id")], "{id}");
        // SHA-256 of "Lead:1001", its first 32 hexadecimal characters, by sha256sum.
        assert_eq!(event(&intake)["event_id"], "59dbae6b7757e09d94e64fcb99130d50", "{id}");
    }
}

#[test]
fn a_currency_that_iso_4217_does_not_have_is_named_with_the_code_that_is_meant() {
    for (currency, code) in [("DHS", "AED"), ("rmb", "CNY"), ("€", "EUR"), ("US$", "USD")] {
        let intake = with("AddToCart", json!({ "value": 5, "currency": currency }));
        let expected = vec![
            ("invalid_currency", "custom_data.currency"),
            ("missing_currency", "custom_data.currency"),
        ];
        assert_eq!(kept(&intake), (json!({}), expected), "{currency}");
        let purchase = with("Purchase", json!({ "value": 5, "currency": currency }));
        assert_eq!((purchase.answer.status, purchase.events.len()), (400, 0), "{currency}");
        let problem = &purchase.answer.body["problems"][0];
        assert_eq!(problem["path"], "data[0].custom_data.currency");
        assert!(problem["message"].as_str().unwrap().contains(&format!("\"{code}\"")), "{problem}");
    }
    for other in [json!("ABC"), json!("$"), json!("EURO EUR"), json!(978), json!(["EUR"])] {
        let intake = with("Search", json!({ "currency": other }));
        assert_eq!(
            kept(&intake),
            (json!({}), vec![("invalid_currency", "custom_data.currency")]),
            "{other}"
        );
    }
}

#[test]
fn a_purchase_needs_value_and_currency() {
    for (data, code, at) in [
        (json!({ "currency": "EUR" }), "missing_value", "custom_data.value"),
        (json!({ "value": "", "currency": "EUR" }), "missing_value", "custom_data.value"),
        (json!({ "value": "a lot", "currency": "EUR" }), "invalid_value", "custom_data.value"),
        (json!({ "value": 5 }), "missing_currency", "custom_data.currency"),
        (json!({ "value": 5, "currency": " " }), "missing_currency", "custom_data.currency"),
        (json!("no object"), "missing_value", "custom_data.value"),
    ] {
        let intake = with("Purchase", data.clone());
        assert_eq!((intake.answer.status, intake.events.len()), (400, 0), "{data}");
        assert!(named(&intake).contains(&(code, at)), "{data}: {:?}", named(&intake));
    }
    let free = with("Purchase", json!({ "value": 0, "currency": "EUR" }));
    assert_eq!(free.answer.status, 202);
}

#[test]
fn the_hash_of_an_empty_text_and_of_a_placeholder_is_nobodys() {
    // SHA-256 of "", "null" and "undefined", by sha256sum.
    let hashes = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "74234e98afe7498fb5daf1f36ac2d78acc339464f950703b8c019892f982b90b",
        "EB045D78D273107348B0300C01D29B7552D622ABBC6FAF81B3EC55359AA9950C",
    ];
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
    ] {
        for hash in hashes {
            let intake =
                of_phone(&json!({ "user_data": { key: [hash], "fbp": "fb.1.1789990000000.1" } }));
            let at = format!("user_data.{key}");
            assert_eq!(named(&intake), [("unusable_customer_information", at.as_str())], "{key}");
            assert!(event(&intake)["user_data"].get(key).is_none(), "{key}");
        }
    }
    let page = of_page_body(&json!({ "data": [{
        "event_name": "Lead", "event_source_url": "https://shop.example/", "user_data": { "em": hashes[0] },
    }] }));
    assert!(event(&page)["user_data"].get("em").is_none());
    // The event has no other customer information, so it matches no person.
    let body = json!({ "data": [{
        "event_name": "Lead", "action_source": "email", "user_data": { "em": hashes[0] },
    }] });
    let authorization = format!("Bearer {KEY}");
    let headers = [("authorization", authorization.as_str())];
    let nobody = sent(&config(&json!({})), &headers, body.to_string().as_bytes(), ENTROPY).unwrap();
    assert_eq!((nobody.answer.status, nobody.events.len()), (400, 0));
}

#[test]
fn a_wrong_type_of_an_optional_field_is_left_out() {
    for (field, wrong) in [
        ("referrer_url", json!(7)),
        ("event_source_url", json!(["https://shop.example/"])),
        ("event_source_url", json!("http:///")),
        ("customer_segmentation", json!("best customer")),
        ("customer_segmentation", json!({})),
        ("original_event_data", json!("Purchase")),
        ("app_data", json!([1])),
        ("attribution_data", json!(true)),
        ("messaging_channel", json!(7)),
        ("messaging_channel", json!("telegram")),
        ("advanced_measurement_table", json!({})),
        ("custom_data", json!([1])),
    ] {
        let intake = of_phone(&json!({ field: wrong }));
        assert_eq!(
            named(&intake).iter().map(|(_, at)| *at).collect::<Vec<_>>(),
            [field],
            "{wrong}"
        );
        assert!(event(&intake).get(field).is_none(), "{field}");
    }
    for (key, wrong) in [
        ("em", json!({ "email": "jane@example.com" })),
        ("ph", json!(true)),
        ("fn", json!([["Jane"]])),
        ("fbp", json!(7)),
        ("fbc", json!(["fb.1.1.1"])),
        ("madid", json!({})),
        ("lead_id", json!("a lead")),
        ("client_user_agent", json!(7)),
        ("client_ip_address", json!({})),
    ] {
        let intake = of_phone(&json!({ "user_data": { key: wrong, "external_id": "u" } }));
        let at = format!("user_data.{key}");
        assert_eq!(
            named(&intake).iter().map(|(_, at)| *at).collect::<Vec<_>>(),
            [at.as_str()],
            "{wrong}"
        );
        assert!(!intake.answer.body.to_string().contains("jane"));
    }
    let page = of_page_body(&json!({ "data": [{
        "event_name": "Lead", "event_source_url": "https://shop.example/", "user_data": ["x"], "custom_data": 7,
    }] }));
    assert_eq!(named(&page), [("wrong_type", "user_data"), ("wrong_type", "custom_data")]);
    assert_eq!(page.events.len(), 1);
}

#[test]
fn a_limit_that_cannot_be_read_is_a_limit() {
    for (given, read, is_named) in [
        (json!(true), true, false),
        (json!("true"), true, false),
        (json!(1), true, false),
        (json!(false), false, false),
        (json!("0"), false, false),
        (json!("maybe"), true, true),
        (json!({ "opt_out": false }), true, true),
        (json!([]), true, true),
        (json!(7), true, true),
    ] {
        let intake = of_phone(&json!({ "opt_out": given }));
        assert_eq!(event(&intake)["opt_out"], json!(read), "{given}");
        let expected: &[_] = if is_named { &[("wrong_type", "opt_out")] } else { &[] };
        assert_eq!(named(&intake), expected, "{given}");
    }
    for (given, read, is_named) in [
        (json!(["LDU"]), json!(["LDU"]), false),
        (json!("LDU"), json!(["LDU"]), false),
        (json!("[\"LDU\"]"), json!(["LDU"]), false),
        (json!(["ldu "]), json!(["LDU"]), false),
        (json!(true), json!(["LDU"]), false),
        (json!([]), json!([]), false),
        (json!(false), json!([]), false),
        (json!("[]"), json!([]), false),
        (json!("limited"), json!(["LDU"]), true),
        (json!(["LDU", "XYZ"]), json!(["LDU"]), true),
        (json!(7), json!(["LDU"]), true),
        (json!({}), json!(["LDU"]), true),
    ] {
        let intake = of_phone(&json!({ "data_processing_options": given }));
        assert_eq!(event(&intake)["data_processing_options"], read, "{given}");
        let expected: &[_] =
            if is_named { &[("wrong_type", "data_processing_options")] } else { &[] };
        assert_eq!(named(&intake), expected, "{given}");
    }
    for (tracking, read) in [(json!("maybe"), false), (json!("true"), true), (json!(0), false)] {
        let intake = of_phone(&json!({ "advertiser_tracking_enabled": tracking }));
        assert_eq!(event(&intake)["advertiser_tracking_enabled"], json!(read), "{tracking}");
    }
}

#[test]
fn a_limit_for_a_place_that_meta_does_not_know_is_refused() {
    for (country, state, expected) in [
        (json!(1), json!(1000), (1, 1000)),
        (json!("1"), json!("1000"), (1, 1000)),
        (json!(0), json!(1000), (1, 1000)),
        (json!(1), json!(0), (1, 0)),
        (json!(""), json!(null), (0, 0)),
    ] {
        let intake = limited(&["LDU"], &country, &state);
        let event = event(&intake);
        assert_eq!(event["data_processing_options"], json!(["LDU"]));
        let place =
            (&event["data_processing_options_country"], &event["data_processing_options_state"]);
        assert_eq!(place, (&json!(expected.0), &json!(expected.1)), "{country} {state}");
        assert_eq!(named(&intake), [], "{country} {state}");
    }
    for (country, state, at) in [
        (json!(7), json!(0), "data_processing_options_country"),
        (json!("US"), json!(1000), "data_processing_options_country"),
        (json!(1), json!(5), "data_processing_options_state"),
        (json!(1), json!(-1), "data_processing_options_state"),
        (json!(1), json!({}), "data_processing_options_state"),
        (json!(1), json!(1e300), "data_processing_options_state"),
    ] {
        let intake = limited(&["LDU"], &country, &state);
        assert_eq!(named(&intake), [("invalid_data_processing", at)], "{country} {state}");
        assert_eq!((intake.answer.status, intake.events.len()), (400, 0), "{country} {state}");
        // Nothing is limited: the place is of no account.
        let intake = limited(&[], &country, &state);
        assert_eq!(named(&intake), [("invalid_data_processing", at)], "{country} {state}");
        assert_eq!(intake.events.len(), 1, "{country} {state}");
    }
}

/// An event with these options for a place.
fn limited(options: &[&str], country: &Value, state: &Value) -> Intake {
    of_phone(&json!({
        "data_processing_options": options,
        "data_processing_options_country": country, "data_processing_options_state": state,
    }))
}

#[test]
fn a_time_in_iso_8601_is_read() {
    // 1789984800 is 2026-09-21T10:00:00Z, by `date -u -d`.
    for time in [
        json!("2026-09-21T10:00:00Z"),
        json!("2026-09-21T12:00:00+02:00"),
        json!("1789984800"),
        json!(1_789_984_800_000_i64),
    ] {
        assert_eq!(
            event(&of_phone(&json!({ "event_time": time })))["event_time"],
            1_789_984_800,
            "{time}"
        );
    }
    for time in [json!("yesterday"), json!({}), json!(true)] {
        let intake = of_phone(&json!({ "event_time": time }));
        assert_eq!(
            (intake.answer.status, named(&intake)),
            (400, vec![("wrong_type", "event_time")]),
            "{time}"
        );
    }
}

#[test]
fn what_would_turn_too_old_before_it_is_sent_is_refused() {
    let now = 1_790_000_000;
    for (source, days) in [("phone_call", 7), ("physical_store", 62)] {
        let sent =
            |age: i64| of_phone(&json!({ "action_source": source, "event_time": now - age }));
        for age in [days * 86_400 - 30, days * 86_400 - 59, days * 86_400, days * 86_400 + 1] {
            let intake = sent(age);
            assert_eq!(named(&intake), [("event_too_old", "event_time")], "{source} {age}");
            assert_eq!(intake.answer.body["problems"][0]["error_subcode"], 2_804_003);
        }
        let oldest = &sent(days * 86_400 - 120).events[0];
        assert!(oldest.send_before >= now + 60, "{source}");
    }
}

#[test]
fn a_date_of_birth_after_this_year_is_left_out_and_named() {
    let of =
        |date: &str| of_phone(&json!({ "user_data": { "em": "jane@example.com", "db": date } }));
    let next_year = of("2027-01-01");
    assert_eq!(named(&next_year), [("unusable_customer_information", "user_data.db")]);
    assert_eq!(event(&next_year)["user_data"].get("db"), None);
    assert!(event(&of("2026-01-01"))["user_data"].get("db").is_some());
}
