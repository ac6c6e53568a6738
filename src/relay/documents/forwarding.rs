//! Decides about the request that goes on to the origin.

use core::net::{IpAddr, SocketAddr};
use std::borrow::Cow;

use serde::Serialize;

use super::{DocumentRequest, HeaderChange, Origin};
use crate::identifiers::{HopsHeader, client_ip};
use crate::relay::config::{Config, Documents, is_forwarded, is_method_override, is_of_cloudflare};
use crate::relay::site::forwarded;

/// The header that marks a request as sent on by the worker. If a request arrives with it, the
/// origin is the worker itself.
const MARK: &str = "x-capi-bridge";

/// The destination of a request, and the changes to its headers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Forwarding {
    /// No destination: no origin is configured.
    None,
    /// No destination: the request came from the worker itself and would loop for ever.
    Loop,
    /// On to the origin.
    To {
        /// The address.
        url: String,
        /// Headers to set, or with `null` to remove, in this order.
        headers: Vec<HeaderChange>,
        /// A warning for the operator, such as about a header that probably should be trusted.
        warning: Option<&'static str>,
    },
}

/// Returns the destination of a request that is not for the worker itself.
///
/// `names` are the names of its headers in lower case. `is_bound` is true if a service is bound as
/// `ORIGIN`. Such a service accepts any address, so the visitor's address stays.
#[must_use]
pub fn forwarding(
    config: &Config,
    request: &DocumentRequest<'_>,
    names: &[String],
    is_bound: bool,
) -> Forwarding {
    let url = match &config.documents.origin {
        None if !is_bound => return Forwarding::None,
        Some(Origin::Server(server)) if !is_bound => format!("{server}{}", request.path()),
        _ => request.url.to_owned(),
    };
    let mut headers = Vec::new();
    forwarded_headers(config, request, names, &mut headers);
    // Without any setting for documents, the worker is only a proxy of the bound service.
    if config.documents != Documents::default() {
        if (request.header)(MARK).is_some() {
            return Forwarding::Loop;
        }
        headers.push((MARK.into(), Some("1".to_owned())));
    }
    if config.documents.inject_script.is_some() && request.is_navigation() {
        whole_document(request, &mut headers);
    }
    Forwarding::To { url, headers, warning: warning(config, request) }
}

/// Overwrites or removes each forwarded header that is not trusted. Otherwise a server or its
/// framework would trust the host, scheme, path or address that a visitor sent.
fn forwarded_headers(
    config: &Config,
    request: &DocumentRequest<'_>,
    names: &[String],
    headers: &mut Vec<HeaderChange>,
) {
    let is_route = config.documents.origin == Some(Origin::Route);
    let options = config.client_ip_options(request.peer);
    let is_cloudflares = |name: &str| match name {
        // If Cloudflare names a real IPv4 address, this header may be the visitor's own.
        "cf-connecting-ipv6" => is_pseudo_ipv4((request.header)("cf-connecting-ip")),
        // On the way to the server behind a route, Cloudflare reads the first and writes the
        // second.
        "x-real-ip" | "x-forwarded-for" => is_route,
        _ => is_of_cloudflare(name),
    };
    // A page's own POST may override its method. With GET or HEAD only an attack does so, to make a
    // cache store the answer to another method.
    let is_safe = matches!(request.method, "GET" | "HEAD");
    headers.extend(
        names
            .iter()
            .filter(|name| is_forwarded(name) || is_safe && is_method_override(name))
            .filter(|name| !request.is_trusted(config, name))
            .filter(|name| !(options.cloudflare && is_cloudflares(name)))
            .map(|name| (Cow::Owned(name.clone()), None)),
    );
    headers.push(("x-forwarded-proto".into(), Some(request.scheme(config).to_owned())));
    if is_route {
        return;
    }
    headers.push(("x-forwarded-host".into(), Some(request.host(config))));
    let hops = hops(config, request);
    if !hops.is_empty() {
        headers.push(("x-forwarded-for".into(), Some(hops.join(", "))));
    }
    if options.cloudflare
        && let Some(visitor) = client_ip(request.header, None, &options)
        && !config.trusted_headers.has("x-real-ip")
    {
        headers.push(("x-real-ip".into(), Some(visitor.to_string())));
    }
}

