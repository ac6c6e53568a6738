//! Reads the order that an event mentions, and takes the order's secrets out of the event.

use std::borrow::Cow;

use serde_json::Value;

use crate::event::{OrderMention, ServerEvent, Trust};
use crate::identifiers::EventId;

/// The fields of `custom_data` with secrets of the order. They are not for Meta.
const SECRETS: [&str; 3] = ["order_key", "checkout_token", "cart_token"];
/// WooCommerce's pages of one order, as path segments and as query parameters. (WooCommerce,
/// "Endpoints")
const WOOCOMMERCE_PAGES: [&str; 2] = ["order-received", "order-pay"];
/// The query parameter with WooCommerce's order key, and the start of its value. Whoever knows it
/// may open the page of the order.
const WOOCOMMERCE_KEY: (&str, &str) = ("key", "wc_order_");
/// The path segment before Shopify's checkout token: `/checkouts/cn/<token>/thank-you`.
const SHOPIFY_CHECKOUTS: &str = "checkouts";
/// The starts of Stripe's ids of a checkout session and of a payment intent. The address to which
/// Stripe leads the buyer back has one of them as a query parameter. (Stripe, "Customize redirect
/// behavior")
const STRIPE_IDS: [&str; 3] = ["cs_live_", "cs_test_", "pi_"];
/// The part of a payment intent's client secret after its id. Such a secret is not for Meta.
const STRIPE_CLIENT_SECRET: &str = "_secret_";
/// The minimum size of an id of Stripe's in an address, in bytes. Real ids are longer.
const MIN_STRIPE_ID_BYTES: usize = 16;
/// The minimum size of Shopify's checkout token, in bytes. Shorter segments are kinds of checkouts.
const MIN_TOKEN_BYTES: usize = 8;

/// Returns the order that an event mentions, and the event without the order's secrets.
pub(super) fn taken(
    event: &ServerEvent,
    trust: Trust,
) -> (Cow<'_, ServerEvent>, Option<OrderMention>) {
    let mut event = Cow::Borrowed(event);
    let mut order = OrderMention::default();
    if let Some(Value::String(id)) = event.custom_data.get("order_id") {
        order.is_id_derived =
            trust == Trust::Server && event.event_id == EventId::derived(&event.event_name, id);
        order.names.push(id.clone());
    }
    for key in SECRETS {
        if event.custom_data.contains_key(key) {
            match event.to_mut().custom_data.remove(key) {
                Some(Value::String(secret)) => order.secrets.push(secret),
                Some(Value::Number(secret)) => order.secrets.push(secret.to_string()),
                _ => {}
            }
        }
    }
    if let Some(url) = &event.event_source_url {
        let page = Page::of(url);
        order.names.extend(page.name);
        order.secrets.extend(page.secret);
        if let Cow::Owned(url) = page.url {
            event.to_mut().event_source_url = Some(url);
        }
    }
    if let Some(url) = &event.referrer_url
        && let Cow::Owned(url) = Page::of(url).url
    {
        event.to_mut().referrer_url = Some(url);
    }
    let is_named = !order.names.is_empty() || !order.secrets.is_empty();
    (event, is_named.then_some(order))
}

/// Returns the address of a page without WooCommerce's order key.
pub(super) fn without_key(url: &str) -> Cow<'_, str> {
    Page::of(url).url
}

/// The order in the address of a page.
struct Page<'a> {
    name: Option<String>,
    secret: Option<String>,
    /// The address without WooCommerce's order key and without Stripe's ids.
    url: Cow<'a, str>,
}

