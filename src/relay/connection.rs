//! What only a server knows of a visitor: the address, the browser, the cookies that came along.

use std::net::IpAddr;

use crate::event::ServerEvent;
use crate::identifiers::{Fbc, Fbp, client_ip};
use crate::relay::Config;

/// Longer user agents are cut: no browser's is half as long.
const MAX_USER_AGENT_BYTES: usize = 1_024;

/// The facts of one HTTP request that go into its events.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// The `Origin` header.
    pub origin: Option<String>,
    /// The visitor's public address.
    pub client_ip: Option<IpAddr>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The `Referer` header: the page, as far as its policy lets it be told.
    pub referer: Option<String>,
    /// `_fbp` of the `Cookie` header.
    pub fbp: Option<Fbp>,
    /// `_fbc` of the `Cookie` header.
    pub fbc: Option<Fbc>,
}

impl Connection {
    /// Reads what the headers say. `peer` is the address at the other end of the connection.
    #[must_use]
    pub fn read(
        config: &Config,
        header: &dyn Fn(&str) -> Option<String>,
        peer: Option<&str>,
        now_millis: u64,
    ) -> Self {
        let cookies = header("cookie").unwrap_or_default();
        Self {
            origin: header("origin"),
            client_ip: client_ip(header, peer, &config.client_ip_options(peer)),
            user_agent: header("user-agent").filter(|agent| !agent.is_empty()),
            referer: header("referer").filter(|referer| !referer.is_empty()),
            fbp: Fbp::in_cookies(&cookies),
            fbc: Fbc::in_cookies(&cookies, now_millis),
        }
    }

    /// Adds to an event what it does not say itself. The address and the browser are always those
    /// of the connection: a page cannot say others.
    pub fn enrich(&self, event: &mut ServerEvent) {
        let customer = &mut event.user_data;
        customer.client_ip_address = self.client_ip;
        customer.client_user_agent = self.user_agent.as_ref().map(|agent| {
            let mut agent = agent.clone();
            agent.truncate(agent.floor_char_boundary(MAX_USER_AGENT_BYTES));
            agent
        });
        if customer.fbp.is_none() {
            customer.fbp.clone_from(&self.fbp);
        }
        if customer.fbc.is_none() {
            customer.fbc.clone_from(&self.fbc);
        }
        if event.event_source_url.is_none() {
            event.event_source_url.clone_from(&self.referer);
        }
    }
}
