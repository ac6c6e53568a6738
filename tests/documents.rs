//! What holds for any request that passes a site's worker, and any answer of its origin.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

use capi_bridge::relay::{
    Config, DocumentRequest, DocumentResponse, Forwarding, document_changes, forwarding, script_tag,
};
use proptest::prelude::*;

const NOW_MILLIS: u64 = 1_790_000_000_000;
const HEADERS: [&str; 17] = [
    "cookie",
    "referer",
    "accept",
    "accept-encoding",
    "sec-fetch-dest",
    "sec-fetch-mode",
    "sec-gpc",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "content-type",
    "content-security-policy",
    "content-encoding",
    "cache-control",
    "location",
    "vary",
    "etag",
];

fn config() -> Config {
    Config::read(
        r#"{
            "datasets": ["1234567890"], "allowedOrigins": [], "clientIp": { "trustedHops": 1 },
            "documents": { "origin": "http://127.0.0.1:8080", "cookies": "granted", "injectScript": {} }
        }"#,
    )
    .unwrap()
}

/// Values that are read somewhere, and any others.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => prop::sample::select(vec![
            "document", "navigate", "text/html; charset=utf-8", "https", "gzip, br;q=0.9, zstd", "public, max-age=60",
            "private=\"a, b", "script-src 'nonce-abc'", "'nonce-", "http://127.0.0.1:8080", "*",
            "_fbp=fb.1.1.2; _fbp=x; _fbc=fb.1.2", "_capi_written=99999999999999999999", "www.shop.example", "%", "",
        ]).prop_map(str::to_owned),
        1 => ".{0,40}".prop_map(|text| text),
    ]
}

proptest! {
    #[test]
    fn nothing_that_arrives_adds_a_header_line_an_attribute_or_a_tag(
        values in prop::collection::vec(prop::option::of(value()), HEADERS.len()),
        url in prop_oneof![
            "https?://[a-z0-9.:-]{0,20}/\\?fbclid=.{0,20}".prop_map(|url| url),
            ".{0,60}".prop_map(|url| url),
        ],
        status in 0_u16..700,
        set_cookies in prop::collection::vec(value(), 0..3),
        nonce in value(),
    ) {
        let config = config();
        let header = |name: &str| {
            let at = HEADERS.iter().position(|known| *known == name)?;
            values[at].clone()
        };
        let request = DocumentRequest { method: "GET", url: &url, header: &header, peer: Some("8.8.4.4") };
        let response = DocumentResponse { status, header: &header, set_cookies: &set_cookies };

        let changes = document_changes(&config, &request, &response, None, NOW_MILLIS, [7; 4]);
        for line in &changes.set_cookies {
            prop_assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line}");
            let attributes = line.split("; ").filter(|attribute| attribute.starts_with("Max-Age=")).count();
            prop_assert_eq!(attributes, 1, "{}", line);
        }
        if !changes.set_cookies.is_empty() {
            prop_assert!(values[6].as_deref() != Some("1"));
            let cached = changes.headers.iter().find(|(name, _)| *name == "cache-control").unwrap();
            prop_assert!(cached.1.as_deref().unwrap().starts_with("private"));
        }

        let sent_on = matches!(forwarding(&config, &request, false), Forwarding::To { .. });
        prop_assert!(sent_on);
        let tag = script_tag(&config, Some(&nonce));
        prop_assert_eq!(tag.matches('<').count(), 2, "{}", tag);
    }
}

#[test]
fn the_script_tag_carries_each_setting_that_is_not_the_default() {
    let tag = |script: &str| {
        let json = format!(
            r#"{{"datasets":["1"],"allowedOrigins":[],"documents":{{"injectScript":{script}}}}}"#
        );
        script_tag(&Config::read(&json).unwrap(), None)
    };
    assert_eq!(tag("{}"), r#"<script src="/bridge/capi-bridge.js"></script>"#);
    assert_eq!(
        tag(r#"{"pixel":"mirror","consent":"granted","globalPrivacyControl":"deny"}"#),
        tag("{}")
    );
    assert_eq!(
        tag(
            r#"{"datasets":["1"],"pixel":"drive","consent":"denied","globalPrivacyControl":"limit"}"#
        ),
        "<script src=\"/bridge/capi-bridge.js\" data-datasets=\"1\" data-pixel=\"drive\" \
         data-consent=\"denied\" data-global-privacy-control=\"limit\"></script>"
    );
}
