//! Tests the cookies that the answer to a page's events writes again.
//!
//! [`Safari`] keeps cookies by the rules of `quality-and-tokens.md`, section 5: a script's cookie
//! lives for 7 days, and for 24 hours on a page that was reached by a decorated link.

use std::collections::BTreeMap;

use capi_bridge::relay::{Admission, Door, DoorSecrets, Head, Intake, Moment, Place};
use serde_json::{Value, json};

use crate::taking::{ENTROPY, KEY, NOW_MILLIS, config};

const FBP: &str = "fb.1.1789980000000.1073741823";
const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
const WORKER: &str = "https://shop.example/bridge/events";

/// A request of a page, by default of one on the worker's own host.
#[derive(Clone)]
struct Posted<'a> {
    url: &'a str,
    headers: BTreeMap<&'a str, String>,
    changes: Value,
    body: Value,
    now_millis: u64,
}

impl<'a> Posted<'a> {
    fn with_cookies(cookies: &str) -> Self {
        let headers = [
            ("origin", "https://shop.example"),
            ("sec-fetch-site", "same-origin"),
            ("user-agent", "Mozilla/5.0"),
            ("referer", "https://shop.example/"),
            ("cookie", cookies),
        ];
        Self {
            url: WORKER,
            headers: headers.map(|(name, value)| (name, value.to_owned())).into(),
            changes: json!({}),
            body: json!({ "data": [{ "event_name": "Lead", "event_time": NOW_MILLIS / 1_000 }] }),
            now_millis: NOW_MILLIS,
        }
    }

    fn header(mut self, name: &'a str, value: Option<&str>) -> Self {
        self.headers.remove(name);
        self.headers.extend(value.map(|value| (name, value.to_owned())));
        self
    }

    fn at(mut self, url: &'a str) -> Self {
        self.url = url;
        self
    }

    fn configured(mut self, changes: Value) -> Self {
        self.changes = changes;
        self
    }

    fn event(mut self, member: &str, value: Value) -> Self {
        self.body["data"][0][member] = value;
        self
    }

    fn intake(&self) -> Intake {
        let mut changes = self.changes.clone();
        changes["allowedOrigins"] = json!([
            "https://shop.example",
            "https://www.shop.example",
            "http://www.shop.example",
            "http://localhost:3000",
            "https://other.example",
            "https://me.github.io"
        ]);
        let config = config(&changes);
        let secrets = DoorSecrets::read(&config, [("BRIDGE_KEY", KEY)]).unwrap();
        let entropy = &mut || ENTROPY;
        let mut moment =
            Moment { config: &config, secrets: &secrets, now_millis: self.now_millis, entropy };
        let header = |name: &str| self.headers.get(name).cloned();
        let place = Place::default();
        let head =
            Head { method: "POST", url: self.url, header: &header, peer: Some("8.8.4.4"), place };
        let mut door = Door::default();
        let admitted = match door.admit(&mut moment, &head).unwrap() {
            Admission::Admitted(admitted) => *admitted,
            Admission::Answer(answer) => return refused(answer),
            Admission::NotOurs => panic!("not a path of the door"),
        };
        door.take(&mut moment, admitted, self.body.to_string().as_bytes()).unwrap()
    }

    fn set_cookies(&self) -> Vec<String> {
        let headers = self.intake().answer.headers;
        headers
            .into_iter()
            .filter(|(name, _)| *name == "set-cookie")
            .map(|(_, line)| line)
            .collect()
    }

    fn names(&self) -> Vec<String> {
        self.set_cookies().iter().map(|line| line.split('=').next().unwrap().to_owned()).collect()
    }
}

fn refused(answer: capi_bridge::relay::Answer) -> Intake {
    let mut intake = Posted::with_cookies("").intake();
    intake.answer = answer;
    intake
}

fn old_click() -> String {
    format!("fb.1.{}.IwAR2AbC_dEf-123", NOW_MILLIS - 40 * DAY)
}

