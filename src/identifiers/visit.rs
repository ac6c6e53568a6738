//! One page view: which identifiers it has, and what to write so that the next one has them too.

use super::{
    ClickId, CookieDomain, CookieToSet, Fbc, Fbp, Reason, cookie_header::Kept,
    cookie_to_set::Cookie, fbc,
};

/// A cookie lives for 90 days and is near its end after 60.
const NEAR_END_MILLIS: u64 = 60 * 24 * 60 * 60 * 1000;

/// A duplicate that could not be deleted (it has another path) is not tried again within a day.
const CLEANUP_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// One page view, as its host saw it.
///
/// Do not ask it before marketing consent: it reads identifiers.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// The page's address with its query and, where the host knows it, its fragment. May be
    /// anything.
    pub url: &'a str,
    /// The page's referrer; empty when there is none. May be anything.
    pub referrer: &'a str,
    /// The `Cookie` header, or `document.cookie`.
    pub cookies: &'a str,
    /// Where cookies of the page's host are kept.
    pub domain: &'a CookieDomain,
    /// Whether the page came over https: the cookies are then `Secure`.
    pub https: bool,
    /// Now, in milliseconds since 1970.
    pub now_millis: u64,
    /// When this host last wrote the cookies, in milliseconds since 1970, if it remembers.
    ///
    /// A cookie is written again, unchanged, once 60 of its 90 days have passed since then; `None`
    /// counts from its creation time. `Some(0)` asks for it now: an edge worker does so on the first
    /// document of a visit, because Safari keeps what a script wrote for seven days at most.
    pub last_written_millis: Option<u64>,
    /// Random bytes for a new `fbp` where there is none; `None` makes none.
    pub mint: Option<[u8; 4]>,
}

/// What a visit has and what its host should write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifiers {
    /// The browser id, to be sent as `user_data.fbp`.
    pub fbp: Option<Fbp>,
    /// The click, to be sent as `user_data.fbc`; `None` also for a click that is older than 90
    /// days or from the future.
    pub fbc: Option<Fbc>,
    /// Cookies to write or delete, in this order; empty when nothing changed.
    pub cookies_to_set: Vec<CookieToSet>,
}

impl Visit<'_> {
    /// The identifiers of this visit. Never fails: what cannot be read counts as absent.
    pub fn identifiers(&self) -> Identifiers {
        let mut cookies_to_set = Vec::new();
        let mut set = |cookie: Cookie<'_>| cookies_to_set.push(cookie.into());
        let fbp = Fbp::parse(self.fbp(&mut String::new(), &mut set)).ok();
        let fbc = Fbc::parse(self.fbc(&mut String::new(), &mut set)).ok();
        Identifiers { fbp, fbc, cookies_to_set }
    }

    /// The same as lines, for a host that takes one string: the cookies to write, each as the text of
    /// `Set-Cookie`, then `fbp`, then `fbc`. Each of the last two may be empty. No line break can be in
    /// any of them.
    #[cfg(any(feature = "browser", feature = "core"))]
    pub(crate) fn lines(&self) -> String {
        let mut lines = String::new();
        super::text::reserve(&mut lines, 512);
        let (mut fbp, mut fbc) = (String::new(), String::new());
        let mut set = |cookie: Cookie<'_>| {
            cookie.write(&mut lines);
            lines.push_str("\n");
        };
        let fbp = self.fbp(&mut fbp, &mut set);
        let fbc = self.fbc(&mut fbc, &mut set);
        lines.push_str(fbp);
        lines.push_str("\n");
        lines.push_str(fbc);
        lines
    }

    /// The browser id, kept or made in `new`; empty for none. Cookies to write or delete go to `set`,
    /// in order.
    fn fbp<'a>(&'a self, new: &'a mut String, set: &mut dyn FnMut(Cookie<'_>)) -> &'a str {
        let kept = Fbp::kept_in(self.cookies);
        if kept.value.is_none()
            && let Some(entropy) = self.mint
        {
            Fbp::mint(new, self.domain, self.now_millis, entropy);
        }
        self.keep(Fbp::COOKIE, &kept, new, set)
    }

    /// The click, as [`fbp`](Self::fbp).
    fn fbc<'a>(&'a self, new: &'a mut String, set: &mut dyn FnMut(Cookie<'_>)) -> &'a str {
        let kept = Fbc::kept_in(self.cookies, self.now_millis);
        if let Some(click) = self.click_id()
            && !kept.value.is_some_and(|kept| click.is_in(kept.payload()))
        {
            Fbc::of_click(new, self.domain, self.now_millis, &click);
        } else if !kept
            .value
            .is_some_and(|kept| fbc::is_fresh(kept.creation_millis, self.now_millis))
        {
            // Neither sent nor extended: the cookie comes to its own end.
            return "";
        }
        self.keep(Fbc::COOKIE, &kept, new, set)
    }

    /// The page's click id, else its referrer's; none after one that is too long, as in Meta's
    /// client library.
    fn click_id(&self) -> Option<ClickId> {
        match ClickId::in_url(self.url) {
            Ok(click) => Some(click),
            Err(Reason::CLICK_ID_TOO_LONG) => None,
            Err(_) => ClickId::in_url(self.referrer).ok(),
        }
    }

    /// Writes a cookie that is new, hidden by others, or near its end.
    fn keep<'a>(
        &'a self,
        name: &'static str,
        kept: &Kept<'a>,
        new: &'a str,
        set: &mut dyn FnMut(Cookie<'_>),
    ) -> &'a str {
        let is_new = !new.is_empty();
        let (value, creation_millis) = match kept.value {
            _ if is_new => (new, self.now_millis),
            Some(kept) => (kept.text, kept.creation_millis),
            None => return "",
        };
        let domain = self.domain.attribute();
        let mut set = |value, domain| self.set(name, value, domain, set);
        let since = |written| self.now_millis.saturating_sub(written);
        let hidden = kept.count > usize::from(kept.value.is_some())
            && domain.is_some()
            && (is_new
                || self.last_written_millis.is_none_or(|written| since(written) >= CLEANUP_MILLIS));
        if hidden {
            // Others would be read in place of the one about to be written: duplicates, and a
            // malformed one. The host-only one goes first: a browser that does not tell it from the
            // domain cookie of the same host loses nothing, because the value that counts is written
            // after all deletions.
            set("", None);
            for domain in self.domain.longer() {
                set("", Some(domain));
            }
        }
        let near_end =
            since(self.last_written_millis.unwrap_or(creation_millis)) >= NEAR_END_MILLIS;
        if is_new || hidden || near_end {
            set(value, domain);
        }
        value
    }

    #[cfg_attr(feature = "browser", inline(never))]
    fn set(
        &self,
        name: &'static str,
        value: &str,
        domain: Option<&str>,
        set: &mut dyn FnMut(Cookie<'_>),
    ) {
        set(Cookie { name, value, domain, secure: self.https });
    }
}
