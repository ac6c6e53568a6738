//! Ids in `user_data` that Meta takes as they are.

/// An id that is never hashed (Meta, "Customer Information Parameters").
///
/// ```
/// use capi_bridge::event::Unhashed;
///
/// assert_eq!(Unhashed::from_key("lead_id").map(Unhashed::key), Some("lead_id"));
/// assert!(Unhashed::from_key("em").is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unhashed {
    key: &'static str,
    integer: bool,
}

const ALL: [Unhashed; 12] = [
    text("subscription_id"),
    integer("fb_login_id"),
    integer("lead_id"),
    text("anon_id"),
    text("madid"),
    text("page_id"),
    text("page_scoped_user_id"),
    text("ctwa_clid"),
    text("ig_account_id"),
    text("ig_sid"),
    text("whatsapp_business_account_id"),
    text("instagram_business_account_id"),
];

const fn text(key: &'static str) -> Unhashed {
    Unhashed { key, integer: false }
}

const fn integer(key: &'static str) -> Unhashed {
    Unhashed { key, integer: true }
}

impl Unhashed {
    /// Returns the id with Meta's key, exactly as Meta writes it.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        ALL.into_iter().find(|id| id.key == key)
    }

    /// Returns Meta's key of the id.
    #[must_use]
    pub const fn key(self) -> &'static str {
        self.key
    }

    /// Returns true if Meta writes it as a number.
    #[must_use]
    pub const fn is_integer(self) -> bool {
        self.integer
    }
}

/// The keys that only Meta's business SDK has: parts of names and dates, and the user id of an app.
/// They are taken only if they are hashed, because no document says how to normalise them.
pub const HASHED_BY_SENDER: [&str; 7] =
    ["f5first", "f5last", "fi", "dobd", "dobm", "doby", "app_user_id"];