fn both() -> String {
    format!("theme=dark; _fbp={FBP}; _fbc={}", old_click())
}

#[test]
fn the_pages_own_values_are_written_again_as_a_server_writes_them() {
    let posted = Posted::with_cookies(&both());
    let attributes = "Path=/; Domain=shop.example; Max-Age=7776000; SameSite=Lax; Secure";
    assert_eq!(
        posted.set_cookies(),
        [
            format!("_fbp={FBP}; {attributes}"),
            format!("_fbc={}; {attributes}", old_click()),
            format!(
                "_capi_rewritten={}; Path=/; Domain=shop.example; Max-Age=86400; SameSite=Lax; Secure",
                NOW_MILLIS / 1_000
            ),
        ]
    );
    assert_eq!(posted.intake().answer.status, 202);
}

#[test]
fn an_answer_a_day_writes_them() {
    let with = |age: u64| format!("{}; _capi_rewritten={}", both(), (NOW_MILLIS - age) / 1_000);
    assert_eq!(Posted::with_cookies(&with(0)).names(), Vec::<String>::new());
    assert_eq!(Posted::with_cookies(&with(DAY - 1_000)).names(), Vec::<String>::new());
    // The browser deletes the cookie with the time after a day. One that a page forges is no rule.
    for forged in ["x", "", "99999999999999999999", "1890000000"] {
        let cookies = format!("{}; _capi_rewritten={forged}", both());
        assert_eq!(Posted::with_cookies(&cookies).names().len(), 3, "{forged}");
    }
    // A document has written them before the page's pixel did.
    let document = format!("{}; _capi_written={}", both(), NOW_MILLIS / 1_000);
    assert_eq!(Posted::with_cookies(&document).names().len(), 3);
}

#[test]
fn in_the_day_after_a_click_each_answer_writes_them() {
    let with = |age: u64| {
        let click = format!("fb.1.{}.IwAR2", NOW_MILLIS - age);
        format!("_fbp={FBP}; _fbc={click}; _capi_rewritten={}", NOW_MILLIS / 1_000)
    };
    for age in [0, 1_000, DAY - 1] {
        assert_eq!(Posted::with_cookies(&with(age)).names(), ["_fbp", "_fbc", "_capi_rewritten"]);
    }
    assert_eq!(Posted::with_cookies(&with(DAY)).names(), Vec::<String>::new());
}

#[test]
fn no_value_is_written_that_the_browser_did_not_show() {
    let none = Vec::<String>::new();
    // Neither from a header of the page's request, nor from an event, nor from an address.
    let posted = Posted::with_cookies("theme=dark")
        .header("x-capi-fbp", Some(FBP))
        .header("x-capi-fbc", Some(&old_click()))
        .header("referer", Some("https://shop.example/?fbclid=IwAR2"))
        .event("event_source_url", json!("https://shop.example/?fbclid=IwAR2"))
        .event("user_data", json!({ "fbp": FBP, "fbc": old_click() }));
    assert_eq!(posted.names(), none);
    assert_eq!(posted.header("cookie", None).names(), none);
    // Values that do not pass their patterns, and a click of more than 90 days.
    let stale = format!("fb.1.{}.IwAR2", NOW_MILLIS - 91 * DAY);
    for cookies in [
        "_fbp=x; _fbc=fb.1.2".to_owned(),
        "_fbp=fb.1.1.2; Domain=evil.example; _fbc=fb.1.ab.c"
            .to_owned()
            .replace("fb.1.1.2", "fb.1.1"),
        format!("_fbc={stale}"),
    ] {
        assert_eq!(Posted::with_cookies(&cookies).names(), none, "{cookies}");
    }
    let one = Posted::with_cookies(&format!("_fbp={FBP}; _fbc={stale}"));
    assert_eq!(one.names(), ["_fbp", "_capi_rewritten"]);
}

