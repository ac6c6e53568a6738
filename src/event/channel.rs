//! Checks the fields that events of apps, of business messaging and of leads need beyond those of
//! websites.

use serde_json::Value;

use super::validate::Facts;
use super::{ActionSource, Problem};

/// The number of strings in `extinfo` (Meta, "App Data Parameters").
const EXTINFO: usize = 16;
/// The index of the operating system's version in `extinfo`.
const OS_VERSION: usize = 4;

/// The event names that Meta allows for business messaging (Meta, "Conversions API for Business
/// Messaging"). Meta rejects every other name with 2804066. `QualifiedLead` was once rejected as
/// well: see `events.md` section 4.
const MESSAGING_EVENTS: [&str; 14] = [
    "AddToCart",
    "CartAbandoned",
    "InitiateCheckout",
    "LeadSubmitted",
    "OrderCanceled",
    "OrderCreated",
    "OrderDelivered",
    "OrderReturned",
    "OrderShipped",
    "Purchase",
    "QualifiedLead",
    "RatingProvided",
    "ReviewProvided",
    "ViewContent",
];

/// Adds the problems of an event that its action source or its lead id causes.
pub(super) fn problems(facts: &Facts<'_>, path: &str, found: &mut Vec<Problem>) {
    match facts.action_source {
        ActionSource::Website if !facts.knows("client_user_agent") => {
            let message =
                "expected the visitor's user agent: Meta documents it as required for websites";
            let at = format!("{path}.user_data.client_user_agent");
            found.push(Problem::left_out("missing_client_user_agent", at, message));
        }
        ActionSource::App => app(facts, path, found),
        ActionSource::BusinessMessaging => messaging(facts, path, found),
        _ => {}
    }
    if facts.lead_id.is_some_and(|id| !is_lead_id(id)) {
        let message = "expected a lead id of Meta's, 15 to 17 digits";
        found.push(refused("invalid_lead_id", path, "user_data.lead_id", message, 2_804_036));
    }
}

fn is_lead_id(id: &Value) -> bool {
    let digits = match id {
        Value::String(digits) => digits.clone(),
        id => id.to_string(),
    };
    (15..=17).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
}

fn refused(code: &'static str, path: &str, field: &str, message: &str, subcode: u32) -> Problem {
    Problem::refused(code, format!("{path}.{field}"), message).with_subcode(subcode)
}

fn app(facts: &Facts<'_>, path: &str, found: &mut Vec<Problem>) {
    let tracking = facts.app_data.get("advertiser_tracking_enabled");
    if !tracking.is_some_and(|flag| flag.is_boolean() || matches!(flag.as_i64(), Some(0 | 1))) {
        let message =
            "expected 0 or 1: an event of an app says whether the person allowed tracking";
        let field = "app_data.advertiser_tracking_enabled";
        found.push(refused("missing_tracking_status", path, field, message, 2_804_019));
    }
    let extinfo = facts.app_data.get("extinfo").and_then(Value::as_array);
    let Some(extinfo) = extinfo.filter(|values| values.len() == EXTINFO) else {
        let message = "expected a list of 16 texts, \"\" for what is not known";
        found.push(refused("invalid_extinfo", path, "app_data.extinfo", message, 2_804_019));
        return;
    };
    let text = |at: usize| extinfo.get(at).and_then(Value::as_str).unwrap_or_default();
    if !matches!(text(0), "a2" | "i2") {
        let message = "expected \"a2\" for Android or \"i2\" for iOS";
        found.push(refused("invalid_extinfo", path, "app_data.extinfo[0]", message, 2_804_019));
    }
    if text(OS_VERSION).trim().is_empty() {
        let message = "expected the version of the operating system";
        found.push(refused("missing_os_version", path, "app_data.extinfo[4]", message, 2_804_043));
    }
}

