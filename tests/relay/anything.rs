//! Tests properties that hold for any bytes and any JSON.

use capi_bridge::relay::{Verdict, verdict};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::any_json;
use crate::taking::*;

const NAMES: &str = "\
    data dataset_id event_name event_time event_id event_source_url user_data custom_data em ph \
    db fbp fbc value currency contents id order_id data_processing_options opt_out action_source \
    app_data extinfo original_event_data messaging_channel lead_id client_ip_address doby madid";

fn any_json() -> impl Strategy<Value = Value> {
    any_json::any_json(
        NAMES,
        "fb\\.[0-9]\\.[0-9]{1,20}\\.[a-zA-Z0-9_.-]{0,20}".prop_map(Value::from),
    )
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let intake = of_page_bytes(&body, ENTROPY).unwrap();
        prop_assert!(matches!(intake.answer.status, 202 | 400));
    }

    #[test]
    fn any_json_gets_an_answer_that_names_each_fault(body in any_json()) {
        let intake = of_page_body(&body);
        prop_assert!(matches!(intake.answer.status, 202 | 400));
        prop_assert_eq!(intake.answer.body["events_received"].as_u64(), Some(intake.events.len() as u64));
        if intake.answer.status == 400 {
            let problem = &intake.answer.body["problems"][0];
            prop_assert!(problem["message"].as_str().is_some_and(|message| !message.is_empty()));
        }
    }

    #[test]
    fn any_event_gets_an_answer_and_what_is_kept_is_json(event in any_json()) {
        let intake = of_page_body(&json!({ "data": [event, purchase()] }));
        prop_assert_eq!(intake.answer.status, 202);
        for accepted in &intake.events {
            prop_assert!(serde_json::from_str::<Value>(&accepted.event).unwrap().is_object());
        }
    }

    #[test]
    fn any_event_of_a_server_gets_an_answer_and_what_is_kept_is_json(event in any_json()) {
        let intake = of_server(&event);
        prop_assert!(matches!(intake.answer.status, 202 | 400));
        for accepted in &intake.events {
            prop_assert!(serde_json::from_str::<Value>(&accepted.event).unwrap().is_object());
        }
    }

    #[test]
    fn raw_customer_information_is_nowhere_in_what_is_kept_or_said(name in "[a-z]{12,20}", key in prop::sample::select(vec!["em", "ph", "fn", "ln", "ct", "zp", "country", "ge", "db", "external_id"])) {
        let mut event = purchase();
        event["user_data"] = json!({ key: [format!("{name}@example.com"), name.clone()] });
        let intake = of_page_body(&json!({ "data": [event] }));
        prop_assert!(!intake.answer.body.to_string().contains(&name));
        prop_assert!(intake.events.iter().all(|accepted| !accepted.event.contains(&name)));
    }

    #[test]
    fn any_answer_of_metas_has_a_verdict_and_only_a_receipt_is_accepted(status in 0_u16..700, body in any_json()) {
        let judged = verdict(status, body.to_string().as_bytes(), 1);
        let receipt = (200..300).contains(&status) && body.get("events_received").is_some();
        prop_assert_eq!(judged == Verdict::Accepted, receipt);
    }
}
