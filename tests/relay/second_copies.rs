//! What a second copy of an event adds to the first.

use capi_bridge::relay::with_second_copy;
use proptest::prelude::*;
use serde_json::{Value, json};

/// An event as the outbox keeps it, with some of the fields that copies differ in.
fn copy() -> impl Strategy<Value = Value> {
    let user_data = prop::collection::btree_map("em|ph|fbp|fbc|external_id", "[a-c]", 0..4);
    let money = prop::option::of((prop::option::of(1..4), "EUR|USD"));
    let custom_data = prop::collection::btree_map("order_id|content_name|status", "[a-c]", 0..3);
    let limits = prop::option::of(prop::sample::select(vec![json!([]), json!(["LDU"])]));
    (user_data, money, custom_data, limits, any::<bool>()).prop_map(
        |(user_data, money, custom_data, limits, opt_out)| {
            let mut event = json!({
                "event_name": "Purchase", "event_id": "1", "user_data": user_data, "custom_data": custom_data,
            });
            if let Some((value, currency)) = money {
                event["custom_data"]["currency"] = json!(currency);
                if let Some(value) = value {
                    event["custom_data"]["value"] = json!(value);
                }
            }
            if let Some(limits) = limits {
                event["data_processing_options"] = limits;
                event["opt_out"] = json!(opt_out);
            }
            event
        },
    )
}

proptest! {
    #[test]
    fn a_second_copy_adds_and_changes_nothing_but_limits(first in copy(), second in copy()) {
        let (first_json, second_json) = (first.to_string(), second.to_string());
        let Some(all) = with_second_copy(&first_json, &second_json) else { return Ok(()) };
        // What came once more adds nothing more, and the first alone would have been less.
        prop_assert_eq!(with_second_copy(&all, &second_json), None);
        prop_assert_ne!(&all, &first_json);
        let all: Value = serde_json::from_str(&all).unwrap();
        for object in ["user_data", "custom_data"] {
            for (key, value) in all[object].as_object().unwrap() {
                let own = first[object].get(key);
                prop_assert_eq!(Some(value), own.or_else(|| second[object].get(key)));
            }
            let kept = first[object].as_object().unwrap().keys().all(|key| all[object].get(key).is_some());
            prop_assert!(kept);
        }
        // A value stands beside the currency that its own copy gave it.
        let money = |event: &Value| [event["custom_data"]["value"].clone(), event["custom_data"]["currency"].clone()];
        prop_assert!([money(&first), money(&second)].contains(&money(&all)));
        let limited = |event: &Value| event["data_processing_options"] == json!(["LDU"]);
        prop_assert_eq!(limited(&all), limited(&first) || limited(&second));
        let opts_out = |event: &Value| event["opt_out"] == json!(true);
        prop_assert_eq!(opts_out(&all), opts_out(&first) || opts_out(&second));
    }
}
