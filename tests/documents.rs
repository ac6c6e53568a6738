//! Tests requests that pass the worker before a site, and the answers of its origin.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

use std::collections::BTreeMap;

use capi_bridge::relay::{
    Address, Config, DocumentRequest, DocumentResponse, Forwarding, document_changes, forwarding,
    script_tag,
};
use proptest::prelude::*;
use url::{Position, Url};

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
            "trustedHeaders": ["x-forwarded-host", "x-forwarded-proto"],
            "documents": { "origin": "http://127.0.0.1:8080", "cookies": "granted", "injectScript": {} }
        }"#,
    )
    .unwrap()
}

/// Resolves a link as a browser does.
fn resolve(link: &str, base: &str) -> Option<Address> {
    let url = Url::parse(base).ok()?.join(link).ok()?;
    Some(Address {
        href: url.to_string(),
        origin: url.origin().ascii_serialization(),
        host: url[Position::BeforeHost..Position::AfterPort].to_owned(),
        path: url[Position::BeforePath..].to_owned(),
    })
}

/// Generates header values that have a meaning somewhere, and any others.
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
        let response =
            DocumentResponse { url: &url, resolve: &resolve, status, header: &header, set_cookies: &set_cookies };

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

        let names = HEADERS.map(str::to_owned);
        let sent_on = matches!(forwarding(&config, &request, &names, false), Forwarding::To { .. });
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

/// Headers that a visitor may forge to look like a proxy, with the spellings that some server
/// reads as the same name.
const FORGED: [(&str, &str); 34] = [
    ("x-forwarded-for", "6.6.6.6"),
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "ftp"),
    ("x-forwarded-port", "666"),
    ("x-forwarded-prefix", "/evil"),
    ("x-forwarded-server", "evil.example"),
    ("x-forwarded-ssl", "on"),
    ("x-forwarded-scheme", "evil"),
    ("x-forwarded-path", "/evil"),
    ("x-forwarded-user", "evil"),
    ("x-forwarded-by", "evil"),
    ("x_forwarded_host", "evil.example"),
    ("x-forwarded_host", "evil.example"),
    ("x.forwarded.host", "evil.example"),
    ("forwarded", "host=evil.example;proto=evil;for=6.6.6.6"),
    ("x-original-host", "evil.example"),
    ("x-original-url", "/evil"),
    ("x-original-forwarded-for", "6.6.6.6"),
    ("x-rewrite-url", "/evil"),
    ("x-host", "evil.example"),
    ("x-http-host-override", "evil.example"),
    ("x-scheme", "evil"),
    ("x-url-scheme", "evil"),
    ("front-end-https", "evil"),
    ("x-real-ip", "6.6.6.6"),
    ("x-client-ip", "6.6.6.6"),
    ("x-cluster-client-ip", "6.6.6.6"),
    ("true-client-ip", "6.6.6.6"),
    ("client-ip", "6.6.6.6"),
    ("cf-connecting-ip", "6.6.6.6"),
    ("cf-connecting-ipv6", "6.6.6.6"),
    ("cf-visitor", "evil"),
    ("proxy", "http://evil.example"),
    ("x-http-method-override", "evil"),
];

type Sent = BTreeMap<String, String>;

