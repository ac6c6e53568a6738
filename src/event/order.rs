//! The order that an event belongs to.

use serde::{Deserialize, Serialize};

/// The names under which an event knows its order, and the facts that prove a visitor's part in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderMention {
    /// Public names of the order: id, number, name ("#1001" and "1001"). Anyone can guess them.
    pub names: Vec<String>,
    /// Names that cannot be guessed: order key, checkout token, cart token.
    pub secrets: Vec<String>,
    /// Names of what later orders share with this one, as a signed sender says: "subscription:701",
    /// "customer:12". Empty for pages.
    pub accounts: Vec<String>,
    /// True for a renewal: it takes fbp, fbc and external id of the account's first order, nothing
    /// else.
    pub is_renewal: bool,
    /// True if the event id was made from the order because the sender gave none. The memory may
    /// then replace it by the page's.
    pub is_id_derived: bool,
}
