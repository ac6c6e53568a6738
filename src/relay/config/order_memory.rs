//! The settings of the order memory: `orderMemory` in the configuration.

use serde::Deserialize;

use super::ConfigError;

/// The maximum of `orderMemory.days`. A click id counts for at most 90 days. (Meta, "ClickID and
/// the fbp and fbc Parameters")
const MAX_DAYS: u32 = 90;

/// The settings of the order memory.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderMemory {
    /// The time for which the visitor of an order is remembered, in days. Default 7, because Meta
    /// takes events of the last 7 days. At most 90, for renewals. 0 remembers nothing.
    #[serde(default = "default_days")]
    pub days: u32,
    /// The maximum number of rows for each trust. An order takes two or three. If there are more,
    /// the oldest are deleted. Default 100000.
    #[serde(default = "default_most")]
    pub most: u32,
}

fn default_days() -> u32 {
    7
}
fn default_most() -> u32 {
    100_000
}

impl Default for OrderMemory {
    fn default() -> Self {
        Self { days: default_days(), most: default_most() }
    }
}

impl OrderMemory {
    pub(in crate::relay) fn check(&self) -> Result<(), ConfigError> {
        if self.days > MAX_DAYS {
            let message = format!(
                "expected at most {MAX_DAYS} days, or 0 to remember no orders: a click id counts no longer"
            );
            return Err(ConfigError::new("orderMemory.days", message));
        }
        if self.most == 0 {
            let message = "expected at least 1; to remember no orders, set \"days\" to 0";
            return Err(ConfigError::new("orderMemory.most", message));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::relay::config::Config;

    #[test]
    fn a_mistake_has_its_path() {
        let read = |memory: &str| {
            let config =
                format!(r#"{{"datasets":["1"],"allowedOrigins":[],"orderMemory":{memory}}}"#);
            Config::read(&config).map(|config| config.order_memory.days)
        };
        assert_eq!(read("{}").unwrap(), 7);
        assert_eq!(read(r#"{"days":0}"#).unwrap(), 0);
        assert_eq!(read(r#"{"days":90}"#).unwrap(), 90);
        for (memory, path) in [
            (r#"{"days":91}"#, "orderMemory.days"),
            (r#"{"days":-1}"#, "orderMemory.days"),
            (r#"{"day":1}"#, "orderMemory.day"),
            (r#"{"most":0}"#, "orderMemory.most"),
        ] {
            assert_eq!(read(memory).unwrap_err().path(), path, "{memory}");
        }
    }
}