fn messaging(facts: &Facts<'_>, path: &str, found: &mut Vec<Problem>) {
    if !MESSAGING_EVENTS.contains(&facts.event_name) {
        let names = MESSAGING_EVENTS.join(", ");
        let message = format!("expected a name that Meta takes for business messaging: {names}");
        found.push(refused("unknown_messaging_event", path, "event_name", &message, 2_804_066));
    }
    let mut missing = |keys: &[&str], message: &str, subcode| {
        if !keys.iter().any(|key| facts.knows(key)) {
            let field = format!("user_data.{}", keys.first().copied().unwrap_or_default());
            found.push(refused("missing_messaging_id", path, &field, message, subcode));
        }
    };
    match facts.messaging_channel {
        Some("messenger") => {
            missing(&["page_id"], "expected the id of the page", 2_804_069);
            let message = "expected the person's id in the scope of the page";
            missing(&["page_scoped_user_id"], message, 2_804_019);
        }
        Some("whatsapp") => {
            let message = "expected the id of the WhatsApp business account, or page_id";
            missing(&["whatsapp_business_account_id", "page_id"], message, 2_804_116);
            missing(&["ctwa_clid"], "expected the id of the click to WhatsApp", 2_804_087);
        }
        Some("instagram") => {
            let message = "expected the id of the Instagram account";
            missing(&["ig_account_id", "instagram_business_account_id"], message, 2_804_079);
            missing(&["ig_sid"], "expected the person's id in the scope of Instagram", 2_804_019);
        }
        _ => {
            let message = "expected \"messenger\", \"whatsapp\" or \"instagram\"";
            let code = "invalid_messaging_channel";
            found.push(refused(code, path, "messaging_channel", message, 2_804_019));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{CustomerInformation, ServerEvent};
    use crate::identifiers::EventId;
    use serde_json::json;

    fn event(source: ActionSource, ids: &[&'static str]) -> ServerEvent {
        let mut customer = CustomerInformation::default();
        customer.unhashed.extend(ids.iter().map(|&id| (id, json!("1"))));
        let id = EventId::random([7; 16]);
        ServerEvent::new("Purchase".to_owned(), 1_790_000_000, id, source, customer)
    }

    fn subcodes(event: &ServerEvent) -> Vec<Option<u32>> {
        found(event).into_iter().map(|problem| problem.error_subcode).collect()
    }

    fn found(event: &ServerEvent) -> Vec<Problem> {
        let mut found = Vec::new();
        problems(&Facts::of(event), "data[0]", &mut found);
        found
    }

    #[test]
    fn each_channel_of_messaging_needs_its_own_ids() {
        let of = |channel: &str, ids: &[&'static str]| {
            let mut event = event(ActionSource::BusinessMessaging, ids);
            event.messaging_channel = Some(channel.to_owned());
            subcodes(&event)
        };
        assert_eq!(of("messenger", &["page_id", "page_scoped_user_id"]), []);
        assert_eq!(of("messenger", &["page_scoped_user_id"]), [Some(2_804_069)]);
        assert_eq!(of("whatsapp", &["page_id", "ctwa_clid"]), []);
        assert_eq!(of("whatsapp", &["ctwa_clid"]), [Some(2_804_116)]);
        assert_eq!(of("whatsapp", &["page_id"]), [Some(2_804_087)]);
        assert_eq!(of("instagram", &["ig_account_id", "ig_sid"]), []);
        assert_eq!(of("instagram", &["ig_sid"]), [Some(2_804_079)]);
        assert_eq!(of("telegram", &[]), [Some(2_804_019)]);
    }

    #[test]
    fn messaging_takes_the_names_of_metas_list_alone() {
        let of = |name: &str| {
            let ids = ["page_id", "page_scoped_user_id"];
            let mut event = event(ActionSource::BusinessMessaging, &ids);
            event.messaging_channel = Some("messenger".to_owned());
            name.clone_into(&mut event.event_name);
            subcodes(&event)
        };
        for name in MESSAGING_EVENTS {
            assert_eq!(of(name), [], "{name}");
        }
        for name in ["Lead", "PageView", "purchase", "Order Created", "quiz_done"] {
            assert_eq!(of(name), [Some(2_804_066)], "{name}");
        }
    }

    #[test]
    fn an_app_says_its_system_and_whether_tracking_is_allowed() {
        let mut extinfo = vec![json!(""); 16];
        extinfo[0] = json!("i2");
        let mut app = event(ActionSource::App, &[]);
        app.app_data.insert("advertiser_tracking_enabled".to_owned(), json!(1));
        app.app_data.insert("extinfo".to_owned(), json!(extinfo));
        assert_eq!(subcodes(&app), [Some(2_804_043)]);
        extinfo[4] = json!("18.1");
        app.app_data.insert("extinfo".to_owned(), json!(extinfo));
        assert_eq!(subcodes(&app), []);
        app.app_data.remove("advertiser_tracking_enabled");
        assert_eq!(found(&app)[0].path, "data[0].app_data.advertiser_tracking_enabled");
    }

    #[test]
    fn a_lead_id_has_15_to_17_digits() {
        let mut lead = event(ActionSource::SystemGenerated, &[]);
        lead.user_data.unhashed.insert("lead_id", json!(1_234));
        assert_eq!(subcodes(&lead), [Some(2_804_036)]);
        lead.user_data.unhashed.insert("lead_id", json!(1_234_567_890_123_456_i64));
        assert_eq!(subcodes(&lead), []);
    }
}
