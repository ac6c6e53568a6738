//! The customer information of one event (`user_data`).

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::Serialize;
use serde_json::Value;

use crate::customer::{Field, Hashed};
use crate::identifiers::{Fbc, Fbp};

/// The sets of fields that are too broad to identify a person. Meta rejects an event whose customer
/// information is a subset of one of them (Meta, "Customer Information Parameters", since v13.0).
const TOO_BROAD: [&[&str]; 4] = [
    &["ct", "country", "st", "zp", "ge", "client_user_agent"],
    &["db", "client_user_agent"],
    &["fn", "ge"],
    &["ln", "ge"],
];

/// Customer information (Meta, "Customer Information Parameters"). Fields that Meta wants hashed
/// are always hashed here. The others are unchanged, as the visitor's browser sent them.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CustomerInformation {
    /// Hashed fields by Meta's key (`em`, `ph`, …), each a list, best first.
    #[serde(flatten)]
    pub hashed: BTreeMap<&'static str, Vec<Hashed>>,
    /// Ids that Meta takes as they are, by Meta's key ([`Unhashed`](super::Unhashed)).
    #[serde(flatten)]
    pub unhashed: BTreeMap<&'static str, Value>,
    /// The visitor's own address, never a server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_ip_address: Option<IpAddr>,
    /// The visitor's own user agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_user_agent: Option<String>,
    /// The click that brought the visitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fbc: Option<Fbc>,
    /// The visitor's browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fbp: Option<Fbp>,
}

impl CustomerInformation {
    /// Adds a hash to a field, once.
    pub fn add(&mut self, field: Field, hash: Hashed) {
        let hashes = self.hashed.entry(field.key()).or_default();
        if !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }

    /// Returns true if Meta would reject the event because it says too little about the person
    /// (2804050).
    #[must_use]
    pub fn is_too_broad(&self) -> bool {
        is_too_broad(self.keys())
    }

    /// Returns Meta's keys of the fields that are not empty.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        let of_the_visitor = [
            self.client_ip_address.as_ref().map(|_| "client_ip_address"),
            self.client_user_agent.as_ref().map(|_| "client_user_agent"),
            self.fbc.as_ref().map(|_| "fbc"),
            self.fbp.as_ref().map(|_| "fbp"),
        ];
        let hashed = self.hashed.iter().filter(|(_, hashes)| !hashes.is_empty());
        let hashed = hashed.map(|(key, _)| *key);
        hashed.chain(self.unhashed.keys().copied()).chain(of_the_visitor.into_iter().flatten())
    }
}

/// Returns true if the keys are a subset of a set that is too broad to identify a person.
pub fn is_too_broad<'a>(keys: impl Iterator<Item = &'a str> + Clone) -> bool {
    TOO_BROAD.iter().any(|set| keys.clone().all(|key| set.contains(&key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::Hashed;

    fn with(keys: &[&str], agent: bool) -> CustomerInformation {
        let hash = Hashed::parse(&"a".repeat(64)).unwrap();
        let mut customer = CustomerInformation::default();
        for key in keys {
            customer.add(Field::from_key(key).unwrap(), hash.clone());
        }
        customer.client_user_agent = agent.then(|| "Mozilla/5.0".to_owned());
        customer
    }

    #[test]
    fn knowing_only_a_city_and_a_browser_is_too_broad() {
        assert!(with(&[], false).is_too_broad());
        assert!(with(&["ct", "country", "st", "zp", "ge"], true).is_too_broad());
        assert!(with(&["db"], true).is_too_broad());
        assert!(with(&["fn", "ge"], false).is_too_broad());
    }

    #[test]
    fn one_field_beyond_the_set_is_enough() {
        assert!(!with(&["em"], false).is_too_broad());
        assert!(!with(&["fn", "ln"], false).is_too_broad());
        assert!(!with(&["db", "ct"], false).is_too_broad());
        assert!(!with(&["fn", "ge"], true).is_too_broad());
    }
}
