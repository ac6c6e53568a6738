//! Finds the identifiers of one page view, and the cookies to write so that the next one has them
//! too.

use super::{
    ClickId, CookieDomain, CookieToSet, Fbc, Fbp, Reason, cookie_header::Kept,
    cookie_to_set::Cookie, fbc,
};

/// The age at which a cookie is refreshed, in milliseconds: 60 of its 90 days.
const NEAR_END_MILLIS: u64 = 60 * 24 * 60 * 60 * 1000;

/// The minimum time between two attempts to delete a duplicate, in milliseconds. A duplicate with
/// another path cannot be deleted.
const CLEANUP_MILLIS: u64 = 24 * 60 * 60 * 1000;

/// One page view, as its host saw it.
///
/// Do not use it before marketing consent: it reads identifiers.
#[derive(Clone, Copy, Debug)]
pub struct Visit<'a> {
    /// The page's address with its query and, if the host knows it, its fragment. It may be any
    /// text.
    pub url: &'a str,
    /// The page's referrer; empty if there is none. It may be any text.
    pub referrer: &'a str,
    /// The click id that the in-app browser of Facebook or Instagram lends to the page; empty if
    /// there is none. It may be any text. It counts only if neither the cookies nor the two
    /// addresses have a click: Meta's client library asks for it last.
    pub in_app_click: &'a str,
    /// The `Cookie` header, or `document.cookie`.
    pub cookies: &'a str,
    /// The domain of the cookies of the page's host.
    pub domain: &'a CookieDomain,
    /// True if the page came over https. The cookies are then `Secure`.
    pub https: bool,
    /// The current time, in milliseconds since 1970.
    pub now_millis: u64,
    /// The time at which this host last wrote the cookies, in milliseconds since 1970, if it
    /// remembers.
    ///
    /// A cookie is written again, unchanged, when 60 of its 90 days have passed since then. `None`
    /// counts from its creation time. `Some(0)` writes it now. An edge worker does that on the
    /// first document of a visit, because Safari deletes script cookies after seven days, and after
    /// 24 hours if the visit began with a click on an ad (WebKit, ITP 2.1 and 2.2).
    pub last_written_millis: Option<u64>,
    /// The random bytes for a new `fbp` if there is none. With `None`, no new one is made.
    pub mint: Option<[u8; 4]>,
}

/// The identifiers of a visit, and the cookies that its host should write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifiers {
    /// The browser id, to be sent as `user_data.fbp`.
    pub fbp: Option<Fbp>,
    /// The click, to be sent as `user_data.fbc`. It is also `None` for a click that is older than
    /// 90 days or in the future.
    pub fbc: Option<Fbc>,
    /// The cookies to write or delete, in this order; empty if nothing changed.
    pub cookies_to_set: Vec<CookieToSet>,
}

impl Visit<'_> {
    /// Returns the identifiers of this visit. Never fails: a value that cannot be read counts as
    /// absent.
    pub fn identifiers(&self) -> Identifiers {
        let mut cookies_to_set = Vec::new();
        let mut set = |cookie: Cookie<'_>| cookies_to_set.push(cookie.into());
        let fbp = Fbp::parse(self.fbp(&mut String::new(), &mut set)).ok();
        let fbc = Fbc::parse(self.fbc(&mut String::new(), &mut set)).ok();
        Identifiers { fbp, fbc, cookies_to_set }
    }

    /// Returns the same as lines, for a host that takes one string: the cookies to write, each as
    /// the text of `Set-Cookie`, then `fbp`, then `fbc`. Each of the last two may be empty. None of
    /// them contains a line break.
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

    /// Returns the browser id of the cookie, or a new one made in `new`; empty if there is none.
    /// Passes cookies to write or delete to `set`, in order.
    fn fbp<'a>(&'a self, new: &'a mut String, set: &mut dyn FnMut(Cookie<'_>)) -> &'a str {
        let kept = Fbp::kept_in(self.cookies);
        if kept.value.is_none()
            && let Some(entropy) = self.mint
        {
            Fbp::mint(new, self.domain, self.now_millis, entropy);
        }
        self.keep(Fbp::COOKIE, &kept, new, set)
    }

    /// Returns the click, in the same way as [`fbp`](Self::fbp).
    fn fbc<'a>(&'a self, new: &'a mut String, set: &mut dyn FnMut(Cookie<'_>)) -> &'a str {
        let kept = Fbc::kept_in(self.cookies, self.now_millis);
        let lent = || ClickId::in_app(self.in_app_click).ok().filter(|_| kept.value.is_none());
        if let Some(click) = self.click_id().or_else(lent)
            && !kept.value.is_some_and(|kept| click.is_in(kept.payload()))
        {
            Fbc::of_click(new, self.domain, self.now_millis, &click);
        } else if !kept
            .value
            .is_some_and(|kept| fbc::is_fresh(kept.creation_millis, self.now_millis))
        {
            // The click is neither sent nor refreshed, so the cookie expires.
            return "";
        }
        self.keep(Fbc::COOKIE, &kept, new, set)
    }

    /// Returns the page's click id, or else its referrer's. Returns none if the page's is too long,
    /// as Meta's client library does.
    fn click_id(&self) -> Option<ClickId> {
        match ClickId::in_url(self.url) {
            Ok(click) => Some(click),
            Err(Reason::CLICK_ID_TOO_LONG) => None,
            Err(_) => ClickId::in_url(self.referrer).ok(),
        }
    }

    /// Writes a cookie that is new, hidden by others, or near its end. Returns its value.
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
            // Browsers would send other cookies in place of this one: duplicates, or a malformed
            // one. Delete the host-only one first. Some browsers do not distinguish it from the
            // domain cookie of the same host. They lose nothing, because this value is written
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
