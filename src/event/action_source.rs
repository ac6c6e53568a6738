//! The action source: where an event took place.

use serde::Serialize;

/// The place where the event took place (Meta, "Server Event Parameters", `action_source`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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

const DAY_SECONDS: i64 = 24 * 60 * 60;

impl ActionSource {
    /// Every action source, in the order of Meta's table.
    pub const ALL: [Self; 9] = [
        Self::Website,
        Self::App,
        Self::PhysicalStore,
        Self::PhoneCall,
        Self::Chat,
        Self::Email,
        Self::SystemGenerated,
        Self::BusinessMessaging,
        Self::Other,
    ];

    /// Returns the action source with Meta's name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }

    /// Returns Meta's name for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Website => "website",
            Self::App => "app",
            Self::PhysicalStore => "physical_store",
            Self::PhoneCall => "phone_call",
            Self::Chat => "chat",
            Self::Email => "email",
            Self::SystemGenerated => "system_generated",
            Self::BusinessMessaging => "business_messaging",
            Self::Other => "other",
        }
    }

    /// Returns the maximum age of an event when Meta receives it, in seconds.
    #[must_use]
    pub const fn max_age_seconds(self) -> i64 {
        match self {
            Self::PhysicalStore => 62 * DAY_SECONDS,
            _ => 7 * DAY_SECONDS,
        }
    }
}
