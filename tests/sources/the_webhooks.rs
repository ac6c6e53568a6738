//! Tests the signed webhooks of shops and payment providers, from their bytes to the stored event.

use std::collections::BTreeMap;

use capi_bridge::event::{OrderMention, Trust};
use capi_bridge::relay::{Admission, Config, Door, DoorSecrets, Head, Intake, Moment, Place};
use capi_bridge::sources::mapping::Source;
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::taking::{NOW_MILLIS, config, events};

const SECRET: &str = "secret-of-the-shop-0123456789abcdef";

/// A door with the secrets of a test.
struct Shop {
    config: Config,
    secrets: DoorSecrets,
    door: Door,
    now_millis: u64,
}

impl Shop {
    fn new(changes: &Value, secrets: &[(&str, &str)]) -> Self {
        let config = config(changes);
        let secrets = DoorSecrets::read(&config, secrets.iter().copied()).unwrap();
        Self { config, secrets, door: Door::default(), now_millis: NOW_MILLIS }
    }

    /// Returns a door with a secret for each webhook, and one for dataset 42.
    fn usual(changes: &Value) -> Self {
        let names = ["WOOCOMMERCE", "SHOPIFY", "STRIPE"].map(|of| format!("{of}_WEBHOOK_SECRET"));
        let named: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), SECRET)).collect();
        Self::new(changes, &named)
    }

    fn post(&mut self, webhook: &str, headers: &BTreeMap<String, String>, body: &[u8]) -> Intake {
        let header = |name: &str| headers.get(name).cloned();
        let url = format!("https://shop.example/bridge/webhooks/{webhook}");
        let (peer, place) = (Some("8.8.8.8"), Place::default());
        let head = Head { method: "POST", url: &url, header: &header, peer, place };
        let mut moment = Moment {
            config: &self.config,
            secrets: &self.secrets,
            now_millis: self.now_millis,
            entropy: &mut || None,
        };
        match self.door.admit(&mut moment, &head).unwrap() {
            Admission::Admitted(admitted) => self.door.take(&mut moment, *admitted, body).unwrap(),
            Admission::Answer(answer) => Intake {
                answer,
                dataset_id: None,
                trust: Trust::Page,
                events: Vec::new(),
                withdrawn: Vec::new(),
                people: Vec::new(),
                parcel: None,
            },
            Admission::NotOurs => unreachable!("expected a path of the door"),
        }
    }

    /// Posts a body with the signature of the shop.
    fn signed(&mut self, webhook: &str, topic: Option<&str>, body: &Value) -> Intake {
        let body = body.to_string();
        let mut headers = signature(webhook, SECRET, self.now_millis, body.as_bytes());
        headers.extend(topic.map(|topic| ("x-shopify-topic".to_owned(), topic.to_owned())));
        self.post(webhook, &headers, body.as_bytes())
    }

    fn counts(&mut self) -> Vec<(&'static str, u64)> {
        self.door.refusals().take().into_iter().collect()
    }
}

