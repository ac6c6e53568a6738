//! The settings for documents: `documents` in the configuration.

use serde::Deserialize;

use super::{ConfigError, is_origin};

/// The settings for the documents of a site that the worker stands in front of. Without them,
/// documents stay unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Documents {
    /// The origin that documents come from, unless a service is bound as `ORIGIN`.
    #[serde(default)]
    pub origin: Option<Origin>,
    /// The visitors whose documents carry `_fbp` and `_fbc`. Default: none.
    #[serde(default)]
    pub cookies: Cookies,
    /// The answers to a page's events that write `_fbp` and `_fbc` again. Default: one a day.
    #[serde(default)]
    pub rewrite_cookies: RewriteCookies,
    /// The cookie in which the site stores the visitor's consent.
    #[serde(default)]
    pub consent_cookie: Option<ConsentCookie>,
    /// Puts the page's script into each document, with these settings.
    #[serde(default)]
    pub inject_script: Option<Script>,
}

/// The origin that documents come from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Origin {
    /// The server behind a route on Cloudflare. The worker sends the request on to the same
    /// address.
    Route,
    /// A server, such as `http://127.0.0.1:8080`.
    Server(String),
}

impl TryFrom<String> for Origin {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "route" => Ok(Self::Route),
            server if is_origin(server) => Ok(Self::Server(text)),
            _ => Err(
                "expected an origin such as \"http://127.0.0.1:8080\" (scheme, host and port, no path), or \"route\" behind a route on Cloudflare",
            ),
        }
    }
}

/// The visitors whose documents carry cookies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cookies {
    /// No visitors.
    #[default]
    Off,
    /// All visitors. The operator is responsible for their consent.
    Granted,
    /// The visitors whose consent cookie grants it.
    ConsentCookie,
    /// The visitors for whom the host's own function grants it.
    Callback,
}

/// The answers to a page's events that write the page's cookies again. A browser may give a server's
/// cookie a longer life than a script's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RewriteCookies {
    /// One answer a day, and each answer in the 24 hours after a click on an ad.
    #[default]
    Daily,
    /// None.
    Off,
}

/// The cookie in which a site stores the visitor's consent. Exactly one of `equals` and `contains`
/// is set.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentCookie {
    /// The name of the cookie.
    pub name: String,
    /// The value that grants consent, percent-decoded.
    #[serde(default)]
    pub equals: Option<String>,
    /// The text that a value contains if it grants consent, percent-decoded.
    #[serde(default)]
    pub contains: Option<String>,
}

/// The settings in the attributes of the script tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Script {
    /// `data-datasets`. Default: every dataset that the page initialises.
    #[serde(default)]
    pub datasets: Vec<String>,
    /// `data-attach`: the origins whose requests carry the identifiers. Default: the page's own
    /// origin.
    #[serde(default)]
    pub attach: Vec<String>,
    /// `data-pixel`. Default: mirror.
    #[serde(default)]
    pub pixel: Option<ScriptPixel>,
    /// `data-consent`. Default: granted.
    #[serde(default)]
    pub consent: Option<ScriptConsent>,
    /// `data-global-privacy-control`. Default: deny.
    #[serde(default)]
    pub global_privacy_control: Option<ScriptPrivacy>,
}

/// The script's treatment of the page's pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScriptPixel {
    /// Each call gets an event id and a server copy.
    Mirror,
    /// The bridge's own events also call the pixel.
    Drive,
    /// The script leaves the pixel's calls alone.
    Off,
}

/// The script's treatment of Global Privacy Control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScriptPrivacy {
    /// The script reads, makes, stores and sends nothing.
    Deny,
    /// Both copies have limited data use.
    Limit,
}

/// The visitor's consent until the page sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ScriptConsent {
    /// The script may read, make, store and send identifiers.
    Granted,
    /// The script may not do so.
    Denied,
    /// The script waits for consent.
    Pending,
}

impl Documents {
    pub(in crate::relay) fn check(&self, datasets: &[String]) -> Result<(), ConfigError> {
        match (&self.consent_cookie, self.cookies) {
            (None, Cookies::ConsentCookie) => {
                return Err(ConfigError::new(
                    "documents.consentCookie",
                    "expected the cookie to look at, such as { \"name\": \"consent\", \"equals\": \"granted\" }",
                ));
            }
            (Some(_), Cookies::Off | Cookies::Granted | Cookies::Callback) => {
                return Err(ConfigError::new(
                    "documents.cookies",
                    "expected \"consentCookie\", since documents.consentCookie is there; remove one of the two",
                ));
            }
            (Some(cookie), Cookies::ConsentCookie) => cookie.check()?,
            (None, _) => {}
        }
        let Some(script) = &self.inject_script else { return Ok(()) };
        for (index, dataset) in script.datasets.iter().enumerate() {
            if !datasets.contains(dataset) {
                let path = format!("documents.injectScript.datasets[{index}]");
                return Err(ConfigError::new(path, "expected one of the ids under \"datasets\""));
            }
        }
        for (index, to) in script.attach.iter().enumerate() {
            if to != "same-origin" && !is_origin(to) {
                let path = format!("documents.injectScript.attach[{index}]");
                let message =
                    "expected \"same-origin\" or an origin such as \"https://api.shop.example\"";
                return Err(ConfigError::new(path, message));
            }
        }
        Ok(())
    }
}

impl ConsentCookie {
    fn check(&self) -> Result<(), ConfigError> {
        let is_token =
            |byte: u8| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte);
        if self.name.is_empty() || !self.name.bytes().all(is_token) {
            let message = "expected the name of a cookie, without its value";
            return Err(ConfigError::new("documents.consentCookie.name", message));
        }
        let told = [&self.equals, &self.contains].into_iter().flatten().collect::<Vec<_>>();
        if told.len() != 1 || told.iter().any(|text| text.is_empty()) {
            let message = "expected either \"equals\" or \"contains\" with a text that says yes";
            return Err(ConfigError::new("documents.consentCookie", message));
        }
        Ok(())
    }
}
