//! Builds one request to Meta.

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::Sha256;

use crate::relay::config::Config;

/// The `partner_agent` of a request. Meta asks platforms to name themselves there.
const PARTNER_AGENT: &str = concat!("capi-bridge-", env!("CARGO_PKG_VERSION"));

/// The credentials of a request. The type has no `Debug`, so that they are never printed.
pub struct Secrets<'a> {
    /// The access token of the dataset.
    pub token: &'a str,
    /// The secret of the token's app, if the app requires a proof.
    pub app_secret: Option<&'a str>,
}

/// A request to the Graph API.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// The URL without the token. URLs end up in logs.
    pub url: String,
    /// The `Authorization` header.
    pub authorization: String,
    /// The JSON body.
    pub body: String,
    /// The time that Meta may take to answer, in milliseconds.
    pub timeout_millis: u32,
}

/// Puts events, in the outbox's JSON, into one request. `main_body` is a JSON object with the
/// sender's own members, or empty. Its members win over the worker's test code and agent.
#[must_use]
pub fn delivery(
    config: &Config,
    dataset_id: &str,
    secrets: &Secrets<'_>,
    main_body: &str,
    events: &[String],
) -> Delivery {
    let mut fields: Map<String, Value> = serde_json::from_str(main_body).unwrap_or_default();
    fields.entry("partner_agent").or_insert_with(|| PARTNER_AGENT.into());
    if let Some(code) = &config.test_event_code {
        fields.entry("test_event_code").or_insert_with(|| code.as_str().into());
    }
    if let Some(proof) = secrets.app_secret.and_then(|secret| proof(secrets.token, secret)) {
        fields.insert("appsecret_proof".to_owned(), proof.into());
    }

    let mut body =
        String::with_capacity(events.iter().map(|event| event.len() + 1).sum::<usize>() + 256);
    body.push_str("{\"data\":[");
    for (index, event) in events.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(event);
    }
    body.push(']');
    for (name, value) in fields {
        body.push_str(&format!(",{}:{value}", Value::from(name)));
    }
    body.push('}');
    Delivery {
        url: format!("{}/{}/{dataset_id}/events", config.graph_url, config.graph_version),
        authorization: format!("Bearer {}", secrets.token),
        body,
        timeout_millis: config.timeout_millis,
    }
}

/// Returns the HMAC-SHA-256 of the token, with the app's secret as the key (Meta, "Securing Graph
/// API Requests").
fn proof(token: &str, app_secret: &str) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()).ok()?;
    mac.update(token.as_bytes());
    Some(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(config: &str, app_secret: Option<&str>, events: &[&str]) -> Value {
        body_with("", config, app_secret, events)
    }

    fn body_with(
        main_body: &str,
        config: &str,
        app_secret: Option<&str>,
        events: &[&str],
    ) -> Value {
        let config = Config::read(config).unwrap();
        let events: Vec<String> = events.iter().map(|&event| event.to_owned()).collect();
        let secrets = Secrets { token: "EAABsbCS1234TOKEN", app_secret };
        serde_json::from_str(&delivery(&config, "1", &secrets, main_body, &events).body).unwrap()
    }

    const PLAIN: &str = r#"{"datasets":["1"],"allowedOrigins":[]}"#;

    #[test]
    fn the_proof_is_that_of_the_reference() {
        let body = body(PLAIN, Some("0123456789abcdef0123456789abcdef"), &[]);
        assert_eq!(
            body["appsecret_proof"],
            "81659871342e6cd677c31e3d3fdf14533bce2313fd1ef59879d384ea8793604b"
        );
    }

    #[test]
    fn without_an_app_secret_there_is_no_proof_and_the_token_is_never_in_the_body() {
        let body = body(PLAIN, None, &["{\"a\":1}", "{\"b\":2}"]);
        assert_eq!(body["data"], serde_json::json!([{ "a": 1 }, { "b": 2 }]));
        assert!(body.get("appsecret_proof").is_none() && !body.to_string().contains("TOKEN"));
    }

    #[test]
    fn a_test_event_code_is_written_as_json_whatever_it_holds() {
        let config = r#"{"datasets":["1"],"allowedOrigins":[],"testEventCode":"T\"1"}"#;
        assert_eq!(body(config, None, &[])["test_event_code"], "T\"1");
    }

    #[test]
    fn what_a_sender_wants_beside_the_events_goes_before_the_workers_own() {
        let config = r#"{"datasets":["1"],"allowedOrigins":[],"testEventCode":"TEST1"}"#;
        let sent = r#"{"test_event_code":"TEST2","partner_agent":"shop-1.0","upload_tag":"july"}"#;
        let body = body_with(sent, config, None, &["{}"]);
        let expected = serde_json::json!({
            "data": [{}], "test_event_code": "TEST2", "partner_agent": "shop-1.0", "upload_tag": "july",
        });
        assert_eq!(body, expected);
    }
}
