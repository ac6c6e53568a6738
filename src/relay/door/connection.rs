//! Reads the facts of a request about its visitor, such as address, user agent and cookies, and
//! adds them to events.

use std::cell::Cell;
use std::net::IpAddr;

use crate::event::{DataProcessing, ServerEvent};
use crate::identifiers::{CookieDomain, Fbc, Fbp, Visit, client_ip};
use crate::relay::config::{Config, GlobalPrivacyControl, LimitedDataUse};

/// The maximum size of a user agent, in bytes. Longer ones are cut. No browser's is half as long.
const MAX_USER_AGENT_BYTES: usize = 1_024;
/// The maximum size of a `Referer`, in bytes. A longer one loses its query, and then its end. Each
/// event of a request may get a copy of it.
const MAX_REFERER_BYTES: usize = 2_048;
/// The maximum size of a browser id or a click id from headers, in bytes. Longer ones are dropped.
/// Meta's click ids have at most 500 characters.
const MAX_IDENTIFIER_BYTES: usize = 1_024;

/// The facts of one HTTP request that the door decides by, or adds to its events. It has no
/// `Debug`, because it holds a key.
#[derive(Clone, Default)]
pub struct Connection {
    /// The `Origin` header.
    pub origin: Option<String>,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The `Sec-Fetch-Site` header: the browser's word on the site that the request comes from.
    pub fetch_site: Option<String>,
    /// The `Sec-Fetch-Mode` header.
    pub fetch_mode: Option<String>,
    /// True if the browser sent `Sec-GPC: 1` (Global Privacy Control).
    pub privacy_control: bool,
    /// The visitor's public address.
    pub client_ip: Option<IpAddr>,
    /// The country and the region of that address, if the host knows them.
    pub place: Place,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The `Referer` header: the page's address, or the part of it that the page's referrer policy
    /// allows.
    pub referer: Option<String>,
    /// The `_fbp` cookie, else the header `x-capi-fbp`. A page attaches that header to requests to
    /// its own back end, and the back end passes it on.
    pub fbp: Option<Fbp>,
    /// The `_fbc` cookie, else the header `x-capi-fbc`.
    pub fbc: Option<Fbc>,
    /// The `Set-Cookie` headers for the answer to a page: its own cookies, written again.
    pub rewritten_cookies: Vec<String>,
    /// True if `clientIp` is not set and the connection comes from no public address. That address
    /// may be a proxy's, which stands for every visitor.
    pub is_peer_private: bool,
    /// The size of the headers that were read, in bytes.
    pub header_bytes: usize,
}

/// The country and the region of a visitor, if the host knows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// ISO 3166-1, such as `US`.
    pub country: Option<String>,
    /// The part of ISO 3166-2 after the country, such as `CA`.
    pub region: Option<String>,
}

impl Connection {
    /// Reads the facts from the headers. `peer` is the address at the other end of the connection.
    #[must_use]
    pub fn read(
        config: &Config,
        header: &dyn Fn(&str) -> Option<String>,
        peer: Option<&str>,
        place: Place,
        now_millis: u64,
    ) -> Self {
        let header_bytes = Cell::new(0);
        let header = &|name: &str| {
            let value = header(name)?;
            header_bytes.set(header_bytes.get() + name.len() + value.len());
            Some(value)
        };
        let cookies = header("cookie").unwrap_or_default();
        let client_ip = client_ip(header, peer, &config.client_ip_options(peer));
        let fbp = Fbp::in_cookies(&cookies).or_else(|| Fbp::parse(&header("x-capi-fbp")?).ok());
        let fbc = Fbc::in_cookies(&cookies, now_millis).or_else(|| {
            Fbc::parse(&header("x-capi-fbc")?).ok().filter(|fbc| fbc.is_fresh(now_millis))
        });
        Self {
            origin: header("origin"),
            authorization: header("authorization"),
            fetch_site: header("sec-fetch-site"),
            fetch_mode: header("sec-fetch-mode"),
            privacy_control: header("sec-gpc").is_some_and(|value| value.trim() == "1"),
            client_ip,
            is_peer_private: config.client_ip.is_none() && peer.is_some() && client_ip.is_none(),
            place,
            user_agent: header("user-agent")
                .filter(|agent| !agent.is_empty())
                .map(|agent| cut(&agent)),
            referer: header("referer")
                .map(|referer| page(&referer))
                .filter(|page| !page.is_empty()),
            fbp: fbp.filter(|fbp| fbp.as_str().len() <= MAX_IDENTIFIER_BYTES),
            fbc: fbc.filter(|fbc| fbc.as_str().len() <= MAX_IDENTIFIER_BYTES),
            rewritten_cookies: Vec::new(),
            header_bytes: header_bytes.get(),
        }
    }

