//! The checks on one server event and its custom data.

use serde_json::{Value, json};

use crate::meta::*;

#[test]
fn ask_for_an_object() {
    assert_refused(json!(7), 2_804_019, "data[0]");
}

#[test]
fn ask_for_a_name_of_at_most_fifty_characters() {
    assert_refused(purchase_with("/event_name", json!(null)), 2_804_019, "data[0].event_name");
    assert_refused(purchase_with("/event_name", json!(" ")), 2_804_019, "data[0].event_name");
    assert_refused(lead(json!({ "event_name": "ü".repeat(51) })), 2_804_019, "data[0].event_name");
    assert_accepted(lead(json!({ "event_name": "ü".repeat(50) })));
}

#[test]
fn ask_for_whole_seconds() {
    for wrong in [json!(null), json!("1790000000"), json!(1.79e9)] {
        assert_refused(purchase_with("/event_time", wrong), 2_804_019, "data[0].event_time");
    }
}

#[test]
fn refuse_an_event_older_than_seven_days() {
    let now = 1_790_000_010;
    assert_accepted(purchase_with("/event_time", json!(now - 7 * DAY_SECONDS)));
    assert_refused(
        purchase_with("/event_time", json!(now - 7 * DAY_SECONDS - 1)),
        2_804_003,
        "data[0].event_time",
    );
    assert_refused(purchase_with("/event_time", json!(i64::MIN)), 2_804_003, "data[0].event_time");
}

#[test]
fn let_a_store_report_for_sixty_two_days() {
    let now = 1_790_000_010;
    let sold = |age: i64| {
        let mut event = purchase_with("/event_time", json!(now - age));
        event["action_source"] = json!("physical_store");
        event
    };
    assert_accepted(sold(62 * DAY_SECONDS));
    assert_refused(sold(62 * DAY_SECONDS + 1), 2_804_003, "data[0].event_time");
}

#[test]
fn refuse_an_event_from_the_future() {
    assert_accepted(purchase_with("/event_time", json!(1_790_000_010)));
    assert_refused(
        purchase_with("/event_time", json!(1_790_000_011)),
        2_804_004,
        "data[0].event_time",
    );
    assert_refused(purchase_with("/event_time", json!(u64::MAX)), 2_804_004, "data[0].event_time");
}

#[test]
fn tell_milliseconds_from_seconds() {
    let (_, answer) =
        Meta::new().post(&json!({ "data": [purchase_with("/event_time", json!(NOW_MILLIS))] }));
    assert_eq!(answer["error"]["error_subcode"], 2_804_004);
    assert!(answer["error"]["error_user_msg"].as_str().unwrap().contains("milliseconds"));
}

#[test]
fn know_nine_action_sources() {
    for source in
        ["website", "physical_store", "phone_call", "chat", "email", "system_generated", "other"]
    {
        assert_accepted(purchase_with("/action_source", json!(source)));
    }
    assert_accepted(of_an_app());
    assert_accepted(of_messenger("Purchase"));
    for wrong in [json!(null), json!("Website"), json!("web"), json!(1)] {
        assert_refused(purchase_with("/action_source", wrong), 2_804_019, "data[0].action_source");
    }
}

fn of_an_app() -> Value {
    let mut event = purchase_with("/action_source", json!("app"));
    let mut extinfo = vec![""; 16];
    (extinfo[0], extinfo[4]) = ("a2", "15");
    event["app_data"] = json!({ "advertiser_tracking_enabled": 1, "extinfo": extinfo });
    event
}

fn of_messenger(name: &str) -> Value {
    let mut event = purchase_with("/action_source", json!("business_messaging"));
    event["event_name"] = json!(name);
    event["messaging_channel"] = json!("messenger");
    event["user_data"] = json!({ "page_id": "1", "page_scoped_user_id": "2" });
    event
}

#[test]
fn ask_an_app_for_its_device() {
    let mut event = of_an_app();
    event["app_data"]["extinfo"][4] = json!("");
    assert_refused(event.clone(), 2_804_043, "data[0].app_data.extinfo[4]");
    event["app_data"] = json!(null);
    assert_refused(event.clone(), 2_804_019, "data[0].app_data.advertiser_tracking_enabled");
    event["app_data"] = json!([]);
    assert_refused(event, 2_804_019, "data[0].app_data");
}

#[test]
fn ask_messaging_for_a_name_of_the_list_and_the_ids_of_the_channel() {
    assert_refused(of_messenger("Lead"), 2_804_066, "data[0].event_name");
    assert_accepted(of_messenger("LeadSubmitted"));
    let mut event = of_messenger("Purchase");
    event["user_data"] = json!({ "page_scoped_user_id": "2" });
    assert_refused(event.clone(), 2_804_069, "data[0].user_data.page_id");
    event["messaging_channel"] = json!(null);
    assert_refused(event, 2_804_019, "data[0].messaging_channel");
}

#[test]
fn ask_a_lead_for_the_digits_of_its_id() {
    let with = |id| lead(json!({ "user_data": { "lead_id": id, "fbp": FBP } }));
    assert_refused(with(json!(1234)), 2_804_036, "data[0].user_data.lead_id");
    assert_refused(with(json!("12345678901234x")), 2_804_036, "data[0].user_data.lead_id");
    assert_accepted(with(json!(1_234_567_890_123_456_i64)));
    assert_accepted(with(json!("123456789012345")));
}

