//! Where an event took place.

use serde::{Deserialize, Serialize};

/// Where the event took place (Meta, "Server Event Parameters", `action_source`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionSource {
    /// On a website: needs `event_source_url` and `client_user_agent`.
    Website,
    /// In a mobile app: needs `app_data`.
    App,
    /// In person: may be up to 62 days old.
    PhysicalStore,
    /// By phone.
    PhoneCall,
    /// In a messaging app, by SMS or in an online chat.
    Chat,
    /// By e-mail.
    Email,
    /// Without a person, such as the renewal of a subscription.
    SystemGenerated,
    /// WhatsApp, Messenger or Instagram direct: needs `messaging_channel`.
    BusinessMessaging,
    /// None of these.
    Other,
}