/// Returns the address and the headers that reach the origin, both empty if nothing reaches it.
fn at_origin(
    settings: &str,
    url: &str,
    headers: &[(&str, &str)],
    peer: Option<&str>,
    is_bound: bool,
) -> (String, Sent) {
    let config =
        Config::read(&format!(r#"{{ "datasets": ["1"], "allowedOrigins": [], {settings} }}"#))
            .unwrap();
    let mut sent: Sent =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let names: Vec<String> = sent.keys().cloned().collect();
    let before = sent.clone();
    let header = |name: &str| before.get(name).cloned();
    let request = DocumentRequest { method: "GET", url, header: &header, peer };
    let Forwarding::To { url, headers, .. } = forwarding(&config, &request, &names, is_bound)
    else {
        return Default::default();
    };
    for (name, value) in headers {
        match value {
            Some(value) => sent.insert(name.into_owned(), value),
            None => sent.remove(&*name),
        };
    }
    (url, sent)
}

const SERVER: &str = r#""documents": { "origin": "http://127.0.0.1:8080", "cookies": "granted" }"#;

#[test]
fn no_setting_for_the_visitors_address_makes_another_forwarded_header_believed() {
    for client_ip in [
        "",
        r#""clientIp": {},"#,
        r#""clientIp": { "trustedHops": 1 },"#,
        r#""clientIp": { "trustedHops": 1, "hopsHeader": "forwarded" },"#,
        r#""clientIp": { "cloudflare": true },"#,
        r#""clientIp": { "cloudflare": true }, "trustedHeaders": ["x-forwarded-server"],"#,
    ] {
        for (name, value) in FORGED {
            // The setting itself makes the worker trust these headers.
            let is_address = client_ip.contains("cloudflare") && name.starts_with("cf-")
                || client_ip.contains("trustedHops") && value.contains("6.6.6.6")
                || client_ip.contains(name);
            if is_address {
                continue;
            }
            let settings = format!("{client_ip}{SERVER}");
            let url = "http://www.shop.example/";
            for is_bound in [false, true] {
                let (_, sent) =
                    at_origin(&settings, url, &[(name, value)], Some("8.8.4.4"), is_bound);
                assert!(!sent.values().any(|sent| sent == value), "{client_ip} {name}: {sent:?}");
                assert_eq!(sent["x-forwarded-host"], "www.shop.example", "{client_ip} {name}");
                assert_eq!(sent["x-forwarded-proto"], "http", "{client_ip} {name}");
                assert_eq!(sent["x-forwarded-for"], "8.8.4.4", "{client_ip} {name}");
            }
        }
    }
}

#[test]
fn what_is_bound_without_any_setting_for_documents_gets_no_forged_header_either() {
    let (url, sent) =
        at_origin(r#""base": "/bridge""#, "https://www.shop.example/a", &FORGED, None, true);
    assert_eq!(url, "https://www.shop.example/a");
    // Without a peer the host is Cloudflare, which overwrites its own headers.
    let expected = [
        ("cf-connecting-ip", "6.6.6.6"),
        ("cf-visitor", "evil"),
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-host", "www.shop.example"),
        ("x-forwarded-proto", "https"),
        ("x-real-ip", "6.6.6.6"),
    ];
    let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(sent, expected);
}

#[test]
fn behind_a_route_of_cloudflare_only_its_own_headers_are_left() {
    let route = r#""documents": { "origin": "route", "cookies": "granted" }"#;
    let (_, sent) = at_origin(route, "https://www.shop.example/", &FORGED, None, false);
    let names: Vec<&str> = sent.keys().map(String::as_str).collect();
    let kept = [
        "cf-connecting-ip",
        "cf-visitor",
        "x-capi-bridge",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-real-ip",
    ];
    assert_eq!(names, kept);
    assert_eq!(sent["x-forwarded-proto"], "https");
}

#[test]
fn a_header_that_a_proxy_overwrites_is_believed_by_its_name_alone() {
    let trusting = |names: &str, headers: &[(&str, &str)]| {
        let settings = format!(r#""trustedHeaders": [{names}], {SERVER}"#);
        let (_, sent) =
            at_origin(&settings, "http://internal:8787/", headers, Some("10.0.0.1"), false);
        (sent["x-forwarded-proto"].clone(), sent["x-forwarded-host"].clone(), sent)
    };
    let both = [("x-forwarded-proto", "https"), ("x-forwarded-host", "www.shop.example")];
    let (proto, host, _) = trusting(r#""x-forwarded-proto""#, &both);
    assert_eq!((&*proto, &*host), ("https", "internal:8787"));
    let (proto, host, _) = trusting(r#""X-Forwarded-Host""#, &both);
    assert_eq!((&*proto, &*host), ("http", "www.shop.example"));
    let (proto, host, sent) = trusting(
        r#""forwarded", "x-forwarded-port""#,
        &[
            ("forwarded", "for=8.8.4.4;host=\"www.shop.example:8443\";proto=HTTPS"),
            ("x-forwarded-port", "8443"),
            ("x-forwarded-prefix", "/evil"),
        ],
    );
    assert_eq!((&*proto, &*host), ("https", "www.shop.example:8443"));
    assert_eq!(sent["x-forwarded-port"], "8443");
    assert!(!sent.contains_key("x-forwarded-prefix"));

    // A proxy that overwrites writes one value, and a value that can be one.
    for (name, value) in [
        ("x-forwarded-host", "evil.example, www.shop.example"),
        ("x-forwarded-host", "www.shop.example, evil.example"),
        ("x-forwarded-host", "evil.example/path"),
        ("x-forwarded-host", "evil.example@www.shop.example"),
        ("x-forwarded-host", "evil example"),
        ("x-forwarded-host", ""),
        ("x-forwarded-proto", "https, http"),
        ("x-forwarded-proto", "javascript"),
        ("forwarded", "host=evil.example;proto=https, host=www.shop.example;proto=http"),
        ("forwarded", "host=evil.example;host=www.shop.example;proto=https;proto=https"),
    ] {
        let (proto, host, sent) = trusting(&format!("\"{name}\""), &[(name, value)]);
        assert_eq!((&*proto, &*host), ("http", "internal:8787"), "{name}: {value}");
        assert!(
            !value.contains(',') || !sent.values().any(|sent| sent == value),
            "{name}: {value}"
        );
    }
}

#[test]
fn the_origin_hears_the_addresses_that_trusted_proxies_wrote_and_no_other() {
    for (client_ip, headers, expected) in [
        (r#"{ "trustedHops": 1 }"#, ("x-forwarded-for", "6.6.6.6, 8.8.4.4"), "8.8.4.4, 10.0.0.9"),
        (
            r#"{ "trustedHops": 2 }"#,
            ("x-forwarded-for", "6.6.6.6,8.8.4.4 , 10.0.0.1"),
            "8.8.4.4, 10.0.0.1, 10.0.0.9",
        ),
        (r#"{ "trustedHops": 3 }"#, ("x-forwarded-for", "6.6.6.6, 8.8.4.4"), "10.0.0.9"),
        (r#"{ "trustedHops": 1 }"#, ("x-forwarded-for", "8.8.4.4, unknown"), "10.0.0.9"),
        (r#"{ "trustedHops": 1 }"#, ("forwarded", "for=6.6.6.6"), "10.0.0.9"),
        (
            r#"{ "trustedHops": 1, "hopsHeader": "forwarded" }"#,
            ("forwarded", "for=6.6.6.6, for=\"[2001:db8::1]:4711\";proto=https"),
            "[2001:db8::1]:4711, 10.0.0.9",
        ),
        (r#"{ "cloudflare": true }"#, ("cf-connecting-ip", "8.8.4.4"), "8.8.4.4, 10.0.0.9"),
    ] {
        let settings = format!(r#""clientIp": {client_ip}, {SERVER}"#);
        let (_, sent) =
            at_origin(&settings, "http://www.shop.example/", &[headers], Some("10.0.0.9"), false);
        assert_eq!(sent["x-forwarded-for"], expected, "{client_ip} {headers:?}");
        assert!(!sent.contains_key("forwarded"), "{client_ip} {headers:?}");
    }
}

#[test]
fn a_pages_own_post_may_name_its_method() {
    let config = config();
    let header = |_: &str| None;
    let names = ["x-http-method-override".to_owned()];
    let removed = |method| {
        let request = DocumentRequest {
            method,
            url: "http://www.shop.example/",
            header: &header,
            peer: None,
        };
        let Forwarding::To { headers, .. } = forwarding(&config, &request, &names, false) else {
            return false;
        };
        headers.iter().any(|(name, value)| *name == names[0] && value.is_none())
    };
    assert_eq!([removed("GET"), removed("HEAD"), removed("POST")], [true, true, false]);
}

#[test]
fn a_path_stays_a_path_of_the_origin() {
    for (url, expected) in [
        ("http://www.shop.example", "/"),
        ("http://www.shop.example?x=/a", "/?x=/a"),
        ("http://www.shop.example//evil.example/x", "//evil.example/x"),
        ("http://www.shop.example/\\evil.example", "/\\evil.example"),
        ("http://www.shop.example/%2e%2e/x", "/%2e%2e/x"),
    ] {
        let (to, _) = at_origin(SERVER, url, &[], Some("8.8.4.4"), false);
        assert_eq!(to, format!("http://127.0.0.1:8080{expected}"));
        assert_eq!(Url::parse(&to).unwrap().host_str(), Some("127.0.0.1"));
    }
}

/// Returns the changed link in an answer to `https://www.shop.example/a/b?c`.
fn links(origin: &str, name: &str, link: &str) -> Option<String> {
    let config = Config::read(&format!(
        r#"{{ "datasets": ["1"], "allowedOrigins": [], "trustedHeaders": ["x-forwarded-proto"],
              "documents": {{ "origin": "{origin}" }} }}"#
    ))
    .unwrap();
    let asked = |name: &str| (name == "x-forwarded-proto").then(|| "https".to_owned());
    let request = DocumentRequest {
        method: "GET",
        url: "http://www.shop.example/a/b?c",
        header: &asked,
        peer: Some("8.8.4.4"),
    };
    let answered = |found: &str| (found == name).then(|| link.to_owned());
    let response = DocumentResponse {
        url: &format!("{origin}/a/b?c"),
        resolve: &resolve,
        status: 302,
        header: &answered,
        set_cookies: &[],
    };
    let changes = document_changes(&config, &request, &response, None, NOW_MILLIS, [7; 4]);
    let mut headers = changes.headers.into_iter();
    headers.find(|(found, _)| found == name).and_then(|(_, value)| value)
}

#[test]
fn a_redirect_to_the_origins_own_address_leads_to_the_same_path_of_the_site() {
    for (origin, link, expected) in [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/kites?a=1#b", "/kites?a=1#b"),
        ("http://127.0.0.1:8080", "HTTP://127.0.0.1:8080/kites", "/kites"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080?a", "/?a"),
        ("http://127.0.0.1:8080", "//127.0.0.1:8080/kites", "/kites"),
        ("http://127.0.0.1:8080", "http:kites", "/a/kites"),
        ("http://127.0.0.1:8080", "http:\\\\127.0.0.1:8080\\kites", "/kites"),
        ("http://127.0.0.1:8080", "ht\ttp://127.0.0.1:8080/kites", "/kites"),
        ("http://127.0.0.1:8080", "http://user:pw@127.0.0.1:8080/kites", "/kites"),
        ("http://127.0.0.1:8080", "http://0x7f.1:8080/kites", "/kites"),
        // The path of these begins with two slashes, as the name of a host does.
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080//evil.example/", "/.//evil.example/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/\\evil.example/", "/.//evil.example/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/\t/evil.example/", "/.//evil.example/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080///evil.example/", "/.///evil.example/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/.//evil.example/", "/.//evil.example/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/a/..//evil.example/", "/.//evil.example/"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/%2fevil.example", "/%2fevil.example"),
        ("http://origin.example", "http://origin.example:80/kites", "/kites"),
        ("http://origin.example:80", "http://Origin.Example/kites", "/kites"),
        ("https://origin.example", "https://origin.example:443/kites", "/kites"),
        ("http://[::1]:8080", "http://[0:0::1]:8080/kites", "/kites"),
        ("http://xn--bcher-kva.example", "http://b\u{fc}cher.example/k\u{e4}se", "/k%C3%A4se"),
    ] {
        let found = links(origin, "location", link);
        assert_eq!(found.as_deref(), Some(expected), "{link:?}");
        let followed =
            Url::parse("https://www.shop.example/a/b?c").unwrap().join(expected).unwrap();
        assert_eq!(followed.host_str(), Some("www.shop.example"), "{link:?}");
    }
}

#[test]
fn another_redirect_stays_as_it_is() {
    for link in [
        "/kites",
        "kites",
        "?d",
        "#e",
        "",
        "https://www.shop.example/kites",
        "http://127.0.0.1:80800/",
        "http://127.0.0.1:8081/kites",
        "https://127.0.0.1:8080/kites",
        "http://127.0.0.1:8080@evil.example/",
        "http://127.0.0.1:8080.evil.example/",
        "http://evil.example/http://127.0.0.1:8080/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "javascript:alert(1)",
        "mailto:a@example.com",
        "http://",
    ] {
        assert_eq!(links("http://127.0.0.1:8080", "location", link), None, "{link:?}");
    }
}

#[test]
fn a_link_that_means_another_host_to_the_browser_than_to_the_origin_is_written_whole() {
    // On an https page `http:…` is an absolute link, and `https:…` is a relative one.
    let found = links("http://127.0.0.1:8080", "location", "https:other.example/a");
    assert_eq!(found.as_deref(), Some("https://other.example/a"));
}

#[test]
fn content_location_and_refresh_follow_the_same_rule_and_link_does_not() {
    let origin = "http://127.0.0.1:8080";
    let own = "http://127.0.0.1:8080//evil.example/";
    assert_eq!(links(origin, "content-location", own).as_deref(), Some("/.//evil.example/"));
    assert_eq!(links(origin, "link", &format!("<{own}>; rel=preload")), None);
    for (refresh, expected) in [
        (format!("0;url={own}"), Some("0;url=/.//evil.example/")),
        (format!("5.9 ; URL = '{own}'x"), Some("5;url=/.//evil.example/")),
        (format!("3, {own}"), Some("3;url=/.//evil.example/")),
        (format!("3 {own}"), Some("3;url=/.//evil.example/")),
        ("5".to_owned(), None),
        ("5;".to_owned(), None),
        ("5; url=/kites".to_owned(), None),
        (format!("x; url={own}"), None),
    ] {
        assert_eq!(links(origin, "refresh", &refresh).as_deref(), expected, "{refresh}");
    }
}

proptest! {
    #[test]
    fn no_link_leads_to_another_host_than_the_origin_meant(
        link in prop_oneof![
            "(http://|HTTP:\\\\|//|http:/\t/|http://a@)127\\.0\\.0\\.1:8080[/\\\\\t.]{0,4}(evil\\.example)?[/?#]{0,2}",
            "(http|https|ftp)?:?[/\\\\\t]{0,4}(127\\.0\\.0\\.1(:8080)?|evil\\.example|www\\.shop\\.example|[a-z@:?#.]{0,6})[/\\\\\t.@]{0,4}.{0,4}",
            "[ -~]{0,20}",
        ],
    ) {
        let page = Url::parse("https://www.shop.example/a/b?c").unwrap();
        let asked = Url::parse("http://127.0.0.1:8080/a/b?c").unwrap();
        let changed = links("http://127.0.0.1:8080", "location", &link).unwrap_or(link.trim_ascii().to_owned());
        let Ok(meant) = asked.join(link.trim_ascii()) else { return Ok(()) };
        let followed = page.join(&changed).unwrap();
        if meant.origin() == asked.origin() {
            prop_assert_eq!(followed.host_str(), page.host_str(), "{} -> {}", link, changed);
            prop_assert_eq!(&followed[Position::BeforePath..], &meant[Position::BeforePath..], "{} -> {}", link, changed);
        } else {
            prop_assert_eq!(followed.host_str(), meant.host_str(), "{} -> {}", link, changed);
        }
    }
}