#[test]
fn only_a_page_of_the_same_site_gets_them() {
    let none = Vec::<String>::new();
    let posted = Posted::with_cookies(&both());
    // By the browser's word.
    for (site, count) in [("same-origin", 3), ("same-site", 3), ("cross-site", 0), ("none", 0)] {
        assert_eq!(
            posted.clone().header("sec-fetch-site", Some(site)).names().len(),
            count,
            "{site}"
        );
    }
    // Without its word, by the registrable domain of both hosts.
    let silent = posted.clone().header("sec-fetch-site", None);
    for (origin, worker, count) in [
        ("https://shop.example", WORKER, 3),
        ("https://www.shop.example", WORKER, 3),
        ("https://www.shop.example", "https://bridge.shop.example/bridge/events", 3),
        ("http://www.shop.example", "http://www.shop.example:8787/bridge/events", 3),
        ("http://localhost:3000", "http://localhost:8787/bridge/events", 3),
        ("http://localhost:3000", "http://127.0.0.1:8787/bridge/events", 0),
        ("https://other.example", WORKER, 0),
        ("https://me.github.io", "https://you.github.io/bridge/events", 0),
    ] {
        let posted = silent.clone().header("origin", Some(origin)).at(worker);
        assert_eq!(posted.names().len(), count, "{origin} {worker}");
    }
    // Behind a proxy, the visitor's host is in a header that the operator trusts.
    let behind = silent.at("http://127.0.0.1:8787/bridge/events");
    assert_eq!(behind.names(), none);
    let forwarded = behind.header("x-forwarded-host", Some("shop.example"));
    assert_eq!(forwarded.names(), none);
    let trusted =
        json!({ "trustedHeaders": ["x-forwarded-host"], "clientIp": { "trustedHops": 1 } });
    assert_eq!(forwarded.configured(trusted).names().len(), 3);
}

#[test]
fn the_domain_is_the_pages_registrable_domain() {
    let line = |origin: &str| {
        Posted::with_cookies(&both()).header("origin", Some(origin)).set_cookies().remove(0)
    };
    assert!(line("https://www.shop.example").contains("; Domain=shop.example; "));
    assert!(line("https://me.github.io").contains("; Domain=me.github.io; "));
    let local = line("http://localhost:3000");
    assert!(!local.contains("Domain") && !local.contains("Secure"), "{local}");
}

#[test]
fn a_no_leaves_the_cookies_as_they_are() {
    let none = Vec::<String>::new();
    let posted = Posted::with_cookies(&both());
    let gpc = posted.clone().header("sec-gpc", Some("1"));
    for word in ["refuse", "limit", "ignore"] {
        let posted = gpc.clone().configured(json!({ "globalPrivacyControl": word }));
        assert_eq!(posted.names(), none, "{word}");
    }
    assert_eq!(posted.clone().event("opt_out", json!(true)).names(), none);
    assert_eq!(posted.clone().event("opt_out", json!(false)).names().len(), 3);
    assert_eq!(posted.clone().event("consent", json!("denied")).names(), none);
    let mut two = posted.clone();
    two.body["data"].as_array_mut().unwrap().push(json!({
        "event_name": "Lead", "event_time": NOW_MILLIS / 1_000, "consent": "denied",
    }));
    assert_eq!((two.intake().events.len(), two.names()), (1, none.clone()));
    // The site's consent cookie says no, or is not there.
    let consent = json!({ "documents": {
        "cookies": "consentCookie", "consentCookie": { "name": "choice", "equals": "yes" },
    } });
    for (choice, count) in [("; choice=no", 0), ("", 0), ("; choice=yes", 3)] {
        let cookies = format!("{}{choice}", both());
        let posted = Posted::with_cookies(&cookies).configured(consent.clone());
        assert_eq!(posted.names().len(), count, "{choice}");
    }
}

