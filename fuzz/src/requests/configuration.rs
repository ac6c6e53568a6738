//! An operator's configuration, and that a worker with it works.

use capi_bridge::relay::{
    Admission, Config, DocumentRequest, Door, DoorSecrets, Head, Moment, Place, Secrets,
    asks_callback, delivery, forwarding, retry_delay_millis, script_tag,
};

use super::{KEY, NOW_MILLIS, ORIGIN, SECRETS, TOKEN, entropy};

/// The input is the configuration's text; one that starts with a line of a single `\x01` is made.
pub fn any(input: &[u8]) {
    let text = crate::text(&super::message::Message::read(input).body);
    let config = match Config::read(&text) {
        Ok(config) => config,
        Err(error) => {
            let said = error.to_string();
            assert!(said.starts_with("configuration, "), "{said}");
            assert!(SECRETS.iter().all(|secret| !said.contains(secret)), "{said}");
            return;
        }
    };
    assert!(!config.datasets.is_empty() && config.dataset(None) == Some(&config.datasets[0]));
    let _ = config.check_off_cloudflare();
    let due = config.on_grid(NOW_MILLIS);
    let grid = u64::from(config.alarm_grid_seconds.unwrap_or(15)) * 1_000;
    assert!(due >= NOW_MILLIS && due <= NOW_MILLIS + grid.max(250));
    assert!(config.max_hold_millis() <= 24 * 60 * 60 * 1_000);
    for chance in [0, u32::MAX] {
        let wait = retry_delay_millis(u32::MAX, config.retry_at_most_seconds, chance);
        assert!(wait <= u64::from(config.retry_at_most_seconds.max(1)) * 1_000);
    }

    let header = |name: &str| (name == "origin").then(|| ORIGIN.to_owned());
    for peer in [None, Some("8.8.4.4")] {
        let Ok(secrets) = DoorSecrets::read(&config, [("BRIDGE_KEY", KEY)]) else {
            panic!("the key is long enough")
        };
        let mut moment = Moment {
            config: &config,
            secrets: &secrets,
            now_millis: NOW_MILLIS,
            entropy: &mut entropy,
        };
        let mut door = Door::default();
        let url = format!("https://shop.example{}/events", config.base);
        for method in ["OPTIONS", "POST", "POST", "GET"] {
            let place = Place::default();
            let head = Head { method, url: &url, header: &header, peer, place };
            match door.admit(&mut moment, &head) {
                Ok(Admission::Answer(answer)) => {
                    assert!([204, 403, 405, 429].contains(&answer.status), "{answer:?}");
                }
                Ok(Admission::Admitted(_)) => assert_eq!(method, "POST"),
                Ok(Admission::NotOurs) => assert!(config.base.contains(['?', '#']), "{url}"),
                Err(_) => panic!("there is entropy"),
            }
        }
        let request = DocumentRequest {
            method: "GET",
            url: "https://shop.example/a?b=c",
            header: &|name| (name == "accept").then(|| "text/html".to_owned()),
            peer,
        };
        let _ = forwarding(&config, &request, &["x-forwarded-host".to_owned()], peer.is_some());
        let _ = asks_callback(&config, &request);
    }
    let tag = script_tag(&config, Some("a\"b<c"));
    assert!(tag.starts_with("<script ") && tag.ends_with("></script>"), "{tag}");
    assert_eq!(tag.matches('<').count(), 2, "{tag}");

    let secrets = Secrets { token: TOKEN, app_secret: Some("s") };
    let request = delivery(&config, &config.datasets[0], &secrets, "", &["{}".to_owned()]);
    assert!(request.url.starts_with(&config.graph_url), "{}", request.url);
    assert!(serde_json::from_str::<serde_json::Value>(&request.body).is_ok(), "{}", request.body);
}
