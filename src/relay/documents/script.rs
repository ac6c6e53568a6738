//! The script tag that goes into a document.

use super::{DocumentResponse, ScriptConsent, ScriptPixel, ScriptPrivacy};
use crate::relay::Config;

/// The tag, with the settings as its attributes; `nonce` is what the page's policy wants on scripts.
#[must_use]
pub fn script_tag(config: &Config, nonce: Option<&str>) -> String {
    let mut tag = format!("<script src=\"{}/capi-bridge.js\"", escaped(&config.base));
    let mut attribute = |name: &str, value: &str| {
        tag.push_str(&format!(" {name}=\"{}\"", escaped(value)));
    };
    if let Some(nonce) = nonce.filter(|nonce| !nonce.is_empty()) {
        attribute("nonce", nonce);
    }
    if let Some(script) = &config.documents.inject_script {
        if !script.datasets.is_empty() {
            attribute("data-datasets", &script.datasets.join(","));
        }
        if !script.attach.is_empty() {
            attribute("data-attach", &script.attach.join(","));
        }
        match script.pixel {
            Some(ScriptPixel::Drive) => attribute("data-pixel", "drive"),
            Some(ScriptPixel::Off) => attribute("data-pixel", "off"),
            Some(ScriptPixel::Mirror) | None => {}
        }
        match script.consent {
            Some(ScriptConsent::Denied) => attribute("data-consent", "denied"),
            Some(ScriptConsent::Pending) => attribute("data-consent", "pending"),
            Some(ScriptConsent::Granted) | None => {}
        }
        match script.global_privacy_control {
            Some(ScriptPrivacy::Limit) => attribute("data-global-privacy-control", "limit"),
            Some(ScriptPrivacy::Deny) | None => {}
        }
    }
    tag.push_str("></script>");
    tag
}

/// The nonce that the answer's policy wants on scripts. A policy in the page's own `<meta>` is not
/// seen here: there, the page's first script shows it.
pub(super) fn nonce(response: &DocumentResponse<'_>) -> Option<String> {
    let policies = response.header("content-security-policy");
    // The most specific directive that is there decides, so it is asked first.
    ["script-src-elem", "script-src", "default-src"].iter().find_map(|wanted| {
        policies.split([',', ';']).find_map(|directive| {
            let mut words = directive.split_ascii_whitespace();
            words.next().filter(|name| name.eq_ignore_ascii_case(wanted))?;
            words.find_map(|word| {
                let word = word.strip_prefix('\'')?.strip_suffix('\'')?;
                let (prefix, nonce) = word.split_at_checked("nonce-".len())?;
                prefix.eq_ignore_ascii_case("nonce-").then(|| nonce.to_owned())
            })
        })
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}