#[test]
fn neither_a_server_nor_a_refused_request_gets_them() {
    let none = Vec::<String>::new();
    let posted = Posted::with_cookies(&both());
    let key = format!("Bearer {KEY}");
    let server =
        posted.clone().header("authorization", Some(&key)).event("action_source", json!("email"));
    assert_eq!((server.intake().answer.status, server.names()), (202, none.clone()));
    let purchase = posted.clone().event("event_name", json!("Purchase"));
    assert_eq!((purchase.intake().answer.status, purchase.names()), (400, none.clone()));
    let stranger = posted.clone().header("origin", Some("https://evil.example"));
    assert_eq!((stranger.intake().answer.status, stranger.names()), (403, none.clone()));
    assert_eq!(
        posted.configured(json!({ "documents": { "rewriteCookies": "off" } })).names(),
        none
    );
}

/// A visitor's Safari: its cookies, each with the time at which it is deleted.
#[derive(Default)]
struct Safari {
    cookies: BTreeMap<String, (String, u64)>,
    now_millis: u64,
    /// True on a page that was reached by a link with a click id from a classified site.
    is_decorated: bool,
}

impl Safari {
    /// Keeps a cookie of a script, for as long as WebKit does.
    fn script(&mut self, name: &str, value: &str) {
        let cap = if self.is_decorated { DAY } else { 7 * DAY };
        let until = self.now_millis + cap.min(90 * DAY);
        self.cookies.insert(name.to_owned(), (value.to_owned(), until));
    }

    /// Returns the cookies that are still there.
    fn header(&self) -> String {
        let alive = self.cookies.iter().filter(|(_, (_, until))| *until > self.now_millis);
        alive.map(|(name, (value, _))| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Lets the pixel run for an event: it writes both cookies again by script.
    fn pixel(&mut self) {
        for pair in self.header().split("; ") {
            let (name, value) = pair.split_once('=').unwrap();
            if name.starts_with("_fb") {
                self.script(name, value);
            }
        }
    }

    /// Posts an event, and keeps the cookies of the answer.
    fn post(&mut self, config: &Value) {
        let posted = Posted {
            now_millis: self.now_millis,
            ..Posted::with_cookies(&self.header()).configured(config.clone())
        };
        let event_time = json!(self.now_millis / 1_000);
        for line in posted.event("event_time", event_time).set_cookies() {
            let (name, rest) = line.split_once('=').unwrap();
            let (value, attributes) = rest.split_once("; ").unwrap();
            let seconds = attributes.split("Max-Age=").nth(1).unwrap().split(';').next().unwrap();
            let until = self.now_millis + seconds.parse::<u64>().unwrap() * 1_000;
            self.cookies.insert(name.to_owned(), (value.to_owned(), until));
        }
    }

    /// Returns the visitor after a click on an ad and some events on the page that it led to.
    fn after_a_click(events: usize, config: &Value) -> Self {
        let mut safari = Self { now_millis: NOW_MILLIS, is_decorated: true, ..Self::default() };
        safari.script("_fbp", FBP);
        safari.script("_fbc", &format!("fb.1.{NOW_MILLIS}.IwAR2AbC_dEf-123"));
        for _ in 0..events {
            safari.pixel();
            safari.post(config);
            safari.now_millis += 20_000;
        }
        safari.is_decorated = false;
        safari
    }
}

#[test]
fn a_visitor_who_comes_back_weeks_after_an_ad_still_has_the_click() {
    for events in [1, 2, 5] {
        let mut safari = Safari::after_a_click(events, &json!({}));
        for day in [2, 30, 89] {
            safari.now_millis = NOW_MILLIS + day * DAY;
            let header = safari.header();
            assert!(header.contains("_fbc=") && header.contains("_fbp="), "{events}, day {day}");
        }
        // Without the answers' cookies, the click is gone on the second day.
        let off = json!({ "documents": { "rewriteCookies": "off" } });
        let mut safari = Safari::after_a_click(events, &off);
        safari.now_millis = NOW_MILLIS + 2 * DAY;
        assert_eq!(safari.header(), "");
    }
}
