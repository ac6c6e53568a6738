//! Tests the vectors of `tests/vectors/identifiers/`, and properties of every input.

#![allow(clippy::unwrap_used, reason = "the helpers of tests are tests")]

#[path = "support/visit.rs"]
mod visit;

use std::net::IpAddr;

use capi_bridge::identifiers::{
    ClickId, ClientIpOptions, CookieDomain, EventId, Fbc, Fbp, HopsHeader, Visit, client_ip,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Runs every row of a data file and reports all that fail, by name.
fn each<Row: DeserializeOwned + Named>(file: &str, check: impl Fn(&Row) -> Result<(), String>) {
    let path = format!("{}/tests/vectors/identifiers/{file}", env!("CARGO_MANIFEST_DIR"));
    let rows: Vec<Row> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(!rows.is_empty());
    let failures: Vec<String> = rows
        .iter()
        .filter_map(|row| check(row).err().map(|why| format!("{}: {why}", row.name())))
        .collect();
    assert!(failures.is_empty(), "{file}\n{}", failures.join("\n"));
}

trait Named {
    fn name(&self) -> &str;
}

macro_rules! named {
    ($($row:ty),*) => { $(impl Named for $row { fn name(&self) -> &str { &self.name } })* };
}
named!(ClickIdRow, ValueRow, VisitRow, DomainRow, ClientIpRow, EventIdRow, KeyedEventIdRow);

fn same<T: PartialEq + std::fmt::Debug>(got: T, expected: T) -> Result<(), String> {
    if got == expected { Ok(()) } else { Err(format!("got {got:?}, expected {expected:?}")) }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClickIdRow {
    name: String,
    url: String,
    click_id: Option<String>,
    code: Option<String>,
}

#[test]
fn a_click_id_is_read_from_an_address() {
    each("click-ids.json", |row: &ClickIdRow| {
        let found = ClickId::in_url(&row.url);
        same(found.as_ref().ok().map(ClickId::as_str), row.click_id.as_deref())?;
        same(found.as_ref().err().map(|reason| reason.code()), row.code.as_deref())
    });
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ValueRow {
    name: String,
    kind: String,
    value: String,
    creation_millis: Option<u64>,
    click_id: Option<String>,
    code: Option<String>,
}

#[test]
fn a_value_is_kept_byte_for_byte_or_refused_with_a_reason() {
    each("values.json", |row: &ValueRow| {
        let (text, creation_millis, click_id, code) = match row.kind.as_str() {
            "fbp" => match Fbp::parse(&row.value) {
                Ok(fbp) => (Some(fbp.as_str().to_owned()), Some(fbp.creation_millis()), None, None),
                Err(reason) => (None, None, None, Some(reason.code())),
            },
            _ => match Fbc::parse(&row.value) {
                Ok(fbc) => (
                    Some(fbc.as_str().to_owned()),
                    Some(fbc.creation_millis()),
                    Some(fbc.click_id().into_owned()),
                    None,
                ),
                Err(reason) => (None, None, None, Some(reason.code())),
            },
        };
        same(text, row.code.is_none().then(|| row.value.clone()))?;
        same(creation_millis, row.creation_millis)?;
        same(click_id, row.click_id.clone())?;
        same(code, row.code.as_deref())
    });
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VisitRow {
    name: String,
    host: String,
    https: bool,
    now: u64,
    url: String,
    referrer: String,
    in_app_click: Option<String>,
    cookies: String,
    last_written: Option<u64>,
    mint: Option<String>,
    fbp: Option<String>,
    fbc: Option<String>,
    cookies_to_set: Vec<String>,
}

#[test]
fn a_visit_has_its_identifiers_and_writes_no_more_than_it_must() {
    each("visits.json", |row: &VisitRow| {
        let found = Visit {
            url: &row.url,
            referrer: &row.referrer,
            in_app_click: row.in_app_click.as_deref().unwrap_or_default(),
            cookies: &row.cookies,
            domain: &CookieDomain::of_host(&row.host),
            https: row.https,
            now_millis: row.now,
            last_written_millis: row.last_written,
            mint: row
                .mint
                .as_deref()
                .map(|hex| u32::from_str_radix(hex, 16).unwrap().to_be_bytes()),
        }
        .identifiers();
        same(found.fbp.as_ref().map(Fbp::as_str), row.fbp.as_deref())?;
        same(found.fbc.as_ref().map(Fbc::as_str), row.fbc.as_deref())?;
        same(
            found.cookies_to_set.iter().map(|cookie| cookie.serialize()).collect(),
            row.cookies_to_set.clone(),
        )
    });
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DomainRow {
    name: String,
    host: String,
    domain: Option<String>,
    subdomain_index: u32,
    #[serde(default)]
    is_public_suffix: bool,
}

#[test]
fn the_cookie_domain_is_the_registrable_domain_or_none() {
    each("domains.json", |row: &DomainRow| {
        let domain = CookieDomain::of_host(&row.host);
        same(domain.attribute(), row.domain.as_deref())?;
        same(domain.subdomain_index(), row.subdomain_index)
    });
}

#[test]
fn a_browser_that_probes_agrees_with_the_list() {
    each("domains.json", |row: &DomainRow| {
        let probed = probe(&row.host);
        same(probed.subdomain_index(), row.subdomain_index)?;
        // A browser makes a host-only cookie of `Domain=<the host>` where the host is a suffix.
        let expected =
            if row.is_public_suffix { Some(row.host.as_str()) } else { row.domain.as_deref() };
        same(probed.attribute(), expected)
    });
}

#[test]
fn a_probed_domain_that_is_no_candidate_of_the_host_is_taken_for_none() {
    for (host, domain) in [
        ("notexample.com", "example.com"),
        ("www.example.com", "com"),
        ("example.com", "www.example.com"),
        ("www.example.com", ""),
        ("www.example.com", "example.com; Secure"),
        ("www.example.com.", "example.com"),
        ("localhost", "localhost"),
        ("127.0.0.1", "0.1"),
    ] {
        let probed = CookieDomain::probed(host, Some(domain));
        assert_eq!(probed, CookieDomain::probed(host, None), "{host} {domain}");
        assert_eq!(probed.attribute(), None, "{host} {domain}");
    }
}

/// As a browser does: the first candidate that is no public suffix sticks; a suffix sticks for
/// itself alone (RFC 6265, 5.3).
fn probe(host: &str) -> CookieDomain {
    let lower = host.to_ascii_lowercase();
    let found =
        CookieDomain::candidates(&lower).find(|domain| !is_suffix(domain) || *domain == lower);
    CookieDomain::probed(host, found)
}

/// Browsers take the base of a wildcard rule for a suffix, too (`kawasaki.jp` of `*.kawasaki.jp`).
fn is_suffix(domain: &str) -> bool {
    [domain.to_owned(), format!("unlisted.{domain}")]
        .iter()
        .any(|name| psl2::lookup(name).is_some_and(|found| found.is_public_suffix()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientIpRow {
    name: String,
    headers: std::collections::BTreeMap<String, String>,
    peer: Option<String>,
    cloudflare: bool,
    trusted_hops: u8,
    hops_header: Option<String>,
    client_ip: Option<IpAddr>,
}

#[test]
fn the_visitors_address_comes_from_trusted_sources_and_is_public() {
    each("client-ips.json", |row: &ClientIpRow| {
        let options = ClientIpOptions {
            cloudflare: row.cloudflare,
            trusted_hops: row.trusted_hops,
            hops_header: match row.hops_header.as_deref() {
                Some("forwarded") => HopsHeader::Forwarded,
                _ => HopsHeader::XForwardedFor,
            },
        };
        let header = |name: &str| row.headers.get(name).cloned();
        same(client_ip(&header, row.peer.as_deref(), &options), row.client_ip)
    });
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventIdRow {
    name: String,
    given: Option<String>,
    event_name: Option<String>,
    order_id: Option<String>,
    entropy: Option<String>,
    event_id: Option<String>,
    code: Option<String>,
}

#[test]
fn an_event_id_is_given_derived_or_random() {
    each("event-ids.json", |row: &EventIdRow| {
        let id = match (&row.given, &row.event_name, &row.order_id, &row.entropy) {
            (Some(given), ..) => EventId::given(given),
            (_, Some(event_name), Some(order_id), _) => Ok(EventId::derived(event_name, order_id)),
            (.., Some(entropy)) => {
                Ok(EventId::random(u128::from_str_radix(entropy, 16).unwrap().to_be_bytes()))
            }
            _ => return Err("nothing to make an id of".to_owned()),
        };
        same(id.as_ref().ok().map(EventId::as_str), row.event_id.as_deref())?;
        same(id.as_ref().err().map(|reason| reason.code()), row.code.as_deref())
    });
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyedEventIdRow {
    name: String,
    event_name: String,
    order_id: String,
    secret: String,
    event_id: Option<String>,
    code: Option<String>,
}

#[test]
fn a_keyed_event_id_is_the_one_of_another_implementation() {
    each("keyed-event-ids.json", |row: &KeyedEventIdRow| {
        let id = EventId::keyed(&row.event_name, &row.order_id, &row.secret);
        same(id.as_ref().ok().map(EventId::as_str), row.event_id.as_deref())?;
        same(id.as_ref().err().map(|reason| reason.code()), row.code.as_deref())
    });
}

mod for_every_input {
    use proptest::prelude::*;

    use super::*;
    use crate::visit::{self, Jar, NOW, domains, visit};

    /// Values near enough to the real thing to reach every branch.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            "fb\\.[0-3]\\.(1[67][0-9]{11}|[0-9]{1,14})\\.[A-Za-z0-9_%.-]{1,12}(\\.AQYCAQMB|\\.Bg|\\.ZZ)?",
            "[ -:<-~]{0,30}",
        ]
    }

    fn jar() -> impl Strategy<Value = Jar> {
        let pair = ("_fbp|_fbc|other", value().prop_map(|value| value.trim().to_owned()));
        prop::collection::vec(pair, 0..5).prop_map(Jar)
    }

    fn address() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "https://[a-z.]{1,10}/[?#&]fbclid=.{0,20}",
            "\\?fbclid=([A-Za-z0-9._+-]|%[0-9a-fA-F]{2}|%){0,20}",
        ]
    }

    fn host() -> impl Strategy<Value = String> {
        let label = "[a-zA-Z0-9_-]{1,6}|com|co|uk|github|io|workers|dev|kawasaki|jp|ck|www|xn--55qx5d|cn|localhost|0x1|7";
        prop::collection::vec(label, 1..6).prop_map(|labels| labels.join("."))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..Default::default() })]

        #[test]
        fn nothing_panics(
            url in address(), referrer in address(), cookies in any::<String>(), text in any::<String>(),
            now in any::<u64>(), last in any::<Option<u64>>(), mint in any::<Option<[u8; 4]>>(),
        ) {
            let domain = CookieDomain::of_host(&text);
            let cookies = format!("{cookies}; _fbc={cookies}; _fbp={text}");
            let visit = Visit { url: &url, referrer: &referrer, in_app_click: &text, cookies: &cookies, domain: &domain,
                https: false, now_millis: now, last_written_millis: last, mint };
            visit.identifiers();
            let _ = CookieDomain::probed(&text, CookieDomain::candidates(&text).last());
            let _ = EventId::given(&text);
            EventId::derived(&text, &url);
            let _ = EventId::keyed(&text, &url, &cookies);
            for hops_header in [HopsHeader::Forwarded, HopsHeader::XForwardedFor] {
                for trusted_hops in 0..3 {
                    let options = ClientIpOptions { cloudflare: now % 2 == 0, trusted_hops, hops_header };
                    let _ = client_ip(&|_| Some(text.clone()), Some(&url), &options);
                }
            }
        }

        #[test]
        fn two_orders_of_one_event_never_share_a_keyed_id(
            event_name in "[a-z:]{0,4}", first in "[a-z0-9:]{0,5}", second in "[a-z0-9:]{0,5}",
            secret in "[!-~]{32,80}",
        ) {
            let keyed = |order_id: &str| EventId::keyed(&event_name, order_id, &secret).unwrap();
            prop_assert_eq!(keyed(&first) == keyed(&second), first == second);
            prop_assert_ne!(keyed(&first), EventId::derived(&event_name, &first));
        }

        #[test]
        fn what_is_parsed_is_kept(value in value()) {
            if let Ok(fbp) = Fbp::parse(&value) {
                prop_assert_eq!(fbp.as_str(), &value);
            }
            if let Ok(fbc) = Fbc::parse(&value) {
                prop_assert_eq!(fbc.as_str(), &value);
            }
        }

        #[test]
        fn a_click_id_comes_back_from_its_cookie(url in address()) {
            for domain in &domains() {
                let (Ok(click), Some(fbc)) = (ClickId::in_url(&url), visit(&url, "", "", domain).identifiers().fbc)
                else { continue };
                let read = Fbc::parse(fbc.as_str()).unwrap();
                // `__DOT__` may stand for itself or for a dot.
                let read_back = click.as_str().replace('.', "__DOT__").replace("__DOT__", ".");
                prop_assert_eq!(read.click_id(), read_back);
                prop_assert_eq!(read.creation_millis(), NOW);
                prop_assert_eq!(fbc.as_str().split('.').count(), 4);
            }
        }

        #[test]
        fn no_input_adds_an_attribute_or_a_line(url in address(), jar in jar(), host in any::<String>()) {
            let (domain, cookies) = (CookieDomain::of_host(&host), jar.header());
            let visit = visit(&url, "", &cookies, &domain);
            visit::is_well_formed(&visit, &visit.identifiers());
        }

        #[test]
        fn a_second_visit_finds_the_same_and_writes_nothing(url in address(), referrer in address(), jar in jar()) {
            let cookies = jar.header();
            for domain in &domains() {
                let visit = visit(&url, &referrer, &cookies, domain);
                visit::changes_nothing_when_repeated(&visit, &visit.identifiers());
            }
        }

        #[test]
        fn the_order_of_cookies_does_not_matter(url in address(), jar in jar()) {
            let back = Jar(jar.0.iter().rev().cloned().collect()).header();
            for domain in &domains() {
                let forth = visit(&url, "", &jar.header(), domain).identifiers();
                prop_assert_eq!(forth, visit(&url, "", &back, domain).identifiers());
            }
        }

        #[test]
        fn a_browser_that_probes_agrees_with_the_list_on_any_host(host in host()) {
            let (probed, listed) = (probe(&host), CookieDomain::of_host(&host));
            prop_assert_eq!(probed.subdomain_index(), listed.subdomain_index());
            if !is_suffix(&host.to_ascii_lowercase()) {
                prop_assert_eq!(probed.attribute(), listed.attribute());
            }
        }
    }
}