    /// Returns true if a browser sent the request for a page of another site whose origin is not
    /// allowed. Such a request costs the address nothing, because any site can make its visitors'
    /// browsers send it. A browser without `Sec-Fetch-Site` still sends its `Origin`.
    #[must_use]
    pub fn is_of_another_site(&self, config: &Config) -> bool {
        let is_allowed = self.origin.as_deref().is_some_and(|origin| config.allows_origin(origin));
        let is_cross_site = match self.fetch_site.as_deref() {
            Some(site) => site == "cross-site",
            None => self.origin.is_some(),
        };
        is_cross_site && !is_allowed
    }

    /// Returns the bytes of the headers that stay in memory while the body is read.
    pub(super) fn bytes(&self) -> usize {
        let texts = [&self.origin, &self.user_agent, &self.referer];
        let texts = texts.into_iter().flatten().chain(&self.rewritten_cookies);
        texts.map(String::len).sum()
    }

    /// Adds the facts that a page's event lacks. If it has no usable address of its page, the
    /// `Referer` is the address. The IP address and the user agent always come from the connection,
    /// so a page cannot set others. Sets limited data use if the configuration
    /// demands it.
    pub fn enrich_page(&self, config: &Config, event: &mut ServerEvent) {
        let customer = &mut event.user_data;
        customer.client_ip_address = self.client_ip;
        customer.client_user_agent = self.shown_user_agent();
        if event.event_source_url.is_none() {
            event.event_source_url.clone_from(&self.referer);
        }
        self.add_identifiers(event);
        let asked =
            self.privacy_control && config.global_privacy_control == GlobalPrivacyControl::Limit;
        let unsaid = event.data_processing.is_none();
        if asked || unsaid && config.limited_data_use == LimitedDataUse::Always {
            let Place { country, region } = &self.place;
            event.data_processing =
                Some(DataProcessing::limited(country.as_deref(), region.as_deref()));
        }
    }

    /// Adds the visitor's identifiers to a server's event if the server passes on the visitor's
    /// cookies. An event without a click id gets the one in its page's address. The server's own
    /// address and user agent are not the visitor's, so they are not added.
    pub fn enrich_server(&self, event: &mut ServerEvent) {
        self.cut_user_agent(event);
        self.add_identifiers(event);
        if event.user_data.fbc.is_none() {
            event.user_data.fbc = click_of_page(event);
        }
    }

    /// Cuts the user agent of an event to the maximum size.
    pub(super) fn cut_user_agent(&self, event: &mut ServerEvent) {
        if let Some(agent) = &mut event.user_data.client_user_agent {
            *agent = cut(agent);
        }
    }

    /// Returns the user agent, cut to the maximum size.
    pub(super) fn shown_user_agent(&self) -> Option<String> {
        self.user_agent.as_deref().map(cut)
    }

    fn add_identifiers(&self, event: &mut ServerEvent) {
        let customer = &mut event.user_data;
        if customer.fbp.is_none() {
            customer.fbp.clone_from(&self.fbp);
        }
        if customer.fbc.is_none() {
            customer.fbc.clone_from(&self.fbc);
        }
    }
}

/// Returns the click id in the address of an event's page. No cookie holds this click id, so it
/// gets the event time and the subdomain index of a click id without a cookie. (Meta, "ClickID and
/// the fbp and fbc Parameters")
fn click_of_page(event: &ServerEvent) -> Option<Fbc> {
    let visit = Visit {
        url: event.event_source_url.as_deref()?,
        referrer: "",
        in_app_click: "",
        cookies: "",
        domain: &CookieDomain::probed("shop.example", Some("shop.example")),
        https: true,
        now_millis: u64::try_from(event.event_time).ok()?.saturating_mul(1_000),
        last_written_millis: None,
        mint: None,
    };
    visit.identifiers().fbc
}

fn cut(agent: &str) -> String {
    up_to(agent, MAX_USER_AGENT_BYTES).to_owned()
}

/// Returns a `Referer`. If it is too long, returns its origin and path, cut to the maximum size.
fn page(referer: &str) -> String {
    if referer.len() <= MAX_REFERER_BYTES {
        return referer.to_owned();
    }
    let path = referer.split(['?', '#']).next().unwrap_or_default();
    up_to(path, MAX_REFERER_BYTES).to_owned()
}

/// Returns the longest prefix of a text with at most `most` bytes.
fn up_to(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}