/// Returns true if Cloudflare put a pseudo IPv4 address in place of an IPv6 address. (Cloudflare,
/// "Pseudo IPv4")
fn is_pseudo_ipv4(connecting: Option<String>) -> bool {
    let address = connecting.and_then(|text| text.trim().parse::<IpAddr>().ok());
    matches!(address, Some(IpAddr::V4(v4)) if v4.octets()[0] >= 240)
}

/// Returns the trusted addresses on the way of a request: the visitor's, then those of the proxies.
/// Each is the address that the next proxy saw.
fn hops(config: &Config, request: &DocumentRequest<'_>) -> Vec<String> {
    let options = config.client_ip_options(request.peer);
    let trusted = usize::from(options.trusted_hops);
    let mut hops: Vec<String> = match options.hops_header {
        _ if options.cloudflare => client_ip(request.header, None, &options)
            .map(|address| address.to_string())
            .into_iter()
            .collect(),
        // The visitor may have sent the entries before those of the trusted proxies.
        HopsHeader::XForwardedFor => {
            let header = request.header("x-forwarded-for");
            let mut entries: Vec<&str> = header.rsplit(',').take(trusted).map(str::trim).collect();
            entries.reverse();
            let is_whole =
                entries.len() == trusted && entries.iter().all(|entry| is_address(entry));
            if is_whole { entries.into_iter().map(str::to_owned).collect() } else { Vec::new() }
        }
        HopsHeader::Forwarded => {
            let header = request.header("forwarded");
            let entries: Option<Vec<String>> = (0..trusted)
                .rev()
                .map(|from_end| forwarded::parameter(&header, from_end, "for"))
                .map(|entry| entry.filter(|entry| is_address(entry)))
                .collect();
            entries.unwrap_or_default()
        }
    };
    if let Some(peer) = request.peer {
        // Some runtimes add the port.
        hops.push(peer.parse::<SocketAddr>().map_or(peer.to_owned(), |peer| peer.ip().to_string()));
    }
    hops
}

/// Returns true if the text is an IP address, with or without brackets and a port.
fn is_address(text: &str) -> bool {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse::<IpAddr>().is_ok() || text.parse::<SocketAddr>().is_ok()
}

/// Returns a warning if a proxy in front sends `https` and is not trusted. The origin would get
/// `http`, and the cookies would not be `Secure`.
fn warning(config: &Config, request: &DocumentRequest<'_>) -> Option<&'static str> {
    let options = config.client_ip_options(request.peer);
    let has_proxy = options.trusted_hops > 0 || options.cloudflare;
    let says_https = request.header("x-forwarded-proto").trim().eq_ignore_ascii_case("https");
    (has_proxy && says_https && request.scheme(config) == "http").then_some(
        "x-forwarded-proto says https and is not believed, so the site's server hears http; if a proxy of yours overwrites that header, add \"trustedHeaders\": [\"x-forwarded-proto\"] to the configuration",
    )
}

/// Asks the origin for a whole document, in an encoding that the runtime decodes, because the tag
/// goes into it. Removes conditional headers, because a cached copy may be from before the script
/// was enabled.
fn whole_document(request: &DocumentRequest<'_>, headers: &mut Vec<HeaderChange>) {
    for name in ["if-none-match", "if-modified-since", "if-range", "range"] {
        headers.push((name.into(), None));
    }
    if let Some(accepted) = (request.header)("accept-encoding") {
        let known: Vec<&str> = accepted
            .split(',')
            .map(str::trim)
            .filter(|coding| matches!(coding.split(';').next(), Some("gzip" | "br")))
            .collect();
        let known = if known.is_empty() { "identity".to_owned() } else { known.join(", ") };
        headers.push(("accept-encoding".into(), Some(known)));
    }
}
