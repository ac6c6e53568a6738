//! What goes on to the origin.

use core::net::SocketAddr;

use serde::Serialize;

use super::{DocumentRequest, HeaderChange, Origin};
use crate::relay::Config;

/// Marks what the worker sent on: met again, the origin is the worker itself.
const MARK: &str = "x-capi-bridge";

/// Where a request goes, and with which headers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Forwarding {
    /// Nowhere: no origin is configured.
    None,
    /// It came from the worker itself and would go round for ever.
    Loop,
    /// On to the origin.
    To {
        /// The address.
        url: String,
        /// Headers to set, or with `null` to remove.
        headers: Vec<HeaderChange>,
    },
}

/// Decides where a request goes that is not for the worker itself. `is_bound`: a service is bound
/// as `ORIGIN`, which takes any address, so the visitor's stays.
#[must_use]
pub fn forwarding(config: &Config, request: &DocumentRequest<'_>, is_bound: bool) -> Forwarding {
    let url = match &config.documents.origin {
        None if !is_bound => return Forwarding::None,
        Some(Origin::Server(server)) if !is_bound => format!("{server}{}", request.path()),
        _ => request.url.to_owned(),
    };
    if (request.header)(MARK).is_some() {
        return Forwarding::Loop;
    }
    let mut headers = vec![(MARK, Some("1".to_owned()))];
    if matches!(config.documents.origin, Some(Origin::Server(_))) {
        forwarded(config, request, &mut headers);
    }
    if config.documents.inject_script.is_some() && request.is_navigation() {
        whole_document(request, &mut headers);
    }
    Forwarding::To { url, headers }
}

/// Tells a server what the visitor's browser said to us. What a visitor claims about proxies is not
/// passed on: only what a proxy of the operator's own wrote is believed.
fn forwarded(config: &Config, request: &DocumentRequest<'_>, headers: &mut Vec<HeaderChange>) {
    let is_behind_proxy = config.is_behind_proxy(request.peer);
    if let Some(peer) = request.peer {
        let hops = (request.header)("x-forwarded-for").filter(|_| is_behind_proxy);
        // Some hosts name the port as well.
        let peer = peer.parse::<SocketAddr>().map_or(peer.to_owned(), |peer| peer.ip().to_string());
        let hops = hops.map_or_else(|| peer.clone(), |hops| format!("{hops}, {peer}"));
        headers.push(("x-forwarded-for", Some(hops)));
    }
    headers.push(("x-forwarded-proto", Some(request.scheme(config).to_owned())));
    headers.push(("x-forwarded-host", Some(request.host(config))));
    if !is_behind_proxy {
        headers.push(("forwarded", None));
        headers.push(("x-real-ip", None));
        headers.push(("x-forwarded-port", None));
    }
}

/// The tag goes into a whole document that can be decoded. A cached copy may be from before the
/// script was wanted, so the origin is not asked whether that is still good.
fn whole_document(request: &DocumentRequest<'_>, headers: &mut Vec<HeaderChange>) {
    for name in ["if-none-match", "if-modified-since", "if-range", "range"] {
        headers.push((name, None));
    }
    if let Some(accepted) = (request.header)("accept-encoding") {
        let known: Vec<&str> = accepted
            .split(',')
            .map(str::trim)
            .filter(|coding| matches!(coding.split(';').next(), Some("gzip" | "br")))
            .collect();
        let known = if known.is_empty() { "identity".to_owned() } else { known.join(", ") };
        headers.push(("accept-encoding", Some(known)));
    }
}
