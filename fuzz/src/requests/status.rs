//! Checks the status of the outboxes, as JSON and for Prometheus.

use capi_bridge::relay::{DatasetStatus, status};

use super::message::Message;

/// The input is a list of datasets' statuses, as JSON.
pub fn any(input: &[u8]) {
    let body = Message::read(input).body;
    let Ok(datasets) = serde_json::from_slice::<Vec<DatasetStatus>>(&body) else { return };
    let stopped = datasets.iter().filter(|one| one.sending == "stopped").count();
    let count = datasets.len();
    let sum = status(datasets);
    assert_eq!(sum.alarms.len(), stopped);
    assert_eq!(sum.status, if stopped > 0 { "alarm" } else { "ok" });
    assert!(serde_json::to_string(&sum).is_ok());
    // The configuration allows only digits in a dataset id.
    if sum.datasets.iter().any(|one| !one.dataset_id.bytes().all(|byte| byte.is_ascii_digit())) {
        return;
    }
    let text = sum.prometheus();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut found = 0;
    for line in lines {
        found += 1;
        let value = line.rsplit_once(' ').and_then(|(_, value)| value.parse::<f64>().ok());
        assert!(line.starts_with("capi_bridge_") && value.is_some(), "{line}");
    }
    let named =
        |reason: &&String| reason.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    assert_eq!(found, count * 12 + sum.refused.keys().filter(named).count());
}
