//! The checks on customer information.

use serde_json::{Value, json};

use crate::meta::*;

#[test]
fn ask_for_some() {
    for nothing in [
        json!(null),
        json!({}),
        json!({ "em": [] }),
        json!({ "em": null, "fbp": "" }),
        json!("x"),
        json!({ "foo": "x" }),
    ] {
        assert_refused(purchase_with("/user_data", nothing), 2_804_050, "data[0].user_data");
    }
}

#[test]
fn refuse_what_is_too_broad_to_find_a_person_by() {
    let only = |keys: &[&str]| {
        let user_data = keys.iter().map(|&key| {
            let value = if key == "client_user_agent" { "Mozilla/5.0" } else { HASH_OF_JANE };
            (key.to_owned(), json!(value))
        });
        purchase_with("/user_data", Value::Object(user_data.collect()))
    };
    for broad in [
        &["ct", "country", "st", "zp", "ge", "client_user_agent"][..],
        &["zp"],
        &["client_user_agent"],
        &["db", "client_user_agent"],
        &["fn", "ge"],
        &["ln", "ge"],
    ] {
        assert_refused(only(broad), 2_804_050, "data[0].user_data");
    }
    for narrow in [&["fn", "ln"][..], &["db", "ct"], &["em"], &["external_id", "client_user_agent"]]
    {
        assert_accepted(only(narrow));
    }
}

#[test]
fn refuse_what_was_not_hashed_and_never_repeat_it() {
    for key in ["em", "ph", "fn", "ln", "db", "ge", "ct", "st", "zp", "country"] {
        for raw in [json!("jane@example.com"), json!([HASH_OF_JANE, "jane@example.com"])] {
            let event = purchase_with(&format!("/user_data/{key}"), raw);
            assert_refused(event.clone(), 2_804_019, &format!("data[0].user_data.{key}"));
            let (_, answer) = Meta::new().post(&json!({ "data": [event] }));
            assert!(!answer.to_string().contains("jane@"), "{answer}");
        }
    }
    assert_refused(
        purchase_with("/user_data/em", json!(HASH_OF_JANE.to_uppercase())),
        2_804_019,
        "data[0].user_data.em",
    );
    let md5 = json!("900150983cd24fb0d6963f7d28e17f72");
    assert_refused(purchase_with("/user_data/em", md5), 2_804_019, "data[0].user_data.em");
    assert_refused(purchase_with("/user_data/em", json!(7)), 2_804_019, "data[0].user_data.em");
}

#[test]
fn accept_the_appendix_of_metas_parameter_builder() {
    for appendix in ["AQ", "AQQCAQMC"] {
        let mut event = purchase_with("/user_data/em", json!(format!("{HASH_OF_JANE}.{appendix}")));
        event["user_data"]["fbp"] = json!(format!("{FBP}.{appendix}"));
        event["user_data"]["client_ip_address"] = json!(format!("2001:db8::5.{appendix}"));
        assert_eq!(assert_accepted(event), Vec::<String>::new());
    }
}

#[test]
fn warn_of_cookies_that_are_not_well_formed() {
    for key in ["fbp", "fbc"] {
        for wrong in [
            "",
            "fb.1.1789990000.5",
            "1.1.1789990000000.5",
            "fb.1.1789990000000.",
            "fb.1.1789990000000.a.b",
            HASH_OF_JANE,
        ] {
            let messages =
                assert_accepted(purchase_with(&format!("/user_data/{key}"), json!(wrong)));
            let expected = usize::from(!wrong.is_empty());
            let told = messages
                .iter()
                .filter(|message| message.starts_with(&format!("data[0].user_data.{key}: ")));
            assert_eq!(told.count(), expected, "{wrong:?}: {messages:?}");
        }
    }
}

#[test]
fn warn_of_what_meta_documents_but_does_not_enforce() {
    let warned =
        |pointer: &str, value: Value| assert_accepted(purchase_with(pointer, value)).join("\n");
    assert!(
        warned("/user_data/client_user_agent", json!(null))
            .contains("data[0].user_data.client_user_agent")
    );
    assert!(
        warned("/user_data/client_ip_address", json!("localhost"))
            .contains("data[0].user_data.client_ip_address")
    );
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert!(warned("/user_data/fn", json!(nothing)).contains("data[0].user_data.fn"));
    assert!(warned("/user_data/emial", json!("x")).contains("data[0].user_data"));
}

#[test]
fn cut_a_thousand_warnings_short() {
    let events = vec![purchase_with("/event_id", json!(null)); 1000];
    let (_, answer) = Meta::new().post(&json!({ "data": events }));
    let messages = answer["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 101);
    assert_eq!(messages[100], "… and 900 more warnings.");
}
