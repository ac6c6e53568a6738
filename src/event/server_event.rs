//! The event as Meta takes it.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{ActionSource, CustomerInformation, Problem};
use crate::identifiers::EventId;

/// One element of `data` in a request to Meta (Meta, "Server Event Parameters").
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServerEvent {
    /// A standard event's name, case-sensitive, or a custom one of at most 50 characters.
    pub event_name: String,
    /// When it happened, Unix seconds.
    pub event_time: i64,
    /// What its browser copy carries as `eventID`.
    pub event_id: EventId,
    /// Where it took place.
    pub action_source: ActionSource,
    /// The address of the page, http or https.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_source_url: Option<String>,
    /// The page that led there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer_url: Option<String>,
    /// Use it for attribution only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opt_out: Option<bool>,
    /// Limited data use.
    #[serde(flatten)]
    pub data_processing: Option<DataProcessing>,
    /// Who did it.
    pub user_data: CustomerInformation,
    /// What it was about.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub custom_data: Map<String, Value>,
}

/// Data processing options (Meta, "Data Processing Options for US Users").
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataProcessing {
    /// `["LDU"]` to limit data use, empty to say that it is not limited.
    #[serde(rename = "data_processing_options")]
    pub options: Vec<String>,
    /// 1 for the United States, 0 to let Meta geolocate.
    #[serde(rename = "data_processing_options_country")]
    pub country: u16,
    /// 1000 and above for a state, 0 to let Meta geolocate.
    #[serde(rename = "data_processing_options_state")]
    pub state: u16,
}

impl ServerEvent {
    /// What Meta would refuse it for, with paths below `path` (such as `data[3]`); its time apart,
    /// which [`event_time`](super::event_time) has settled.
    #[must_use]
    pub fn problems(&self, path: &str) -> Vec<Problem> {
        super::validate::problems(self, path)
    }

    /// Until when it can be sent, Unix seconds: one that is older makes Meta refuse all that travels
    /// with it.
    #[must_use]
    pub fn send_before(&self) -> i64 {
        super::validate::send_before(self)
    }
}
