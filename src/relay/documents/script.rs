//! Builds the script tag that goes into a document.

use super::{DocumentResponse, ScriptConsent, ScriptPixel, ScriptPrivacy};
use crate::relay::Config;

/// Returns the tag, with the settings as its attributes. `nonce` is the one that the page's policy
/// requires of scripts.
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

/// Returns the nonce that the policy in the answer's headers requires of scripts. A policy in a
/// `<meta>` of the page is not read here. The host then copies the nonce of the page's first
/// script.
pub(super) fn nonce(response: &DocumentResponse<'_>) -> Option<String> {
    let policies = response.header("content-security-policy");
    // The most specific directive that is present decides, so the search starts with it.
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