impl<'a> Page<'a> {
    fn of(url: &'a str) -> Self {
        let (address, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let parameters = || query.split('&').filter_map(|pair| pair.split_once('='));

        let in_path = segments.windows(2).find_map(|pair| match pair {
            [page, id] if WOOCOMMERCE_PAGES.contains(page) => Some(*id),
            _ => None,
        });
        let in_query = parameters().find(|(name, _)| WOOCOMMERCE_PAGES.contains(name));
        let number = in_path.or(in_query.map(|(_, id)| id));
        let (key, start) = WOOCOMMERCE_KEY;
        let is_key = |(name, value): (&str, &str)| {
            name == key && (number.is_some() || value.starts_with(start))
        };
        let key = parameters().find(|pair| is_key(*pair)).map(|(_, value)| value);
        let is_stripes = |value: &str| {
            value.len() >= MIN_STRIPE_ID_BYTES
                && STRIPE_IDS.iter().any(|start| value.starts_with(start))
        };
        let mut ids = parameters().map(|(_, value)| value).filter(|value| is_stripes(value));
        let payment = ids.find(|id| !id.contains(STRIPE_CLIENT_SECRET));
        let is_secret = |pair: (&str, &str)| is_key(pair) || is_stripes(pair.1);
        let url = if parameters().any(is_secret) {
            let kept: Vec<&str> = query
                .split('&')
                .filter(|pair| !pair.split_once('=').is_some_and(is_secret))
                .collect();
            Cow::Owned(match kept.join("&") {
                kept if kept.is_empty() => format!("{path}{fragment}"),
                kept => format!("{path}?{kept}{fragment}"),
            })
        } else {
            Cow::Borrowed(url)
        };
        if key.is_some() || number.is_some() {
            // A shop may rename the page. The number is then the end of the path.
            let number = number.or(segments.last().copied());
            let is_number = |id: &&str| id.bytes().all(|byte| byte.is_ascii_digit());
            let secret = key.or(payment).map(str::to_owned);
            return Self { name: number.filter(is_number).map(str::to_owned), secret, url };
        }

        let checkout = segments.iter().skip_while(|segment| **segment != SHOPIFY_CHECKOUTS).skip(1);
        let token = checkout.take(2).find(|segment| segment.len() >= MIN_TOKEN_BYTES).copied();
        Self { name: None, secret: payment.or(token).map(str::to_owned), url }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ActionSource, CustomerInformation};
    use serde_json::json;

    fn event(custom_data: Value, url: Option<&str>) -> ServerEvent {
        let id = EventId::given("e-1").unwrap();
        let customer = CustomerInformation::default();
        let new = ServerEvent::new("Purchase".to_owned(), 1, id, ActionSource::Website, customer);
        let custom_data = custom_data.as_object().unwrap().clone();
        ServerEvent { custom_data, event_source_url: url.map(str::to_owned), ..new }
    }

    fn of(event: &ServerEvent) -> Option<(Vec<String>, Vec<String>, String)> {
        let (event, order) = taken(event, Trust::Page);
        order.map(|order| {
            (order.names, order.secrets, event.event_source_url.clone().unwrap_or_default())
        })
    }

    #[test]
    fn the_address_of_woocommerces_thank_you_page_names_the_order_and_loses_its_key() {
        for (url, name, without) in [
            (
                "https://shop.example/checkout/order-received/727/?key=wc_order_abc",
                "727",
                "https://shop.example/checkout/order-received/727/",
            ),
            (
                "https://shop.example/checkout/order-received/727/?utm_source=a&key=wc_order_abc&x=%20#top",
                "727",
                "https://shop.example/checkout/order-received/727/?utm_source=a&x=%20#top",
            ),
            (
                "https://shop.example/?page_id=9&order-received=727&key=wc_order_abc",
                "727",
                "https://shop.example/?page_id=9&order-received=727",
            ),
            (
                "https://shop.example/kasse/bestellung-erhalten/727/?key=wc_order_abc",
                "727",
                "https://shop.example/kasse/bestellung-erhalten/727/",
            ),
        ] {
            let found = of(&event(json!({}), Some(url)));
            let expected =
                (vec![name.to_owned()], vec!["wc_order_abc".to_owned()], without.to_owned());
            assert_eq!(found, Some(expected), "{url}");
            assert_eq!(without_key(url), without);
            let mut later = event(json!({}), None);
            later.referrer_url = Some(url.to_owned());
            assert_eq!(taken(&later, Trust::Page).0.referrer_url.as_deref(), Some(without));
        }
    }

    #[test]
    fn the_address_of_shopifys_checkout_has_its_token() {
        let token = "c1-0f8e1c3a5b7d9e2f4a6c8b0d1e3f5a79";
        for path in
            ["checkouts/cn/TOKEN/thank-you", "12345/checkouts/TOKEN/thank_you", "checkouts/c/TOKEN"]
        {
            let url = format!("https://shop.example/{}?a=b", path.replace("TOKEN", token));
            let expected = (Vec::new(), vec![token.to_owned()], url.clone());
            assert_eq!(of(&event(json!({}), Some(&url))), Some(expected));
        }
    }

    #[test]
    fn the_address_to_which_stripe_leads_back_has_the_payment_and_loses_it() {
        let session = "cs_live_a1b2c3d4e5f6g7h8";
        let intent = "pi_3MtwBwLkdIwHu7ix28a3tqPa";
        for (url, secret, without) in [
            (
                format!("https://shop.example/thanks?order=7&session_id={session}"),
                session,
                "https://shop.example/thanks?order=7",
            ),
            (
                format!(
                    "https://shop.example/done?payment_intent_client_secret={intent}_secret_x&payment_intent={intent}&redirect_status=succeeded#a"
                ),
                intent,
                "https://shop.example/done?redirect_status=succeeded#a",
            ),
        ] {
            let expected = (Vec::new(), vec![secret.to_owned()], without.to_owned());
            assert_eq!(of(&event(json!({}), Some(&url))), Some(expected));
        }
        assert_eq!(of(&event(json!({}), Some("https://shop.example/?q=pi_day"))), None);
    }

    #[test]
    fn another_address_names_no_order() {
        for url in [
            "https://shop.example/",
            "https://shop.example/search?key=shoes",
            "https://shop.example/account/orders/1001",
            "https://shop.example/checkouts/cn",
            "order-received",
            "https://shop.example/727?key=",
            "",
        ] {
            assert_eq!(of(&event(json!({}), Some(url))), None, "{url}");
            assert_eq!(without_key(url), url);
        }
    }

    #[test]
    fn the_secrets_in_custom_data_are_not_for_meta() {
        let event = event(
            json!({ "order_id": "1001", "order_key": "k", "checkout_token": "c", "cart_token": 7, "value": 1 }),
            None,
        );
        let (rest, order) = taken(&event, Trust::Page);
        assert_eq!(
            Value::Object(rest.custom_data.clone()),
            json!({ "order_id": "1001", "value": 1 })
        );
        let order = order.unwrap();
        assert_eq!(
            (order.names, order.secrets),
            (vec!["1001".into()], vec!["k".into(), "c".into(), "7".into()])
        );
    }

    #[test]
    fn an_id_that_follows_from_the_order_may_be_replaced_if_a_server_sends_it() {
        let mut event = event(json!({ "order_id": "1001" }), None);
        let is_derived = |event: &ServerEvent, trust| taken(event, trust).1.unwrap().is_id_derived;
        assert!(!is_derived(&event, Trust::Server));
        event.event_id = EventId::derived("Purchase", "1001");
        assert!(is_derived(&event, Trust::Server) && !is_derived(&event, Trust::Page));
    }
}
