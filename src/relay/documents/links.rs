//! Rewrites the links to the origin's own address in the headers of its answer, so that they lead
//! to the site.
//!
//! The headers are `Location`, `Content-Location` and `Refresh`, as in other reverse proxies. Links
//! in the body and in `Link` stay as they are. A page with its server's own address there is also
//! wrong without the worker.
//!
//! A link is compared and rebuilt in parsed form, because cutting the text is not safe:
//! `http://origin//evil.example/` without its start is the address of another host. The runtime's
//! own parser is used. It is the browser's (WHATWG URL), and a parser in Rust (the `url` crate)
//! would add 60 kB.

use super::{DocumentRequest, DocumentResponse, HeaderChange, Origin};
use crate::relay::Config;

/// A parsed address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The whole address.
    pub href: String,
    /// Scheme, host and port, such as `https://shop.example`; `null` where the scheme has no host.
    pub origin: String,
    /// The host and the port.
    pub host: String,
    /// The path, the query and the fragment.
    pub path: String,
}

/// Parses a link against a base address, as the `URL` of a browser does. Returns `None` where `URL`
/// throws.
pub type Resolve<'a> = &'a dyn Fn(&str, &str) -> Option<Address>;

/// Adds the rewritten link headers of an answer to `headers`.
pub(super) fn on_site(
    config: &Config,
    request: &DocumentRequest<'_>,
    response: &DocumentResponse<'_>,
    headers: &mut Vec<HeaderChange>,
) {
    let Some(Origin::Server(server)) = &config.documents.origin else { return };
    let header = |name: &str| (response.header)(name).map(|value| value.trim_ascii().to_owned());
    let links = ["location", "content-location"].map(header);
    let refresh = header("refresh");
    if links.iter().all(Option::is_none) && refresh.is_none() {
        return;
    }
    let Some(own) = (response.resolve)("/", server) else { return };
    let page = format!("{}://{}{}", request.scheme(config), request.host(config), request.path());
    let rewritten = |link: &str| rewritten(link, &own, response, &page);
    for (name, link) in ["location", "content-location"].into_iter().zip(links) {
        if let Some(link) = link.and_then(|link| rewritten(&link)) {
            headers.push((name.into(), Some(link)));
        }
    }
    if let Some(refresh) = refresh
        && let Some((time, link)) = parts_of_refresh(&refresh)
        && let Some(link) = rewritten(link)
    {
        headers.push(("refresh".into(), Some(format!("{time};url={link}"))));
    }
}

/// Returns the link for the visitor's browser, or `None` if it stays as it is.
fn rewritten(
    link: &str,
    own: &Address,
    response: &DocumentResponse<'_>,
    page: &str,
) -> Option<String> {
    // The same text can have two meanings: `http:kites` is relative to a page with http, and a host
    // on any other page.
    let meant = (response.resolve)(link, response.url)?;
    let seen = (response.resolve)(link, page);
    if meant.origin != own.origin {
        let is_same = seen.is_some_and(|seen| seen.host == meant.host);
        return (!is_same).then_some(meant.href);
    }
    let is_on_site = (response.resolve)("/", page)
        .zip(seen)
        .is_some_and(|(site, seen)| site.origin == seen.origin && seen.path == meant.path);
    if is_on_site {
        return None;
    }
    // A path that starts with two slashes would be read as a host. The browser removes the dot.
    Some(if meant.path.starts_with("//") { format!("/.{}", meant.path) } else { meant.path })
}

/// Returns the seconds and the address of `Refresh`, or `None` if it has no address. (HTML, "shared
/// declarative refresh steps")
fn parts_of_refresh(value: &str) -> Option<(&str, &str)> {
    let digits = value.find(|character: char| !character.is_ascii_digit())?;
    let (seconds, rest) = value.split_at_checked(digits)?;
    let rest =
        rest.trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
    let after_space = rest.trim_ascii_start();
    let address = after_space.strip_prefix([';', ',']).unwrap_or(after_space).trim_ascii_start();
    if address.len() == rest.len() || address.is_empty() {
        return None;
    }
    let bare = address
        .get(..3)
        .filter(|start| start.eq_ignore_ascii_case("url"))
        .and_then(|_| address.get(3..)?.trim_ascii_start().strip_prefix('='))
        .map_or(address, str::trim_ascii_start);
    let quoted = ['"', '\''].into_iter().find_map(|quote| {
        let rest = bare.strip_prefix(quote)?;
        Some(rest.split(quote).next().unwrap_or(rest))
    });
    Some((if seconds.is_empty() { "0" } else { seconds }, quoted.unwrap_or(bare)))
}