#[test]
fn ask_limited_data_use_for_codes_that_go_together() {
    let with = |country, state| {
        lead(json!({
            "data_processing_options": ["LDU"],
            "data_processing_options_country": country, "data_processing_options_state": state,
        }))
    };
    assert_accepted(with(json!(1), json!(1000)));
    assert_accepted(with(json!(0), json!(0)));
    for (country, state) in [
        (json!(0), json!(1000)),
        (json!(2), json!(0)),
        (json!(1), json!(7)),
        (json!("US"), json!(0)),
    ] {
        let at = "data[0].data_processing_options_country";
        assert_refused(with(country, state), 2_804_019, at);
    }
}

#[test]
fn ask_website_events_for_the_address_of_the_page() {
    for wrong in [
        json!(null),
        json!("shop.example.com"),
        json!("ftp://shop.example.com/"),
        json!("https://"),
        json!("https:///a"),
        json!("http:///"),
        json!("https://:443/"),
        json!("https://\u{a0}/"),
        json!(7),
    ] {
        assert_refused(
            purchase_with("/event_source_url", wrong),
            2_804_019,
            "data[0].event_source_url",
        );
    }
    let mut by_phone = purchase_with("/event_source_url", json!(null));
    by_phone["action_source"] = json!("phone_call");
    assert_accepted(by_phone);
}

#[test]
fn ask_for_an_event_id_that_is_text_and_warn_without_one() {
    assert_refused(purchase_with("/event_id", json!(1001)), 2_804_019, "data[0].event_id");
    let messages = assert_accepted(purchase_with("/event_id", json!(null)));
    assert!(messages[0].starts_with("data[0].event_id: "), "{messages:?}");
}

#[test]
fn ask_a_purchase_for_value_and_currency() {
    assert_refused(
        purchase_with("/custom_data", json!(null)),
        2_804_009,
        "data[0].custom_data.value",
    );
    for wrong in [json!(null), json!("a lot"), json!("NaN"), json!([1])] {
        assert_refused(
            purchase_with("/custom_data/value", wrong),
            2_804_009,
            "data[0].custom_data.value",
        );
    }
    assert_refused(
        purchase_with("/custom_data/currency", json!(null)),
        2_804_010,
        "data[0].custom_data.currency",
    );
    assert_accepted(purchase_with("/custom_data/value", json!(0)));
}

#[test]
fn accept_a_value_as_text_and_a_currency_in_lower_case_with_a_warning() {
    let value = assert_accepted(purchase_with("/custom_data/value", json!("59.90")));
    assert!(value[0].starts_with("data[0].custom_data.value: "), "{value:?}");
    let currency = assert_accepted(purchase_with("/custom_data/currency", json!("eur")));
    assert!(currency[0].starts_with("data[0].custom_data.currency: "), "{currency:?}");
}

#[test]
fn ask_every_value_for_a_currency() {
    assert_refused(
        lead(json!({ "custom_data": { "value": 5 } })),
        2_804_023,
        "data[0].custom_data.currency",
    );
    assert_accepted(lead(json!({ "custom_data": { "currency": "EUR" } })));
}

#[test]
fn ask_a_currency_for_a_code_of_iso_4217() {
    for wrong in [
        json!("EURO"),
        json!("€"),
        json!("E1R"),
        json!(978),
        json!("DHS"),
        json!("RMB"),
        json!("XXX"),
    ] {
        assert_refused(
            purchase_with("/custom_data/currency", wrong),
            2_804_019,
            "data[0].custom_data.currency",
        );
    }
}

#[test]
fn ask_each_content_for_its_id() {
    let contents = json!([{ "id": "SKU-1" }, { "quantity": 1 }]);
    assert_refused(
        purchase_with("/custom_data/contents", contents),
        2_804_008,
        "data[0].custom_data.contents[1].id",
    );
    assert_refused(
        purchase_with("/custom_data/contents", json!(["SKU-1"])),
        2_804_008,
        "data[0].custom_data.contents[0].id",
    );
    assert_refused(
        purchase_with("/custom_data/contents", json!("SKU-1")),
        2_804_019,
        "data[0].custom_data.contents",
    );
    assert_refused(purchase_with("/custom_data", json!("SKU-1")), 2_804_019, "data[0].custom_data");
    assert_accepted(purchase_with("/custom_data/contents", json!([{ "id": 17 }])));
}

#[test]
fn warn_of_limited_data_use_without_its_place() {
    let messages = assert_accepted(lead(json!({ "data_processing_options": ["LDU"] })));
    for field in ["data_processing_options_country", "data_processing_options_state"] {
        assert!(messages.iter().any(|message| message.contains(field)), "{messages:?}");
    }
    let messages = assert_accepted(lead(json!({ "data_processing_options": ["XYZ"] })));
    assert!(messages.iter().any(|message| message.contains("expected [\"LDU\"]")), "{messages:?}");
    let of_us = json!({
        "event_id": "a", "data_processing_options": ["LDU"],
        "data_processing_options_country": 1, "data_processing_options_state": 1000,
        "user_data": { "fbp": FBP, "client_user_agent": "Mozilla/5.0" }
    });
    assert_eq!(assert_accepted(lead(of_us)), Vec::<String>::new());
}

#[test]
fn warn_of_a_crm_without_its_name() {
    let event = json!({
        "event_id": "a", "action_source": "system_generated", "event_source_url": null,
        "user_data": { "lead_id": 1_234_567_890_123_456_i64 },
        "custom_data": { "event_source": "crm" }
    });
    let messages = assert_accepted(lead(event));
    assert!(messages[0].starts_with("data[0].custom_data.lead_event_source: "), "{messages:?}");
}
