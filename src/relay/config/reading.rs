//! A configuration is read and checked as a whole, at start: one that is there can be used.

use super::{Config, ConfigError, Origin};
use crate::sources::mapping::{Changes, Source, Table};

/// Meta hardly learns from an event that is a day old; and its second copy is recognised for two days, in
/// which it is also tried again.
const LONGEST_HOLD_SECONDS: u32 = 24 * 60 * 60;

impl Config {
    /// Reads and checks a configuration.
    ///
    /// # Errors
    /// The first thing that is wrong: a misspelt key, a wrong type, a value that cannot work.
    pub fn read(json: &str) -> Result<Self, ConfigError> {
        let mut deserializer = serde_json::Deserializer::from_str(json);
        let mut config: Self =
            serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
                ConfigError::new(
                    error.path().to_string(),
                    without_value(&error.inner().to_string()),
                )
            })?;
        config.check()?;
        config.segment.check(&config.datasets)?;
        for source in Source::ALL {
            let changes = config.mappings.get(&source).map(Changes::read).transpose();
            let table = changes.and_then(|changes| Table::of(source, &changes.unwrap_or_default()));
            let table = table.map_err(|error| {
                let path = format!("mappings.{}.{}", source.name(), error.path);
                ConfigError::new(path.trim_end_matches('.'), error.message)
            })?;
            config.tables.insert(source, table);
        }
        Ok(config)
    }

    /// Checks that a host other than Cloudflare can do what is asked.
    ///
    /// # Errors
    /// When documents come from behind a route, which only Cloudflare has.
    pub fn check_off_cloudflare(&self) -> Result<(), ConfigError> {
        if self.documents.origin == Some(Origin::Route) {
            let message = "\"route\" is for Cloudflare alone; expected the server that has the site's documents, such as \"http://127.0.0.1:8080\"";
            return Err(ConfigError::new("documents.origin", message));
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ConfigError> {
        if self.datasets.is_empty() {
            return Err(ConfigError::new("datasets", "expected at least one dataset id"));
        }
        for (index, dataset) in self.datasets.iter().enumerate() {
            if dataset.is_empty() || !dataset.bytes().all(|byte| byte.is_ascii_digit()) {
                let message = "expected a dataset id, digits in quotes such as \"1234567890\"";
                return Err(ConfigError::new(format!("datasets[{index}]"), message));
            }
        }
        for (index, origin) in self.allowed_origins.iter().enumerate() {
            if !is_origin(origin) {
                let message = "expected an origin as browsers send it, such as \"https://shop.example\": scheme and host in lower case, no path";
                return Err(ConfigError::new(format!("allowedOrigins[{index}]"), message));
            }
        }
        if !self.base.starts_with('/') || self.base.len() < 2 || self.base.ends_with('/') {
            return Err(ConfigError::new("base", "expected a path such as \"/bridge\""));
        }
        if !is_origin(&self.graph_url) {
            return Err(ConfigError::new(
                "graphUrl",
                "expected an origin such as \"https://graph.facebook.com\"",
            ));
        }
        let digits =
            self.graph_version.strip_prefix('v').and_then(|version| version.split_once('.'));
        if !digits.is_some_and(|(major, minor)| {
            major.parse::<u16>().is_ok() && minor.parse::<u16>().is_ok()
        }) {
            return Err(ConfigError::new("graphVersion", "expected a version such as \"v26.0\""));
        }
        if self.hold_seconds > LONGEST_HOLD_SECONDS {
            let message = format!(
                "expected at most {LONGEST_HOLD_SECONDS}, a day: later, Meta hardly learns from an event"
            );
            return Err(ConfigError::new("holdSeconds", message));
        }
        at_least_one("timeoutMillis", self.timeout_millis)?;
        at_least_one("bodyTimeoutMillis", self.body_timeout_millis)?;
        at_least_one("quarantineDays", self.quarantine_days)?;
        at_least_one("maxBodyBytesInFlight", self.max_body_bytes_in_flight)?;
        self.rate_limit.check()?;
        self.documents.check(&self.datasets)
    }
}

fn at_least_one(path: &str, number: u32) -> Result<(), ConfigError> {
    if number == 0 {
        return Err(ConfigError::new(path, "expected at least 1"));
    }
    Ok(())
}

/// What is wrong, without the value that is: whoever mistakes a place for a secret's must not find it in
/// a log or in an answer. The path says where it stands.
fn without_value(message: &str) -> String {
    let shows_value = ["invalid type: ", "invalid value: ", "unknown variant "]
        .iter()
        .any(|start| message.starts_with(start));
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if shows_value => format!("expected {expected}"),
        _ => message.to_owned(),
    }
}

pub(in crate::relay) fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty()
            && host.bytes().all(|byte| {
                byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && !b"/?#@\\".contains(&byte)
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of_error(json: &str) -> String {
        Config::read(json).unwrap_err().path().to_owned()
    }

    #[test]
    fn names_the_path_of_what_is_wrong() {
        assert_eq!(path_of_error(r#"{"datasets":["1","x"],"allowedOrigins":[]}"#), "datasets[1]");
        assert_eq!(path_of_error(r#"{"datasets":["1",2],"allowedOrigins":[]}"#), "datasets[1]");
        assert_eq!(path_of_error(r#"{"datasets":[],"allowedOrigins":[]}"#), "datasets");
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":["https://a.example/"]}"#),
            "allowedOrigins[0]"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"base":"bridge"}"#),
            "base"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"graphVersion":"26"}"#),
            "graphVersion"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"holdSeconds":-1}"#),
            "holdSeconds"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"holdSeconds":86401}"#),
            "holdSeconds"
        );
        assert_eq!(
            path_of_error(
                r#"{"datasets":["1"],"allowedOrigins":[],"rateLimit":{"perSecond":5,"burst":0}}"#
            ),
            "rateLimit.burst"
        );
        assert_eq!(
            path_of_error(r#"{"datasets":["1"],"allowedOrigins":[],"globalPrivacyControl":"no"}"#),
            "globalPrivacyControl"
        );
    }

    #[test]
    fn a_key_it_does_not_know_is_an_error_that_lists_those_it_knows() {
        let error = Config::read(r#"{"datasets":["1"],"allowedOrigins":[],"tokens":"secret"}"#)
            .unwrap_err()
            .to_string();
        assert!(error.contains("tokens") && error.contains("graphVersion"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn a_value_that_is_wrong_is_not_repeated() {
        for place in [
            r#""holdSeconds":"secret""#,
            r#""globalPrivacyControl":"secret""#,
            r#""clientIp":"secret""#,
            r#""documents":{"cookies":"secret, expected more"}"#,
            r#""documents":{"origin":"secret"}"#,
            r#""base":"secret""#,
            r#""graphVersion":"secret""#,
            r#""segment":{"actionSource":"secret"}"#,
        ] {
            let json = format!(r#"{{"datasets":["1"],"allowedOrigins":[],{place}}}"#);
            let error = Config::read(&json).unwrap_err().to_string();
            assert!(error.contains("expected") && !error.contains("secret"), "{error}");
        }
    }
}
