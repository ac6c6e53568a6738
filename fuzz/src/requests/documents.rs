//! Documents of a site behind the worker: their cookies, and what goes on to the origin.

use std::sync::LazyLock;

use capi_bridge::relay::{
    Address, Config, DocumentRequest, DocumentResponse, Forwarding, document_changes, forwarding,
};

use super::NOW_MILLIS;
use super::message::Message;

static CONFIGS: LazyLock<Vec<Config>> = LazyLock::new(|| {
    [
        r#"{ "datasets": ["1"], "allowedOrigins": [],
            "documents": { "origin": "http://127.0.0.1:8080", "cookies": "granted", "injectScript": {} } }"#,
        r#"{ "datasets": ["1"], "allowedOrigins": [], "clientIp": { "trustedHops": 1 },
            "documents": {
                "origin": "http://127.0.0.1:8080", "cookies": "consentCookie",
                "consentCookie": { "name": "consent", "contains": "marketing" } } }"#,
        r#"{ "datasets": ["1"], "allowedOrigins": [],
            "documents": { "origin": "route", "cookies": "callback", "injectScript": {} } }"#,
    ]
    .map(|json| Config::read(json).unwrap_or_else(|error| panic!("{error}")))
    .into()
});

/// The input is a message: the request's headers, and in the body the answer's, a line each, with
/// `:status`. `:url`, `:method`, `:peer` and `:consent` say the rest of the request.
pub fn any(input: &[u8]) {
    let asked = Message::read(input);
    let answered = Message::read(&[&asked.body[..], b"\n\n"].concat());
    let url = asked.get(":url").unwrap_or("https://www.shop.example/?fbclid=IwAR2AbC");
    let set_cookies: Vec<String> = answered.header("set-cookie").into_iter().collect();
    let status = answered.get(":status").and_then(|digits| digits.parse().ok()).unwrap_or(200);
    let request = DocumentRequest {
        method: asked.get(":method").unwrap_or("GET"),
        url,
        header: &|name| asked.header(name),
        peer: asked.get(":peer"),
    };
    let response = DocumentResponse {
        url,
        resolve: &resolve,
        status,
        header: &|name| answered.header(name),
        set_cookies: &set_cookies,
    };
    let names = ["x-forwarded-host", "x_forwarded_host", "cookie"].map(str::to_owned);
    for config in CONFIGS.iter() {
        if let Forwarding::To { url: to, .. } = forwarding(config, &request, &names, false) {
            assert!(to == url || to.starts_with("http://127.0.0.1:8080/"), "{to}");
        }
        let consent = asked.get(":consent").map(|word| word == "yes");
        let changes = || document_changes(config, &request, &response, consent, NOW_MILLIS, [7; 4]);
        let changed = changes();
        assert_eq!(changed, changes());
        if asked.header("sec-gpc").is_some_and(|value| value.trim() == "1") {
            assert!(changed.set_cookies.is_empty(), "{:?}", changed.set_cookies);
        }
        for cookie in &changed.set_cookies {
            assert!(cookie.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{cookie:?}");
            assert!(
                ["_fbp=", "_fbc=", "_capi_written="].iter().any(|name| cookie.starts_with(name))
            );
            assert!(cookie.split(';').count() <= 7, "{cookie:?}");
        }
        if !changed.set_cookies.is_empty() {
            let private = changed.headers.iter().any(|(name, value)| {
                *name == "cache-control"
                    && value.as_ref().is_some_and(|it| it.starts_with("private"))
            });
            assert!(private, "{:?}", changed.headers);
        }
    }
}

fn resolve(link: &str, base: &str) -> Option<Address> {
    use whatwg_url::{Position, Url};

    let url = Url::parse(base).ok()?.join(link).ok()?;
    Some(Address {
        href: url.to_string(),
        origin: url.origin().ascii_serialization(),
        host: url[Position::BeforeHost..Position::AfterPort].to_owned(),
        path: url[Position::BeforePath..].to_owned(),
    })
}
