//! The event as Meta takes it.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{ActionSource, CustomerInformation, DataProcessing, Problem};
use crate::identifiers::EventId;

/// One element of `data` in a request to Meta (Meta, "Server Event Parameters").
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServerEvent {
    /// A standard event's name, case-sensitive, or a custom one of at most 50 characters.
    pub event_name: String,
    /// The event time, in Unix seconds.
    pub event_time: i64,
    /// The event id, which the browser's copy has as `eventID`.
    pub event_id: EventId,
    /// The action source: where the event took place.
    pub action_source: ActionSource,
    /// The address of the page, http or https.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_source_url: Option<String>,
    /// The address of the page that led there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer_url: Option<String>,
    /// True if Meta may use the event for attribution only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opt_out: Option<bool>,
    /// Limited data use.
    #[serde(flatten)]
    pub data_processing: Option<DataProcessing>,
    /// The kind of customer, such as `new_customer_to_business`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_segmentation: Option<String>,
    /// The event that this one amends or attributes.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub original_event_data: Map<String, Value>,
    /// The app and its device (Meta, "App Data Parameters").
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub app_data: Map<String, Value>,
    /// `messenger`, `whatsapp` or `instagram`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messaging_channel: Option<String>,
    /// The attribution by a measurement partner.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub attribution_data: Map<String, Value>,
    /// A field of Meta's business SDK.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advanced_measurement_table: Option<String>,
    /// True if the person allowed tracking, for SDKs that say so at this place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advertiser_tracking_enabled: Option<bool>,
    /// The details of the event, such as its value and products.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub custom_data: Map<String, Value>,
    /// The customer information. It is the last member, because the outbox appends the fields that
    /// the events of a request share.
    pub user_data: CustomerInformation,
}

impl ServerEvent {
    /// Returns an event with only the fields that every event needs.
    #[must_use]
    pub fn new(
        event_name: String,
        event_time: i64,
        event_id: EventId,
        action_source: ActionSource,
        user_data: CustomerInformation,
    ) -> Self {
        Self {
            event_name,
            event_time,
            event_id,
            action_source,
            event_source_url: None,
            referrer_url: None,
            opt_out: None,
            data_processing: None,
            customer_segmentation: None,
            original_event_data: Map::new(),
            app_data: Map::new(),
            messaging_channel: None,
            attribution_data: Map::new(),
            advanced_measurement_table: None,
            advertiser_tracking_enabled: None,
            user_data,
            custom_data: Map::new(),
        }
    }

    /// Returns the problems for which Meta rejects the event, with paths below `path` (such as
    /// `data[3]`). The time is not checked here, but in [`event_time`](super::event_time).
    #[must_use]
    pub fn problems(&self, path: &str) -> Vec<Problem> {
        super::validate::Facts::of(self).problems(path)
    }

    /// Returns the time until which the event can be sent, in Unix seconds. Meta rejects a whole
    /// request for one event that is too old.
    #[must_use]
    pub fn send_before(&self) -> i64 {
        super::validate::send_before(self)
    }
}