fn hmac(secret: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

fn signature(
    webhook: &str,
    secret: &str,
    now_millis: u64,
    body: &[u8],
) -> BTreeMap<String, String> {
    use base64::Engine;
    let base64 = |bytes| base64::engine::general_purpose::STANDARD.encode(bytes);
    let (name, value) = match webhook {
        "woocommerce" => ("x-wc-webhook-signature", base64(hmac(secret, &[body]))),
        "shopify" => ("x-shopify-hmac-sha256", base64(hmac(secret, &[body]))),
        _ => {
            let time = (now_millis / 1_000).to_string();
            let digest = hmac(secret, &[time.as_bytes(), b".", body]);
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            ("stripe-signature", format!("t={time},v1={hex}"))
        }
    };
    BTreeMap::from([(name.to_owned(), value)])
}

fn read<T: for<'de> Deserialize<'de>>(name: &str) -> Vec<T> {
    let path = format!("{}/tests/vectors/webhooks/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[derive(Deserialize)]
struct SignatureRow {
    name: String,
    webhook: String,
    secret: String,
    body: String,
    headers: BTreeMap<String, String>,
    status: u16,
    code: Option<String>,
    settings: Option<Value>,
    #[serde(default)]
    later_seconds: i64,
}

fn secret_name(webhook: &str) -> String {
    match webhook {
        "woocommerce" | "shopify" | "stripe" => {
            format!("{}_WEBHOOK_SECRET", webhook.to_uppercase())
        }
        name => format!("WEBHOOK_SECRET_{}", name.to_uppercase().replace('-', "_")),
    }
}

#[test]
fn a_body_is_taken_if_its_signature_is_right_and_else_refused_and_not_stored() {
    for row in read::<SignatureRow>("signatures") {
        let changes = match &row.settings {
            Some(settings) => json!({ "webhooks": { "my-shop": settings } }),
            None => json!({}),
        };
        let name = secret_name(&row.webhook);
        let mut shop = Shop::new(&changes, &[(&name, &row.secret)]);
        shop.now_millis = shop.now_millis.checked_add_signed(row.later_seconds * 1_000).unwrap();
        for _repeated in 0..2 {
            let intake = shop.post(&row.webhook, &row.headers, row.body.as_bytes());
            let answer = &intake.answer;
            assert_eq!(answer.status, row.status, "{}: {}", row.name, answer.body);
            if let Some(code) = &row.code {
                assert_eq!(answer.body["code"], *code, "{}", row.name);
                let counts = shop.counts();
                assert!(counts.iter().any(|(reason, _)| reason == code), "{}", row.name);
                assert!(intake.parcel.is_none() && intake.events.is_empty(), "{}", row.name);
            }
            let said = answer.body.to_string();
            assert!(row.secret.trim().is_empty() || !said.contains(&row.secret), "{said}");
        }
    }
}

#[derive(Deserialize)]
struct OrderRow {
    name: String,
    shop: String,
    body: Value,
    event: Option<Value>,
    order: Option<OrderMention>,
    reason: Option<String>,
    topic: Option<String>,
    status: Option<u16>,
    #[serde(default)]
    left_out: Vec<String>,
}

#[test]
fn an_order_becomes_its_event_or_is_answered_with_the_reason_why_not() {
    for row in read::<OrderRow>("orders") {
        let mut shop = Shop::usual(&json!({}));
        let intake = shop.signed(&row.shop, row.topic.as_deref(), &row.body);
        let said = intake.answer.body.to_string();
        let at = format!("{}: {}: {said}", row.shop, row.name);
        assert_eq!(intake.answer.status, row.status.unwrap_or(200), "{at}");
        assert_eq!(events(&intake), Vec::from_iter(row.event), "{at}");
        assert_eq!(intake.events.first().and_then(|one| one.order.clone()), row.order, "{at}");
        let mut counts: Vec<&str> = shop.counts().into_iter().map(|(reason, _)| reason).collect();
        let mut expected = Vec::from_iter(row.reason.as_deref());
        expected.extend(row.left_out.iter().map(String::as_str));
        expected.sort_unstable();
        counts.sort_unstable();
        assert_eq!(counts, expected, "{at}");
        // The order in the parcel is the one of the event, and no raw e-mail address is in either.
        if let Some(parcel) = &intake.parcel {
            let of_parcel = parcel.events.iter().chain(&parcel.withdrawn);
            let of_intake = intake.events.iter().chain(&intake.withdrawn);
            assert!(
                of_parcel.clone().map(|one| &one.order).eq(of_intake.map(|one| &one.order)),
                "{at}"
            );
            assert!(of_parcel.clone().all(|one| !one.event.contains('@')), "{at}");
        }
        assert!(!said.contains('@'), "{at}");
    }
}

/// Returns the intake of an order that its shop signed.
pub fn signed(source: Source, body: &Value) -> Intake {
    let webhook = match source {
        Source::WooCommerce => "woocommerce",
        Source::Stripe => "stripe",
        _ => "shopify",
    };
    Shop::usual(&json!({})).signed(webhook, None, body)
}

fn order() -> Value {
    read::<OrderRow>("orders").remove(0).body
}

#[test]
fn an_order_that_is_sent_again_has_the_same_id() {
    let mut shop = Shop::usual(&json!({}));
    let mut body = order();
    body["meta_data"] = json!([]);
    let key = |intake: &Intake| intake.parcel.as_ref().unwrap().events[0].name_and_id.clone();
    let first = key(&shop.signed("woocommerce", None, &body));
    shop.now_millis += 3_600_000;
    body["status"] = json!("completed");
    assert_eq!(key(&shop.signed("woocommerce", None, &body)), first);
}

#[test]
fn wrong_signatures_use_up_the_budget_of_their_address_and_right_ones_still_pass() {
    let mut shop = Shop::usual(&json!({}));
    let body = order().to_string();
    let wrong = BTreeMap::from([("x-wc-webhook-signature".to_owned(), "AAAA".to_owned())]);
    let mut status = 401;
    for _ in 0..2_000 {
        status = shop.post("woocommerce", &wrong, body.as_bytes()).answer.status;
        if status != 401 {
            break;
        }
    }
    assert_eq!(status, 429);
    assert_eq!(shop.signed("woocommerce", None, &order()).events.len(), 1);
}

#[test]
fn a_secret_with_a_dataset_in_its_name_signs_for_that_dataset() {
    let named =
        [("STRIPE_WEBHOOK_SECRET", "whsec_of_the_first"), ("STRIPE_WEBHOOK_SECRET_42", SECRET)];
    let mut shop = Shop::new(&json!({}), &named);
    let body = read::<OrderRow>("orders")
        .into_iter()
        .find(|row| row.shop == "stripe")
        .map(|row| row.body.to_string())
        .unwrap();
    for (secret, dataset) in [(SECRET, "42"), ("whsec_of_the_first", "1234567890")] {
        let headers = signature("stripe", secret, NOW_MILLIS, body.as_bytes());
        let intake = shop.post("stripe", &headers, body.as_bytes());
        assert_eq!(intake.dataset_id.as_deref(), Some(dataset));
        assert_eq!(intake.trust, Trust::Server);
    }
}

#[test]
fn the_connection_says_nothing_of_the_visitor() {
    let mut shop = Shop::usual(&json!({}));
    let mut body = order();
    body["meta_data"] = json!([]);
    body["customer_user_agent"] = json!("");
    let text = body.to_string();
    let mut headers = signature("woocommerce", SECRET, NOW_MILLIS, text.as_bytes());
    headers.extend([
        ("cookie".to_owned(), "_fbp=fb.1.1789980000000.7".to_owned()),
        ("x-capi-fbc".to_owned(), "fb.1.1789980000000.AbC".to_owned()),
        ("user-agent".to_owned(), "WooCommerce/9.4.0 Hookshot".to_owned()),
    ]);
    let user_data =
        events(&shop.post("woocommerce", &headers, text.as_bytes())).remove(0)["user_data"].take();
    for key in ["fbp", "fbc", "client_user_agent"] {
        assert!(user_data.get(key).is_none(), "{key}");
    }
}

#[test]
fn an_order_of_the_test_mode_goes_out_with_a_code_if_the_operator_sets_one() {
    let mut body = order();
    body["livemode"] = json!(false);
    let rows = read::<OrderRow>("orders");
    let test = rows.iter().find(|row| row.reason.as_deref() == Some("test_order")).unwrap();
    let mut shop = Shop::usual(&json!({ "testOrderEventCode": "TEST1" }));
    let intake = shop.signed(&test.shop, None, &test.body);
    assert_eq!(intake.events[0].main_body, r#"{"test_event_code":"TEST1"}"#);
}

#[test]
fn a_pages_purchase_waits_for_the_shop_of_its_dataset() {
    let purchase = json!({ "data": [{
        "event_name": "Purchase", "event_source_url": "https://shop.example/", "event_id": "1",
        "custom_data": { "value": 1, "currency": "EUR" }, "user_data": { "external_id": "x" },
    }] });
    let hold = |secrets: &[(&str, &str)], changes: Value| {
        let shop = Shop::new(&changes, secrets);
        let header = |name: &str| (name == "origin").then(|| "https://shop.example".to_owned());
        let mut moment = Moment {
            config: &shop.config,
            secrets: &shop.secrets,
            now_millis: NOW_MILLIS,
            entropy: &mut || Some([7; 16]),
        };
        let url = "https://shop.example/bridge/events";
        let head =
            Head { method: "POST", url, header: &header, peer: None, place: Place::default() };
        let mut door = Door::default();
        let Admission::Admitted(admitted) = door.admit(&mut moment, &head).unwrap() else {
            unreachable!("expected a page that may send")
        };
        let body = purchase.to_string();
        let intake = door.take(&mut moment, *admitted, body.as_bytes()).unwrap();
        intake.parcel.unwrap().events[0].hold_millis
    };
    let server = ("BRIDGE_KEY", "0123456789abcdef0123456789abcdef");
    assert_eq!(hold(&[], json!({})), 2_000);
    assert_eq!(hold(&[server], json!({})), 30_000);
    assert_eq!(hold(&[server, ("SHOPIFY_WEBHOOK_SECRET", SECRET)], json!({})), 600_000);
    assert_eq!(hold(&[("SHOPIFY_WEBHOOK_SECRET_42", SECRET)], json!({})), 2_000);
    let own = json!({ "holdSeconds": { "Purchase": 5 } });
    assert_eq!(hold(&[("SHOPIFY_WEBHOOK_SECRET", SECRET)], own), 5_000);
}

/// The example of `orders.md`, section 5.
#[test]
fn a_shop_of_ones_own_is_described_by_its_settings() {
    let settings = json!({ "webhooks": { "my-shop": {
        "header": "X-Signature", "prefix": "sha256=", "dataset": "42",
        "mapping": {
            "everyEvent": {
                "custom_data.order_id": "order", "custom_data.value": "total",
                "custom_data.currency": "=EUR", "user_data.em": "email",
            },
            "product": { "id": "sku" },
            "events": [{ "event": "order", "becomes": "Purchase", "products": "lines" }],
        },
    } } });
    let mut shop = Shop::new(&settings, &[("WEBHOOK_SECRET_MY_SHOP", "s3cret")]);
    let body = r#"{"order":"A-1","total":10,"email":"Mira@example.com","lines":[{"sku":"TEE"}]}"#;
    let digest: String =
        hmac("s3cret", &[body.as_bytes()]).iter().map(|byte| format!("{byte:02x}")).collect();
    let headers = BTreeMap::from([("x-signature".to_owned(), format!("sha256={digest}"))]);
    let intake = shop.post("my-shop", &headers, body.as_bytes());
    assert_eq!(intake.dataset_id.as_deref(), Some("42"));
    let event = events(&intake).remove(0);
    // printf 'Purchase:A-1' | sha256sum
    assert_eq!(event["event_id"], "b265deec568a0b119805b52f5c67c5fb");
    assert_eq!(event["action_source"], "system_generated");
    assert_eq!(
        event["custom_data"],
        json!({
            "value": 10, "currency": "EUR", "order_id": "A-1", "content_type": "product",
            "content_ids": ["TEE"], "contents": [{ "id": "TEE", "quantity": 1 }], "num_items": 1,
        })
    );
    let order = intake.events[0].order.clone().unwrap();
    assert_eq!((order.names, order.is_id_derived), (vec!["A-1".to_owned()], true));
}

#[test]
fn a_path_of_no_webhook_is_not_the_doors() {
    let shop = Shop::usual(&json!({}));
    for (path, is_ours) in [
        ("shopify", true),
        ("shopware", false),
        ("", false),
        ("shopify/", false),
        ("a/shopify", false),
    ] {
        let url = format!("https://shop.example/bridge/webhooks/{path}");
        let mut moment = Moment {
            config: &shop.config,
            secrets: &shop.secrets,
            now_millis: NOW_MILLIS,
            entropy: &mut || None,
        };
        let head = Head {
            method: "POST",
            url: &url,
            header: &|_| None,
            peer: None,
            place: Place::default(),
        };
        let admission = Door::default().admit(&mut moment, &head).unwrap();
        assert_eq!(matches!(admission, Admission::Admitted(_)), is_ours, "{path}");
        assert_eq!(matches!(admission, Admission::NotOurs), !is_ours, "{path}");
    }
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let mut shop = Shop::usual(&json!({ "maxWebhookBodyBytes": 1_000 }));
    let mut body = order();
    body["customer_note"] = json!("x".repeat(1_000));
    assert_eq!(shop.signed("woocommerce", None, &body).answer.status, 413);
    assert_eq!(shop.counts(), [("body_too_large", 1)]);
}
