//! The settings for webhooks of other senders than the shops that the worker knows: `webhooks` in
//! the configuration.

use serde::Deserialize;
use serde_json::Value;

use super::ConfigError;
use crate::sources::mapping::{Table, TableError};
use crate::sources::orders::Shop;

/// The maximum of `toleranceSeconds`, in seconds: one day.
const MAX_TOLERANCE_SECONDS: u32 = 24 * 60 * 60;
/// The maximum length of a webhook's name, in characters.
const MAX_NAME_CHARACTERS: usize = 64;

/// The settings for one webhook.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WebhookSettings {
    /// The header with the signature: an HMAC-SHA-256.
    pub header: String,
    /// The encoding of the signature. Default `hex`.
    #[serde(default)]
    pub encoding: Encoding,
    /// The text before the signature in its header, such as `sha256=` or `v1=`. Default none.
    #[serde(default)]
    pub prefix: String,
    /// The header with the time of the request, in Unix seconds. The signature then covers the time,
    /// a dot and the body. Default none.
    #[serde(default)]
    pub timestamp_header: Option<String>,
    /// The text before the time in the signature's header, such as `t=` in `t=1790000000,v1=…`. The
    /// signature then covers the time, a dot and the body. Default none.
    #[serde(default)]
    pub timestamp_prefix: Option<String>,
    /// The maximum difference of that time from now, in seconds. Default 300.
    #[serde(default = "default_tolerance_seconds")]
    pub tolerance_seconds: u32,
    /// The dataset of its events. Default: the first.
    #[serde(default)]
    pub dataset: Option<String>,
    /// The mapping table of its bodies. Without `name`, every body is the event of the only row.
    pub mapping: Value,
    #[serde(skip)]
    pub(in crate::relay) table: Option<Table>,
}

/// The encoding of a signature.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Encoding {
    /// Hexadecimal, in small letters or capitals.
    #[default]
    Hex,
    /// Base64, with or without padding.
    Base64,
}

fn default_tolerance_seconds() -> u32 {
    300
}

impl WebhookSettings {
    /// Checks the settings of the webhook `name` and reads its table.
    pub(in crate::relay) fn check(
        &mut self,
        name: &str,
        datasets: &[String],
    ) -> Result<(), ConfigError> {
        let wrong = |field: &str, message: &str| {
            let path = format!("webhooks.{name}.{field}");
            Err(ConfigError::new(path.trim_end_matches('.'), message))
        };
        let is_of_name =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=MAX_NAME_CHARACTERS).contains(&name.len()) || !name.bytes().all(is_of_name) {
            return wrong("", "expected a name of small letters, digits and hyphens");
        }
        if Shop::from_name(name).is_some() {
            let message =
                "expected another name: the worker knows this webhook, which needs no settings";
            return wrong("", message);
        }
        let is_header = |header: &str| {
            !header.is_empty()
                && header.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        if !is_header(&self.header) {
            return wrong("header", "expected the name of a header, such as \"X-Signature\"");
        }
        if self.timestamp_header.as_deref().is_some_and(|header| !is_header(header)) {
            let message = "expected the name of a header, such as \"X-Timestamp\"";
            return wrong("timestampHeader", message);
        }
        if self.timestamp_header.is_some() && self.timestamp_prefix.is_some() {
            let message = "expected none: \"timestampHeader\" already says where the time is";
            return wrong("timestampPrefix", message);
        }
        if self.timestamp_prefix.as_ref().is_some_and(|prefix| *prefix == self.prefix) {
            return wrong(
                "timestampPrefix",
                "expected another text than \"prefix\", such as \"t=\"",
            );
        }
        if !(1..=MAX_TOLERANCE_SECONDS).contains(&self.tolerance_seconds) {
            return wrong("toleranceSeconds", "expected 1 to 86400 seconds (a day)");
        }
        if self.dataset.as_ref().is_some_and(|dataset| !datasets.contains(dataset)) {
            return wrong("dataset", "expected one of \"datasets\"");
        }
        match table(self.mapping.clone()) {
            Ok(table) => self.table = Some(table),
            Err(error) => return wrong(&format!("mapping.{}", error.path), &error.message),
        }
        Ok(())
    }
}

/// Reads a table. One without `name` and with one row takes every body as the event of that row.
fn table(mut mapping: Value) -> Result<Table, TableError> {
    let rows = mapping.get("events").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let error = |path: &str, message: &str| {
        Err(TableError { path: path.to_owned(), message: message.to_owned() })
    };
    if mapping.is_object() && rows.is_empty() {
        return error("events", "expected at least one row: [{\"event\": …, \"becomes\": …}]");
    }
    if mapping.get("name").is_none() {
        let [row] = rows else {
            return error("name", "expected the path of the event's name, because of several rows");
        };
        if let Some(event) = row.get("event").and_then(Value::as_str) {
            let name = format!("={event}");
            if let Value::Object(mapping) = &mut mapping {
                mapping.insert("name".to_owned(), name.into());
            }
        }
    }
    Table::read(&mapping)
}

#[cfg(test)]
mod tests {
    use crate::relay::Config;

    fn path(name: &str, settings: &str) -> String {
        let json = format!(
            r#"{{"datasets":["1"],"allowedOrigins":[],"webhooks":{{"{name}":{settings}}}}}"#
        );
        Config::read(&json).err().map_or_else(String::new, |error| error.path().to_owned())
    }

    #[test]
    fn what_cannot_work_is_named_by_its_path() {
        let with = |more: &str| {
            format!(
                r#"{{"header":"X-Signature"{more},"mapping":{{"events":[{{"event":"order","becomes":"Purchase"}}]}}}}"#
            )
        };
        assert_eq!(path("my-shop", &with("")), "");
        assert_eq!(path("My Shop", &with("")), "webhooks.My Shop");
        assert_eq!(path("stripe", &with("")), "webhooks.stripe");
        for (more, at) in [
            (r#","encoding":"hexx""#, "encoding"),
            (r#","timestampHeader":"a b""#, "timestampHeader"),
            (r#","timestampHeader":"X-T","timestampPrefix":"t=""#, "timestampPrefix"),
            (r#","timestampPrefix":"""#, "timestampPrefix"),
            (r#","toleranceSeconds":0"#, "toleranceSeconds"),
            (r#","dataset":"2""#, "dataset"),
            (r#","prefx":"""#, "prefx"),
        ] {
            assert_eq!(path("my-shop", &with(more)), format!("webhooks.my-shop.{at}"));
        }
        for (mapping, at) in [
            ("{}", "events"),
            (r#"{"events":[{"event":"a"},{"event":"b"}]}"#, "name"),
            (r#"{"events":[{"event":"a","becoms":"Lead"}]}"#, "events[0].becoms"),
        ] {
            let settings = format!(r#"{{"header":"X-Signature","mapping":{mapping}}}"#);
            assert_eq!(path("my-shop", &settings), format!("webhooks.my-shop.mapping.{at}"));
        }
    }
}
