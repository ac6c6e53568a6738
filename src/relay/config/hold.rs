//! The time for which the outbox holds events, so that it gets both copies before it sends.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::event::Trust;

/// The maximum hold, in seconds: one day. Meta hardly learns from an older event. Copies are
/// recognised for two days, and retries need a part of that time.
const MAX_HOLD_SECONDS: u32 = 24 * 60 * 60;
/// The default hold of an event, in seconds.
const DEFAULT_SECONDS: u32 = 2;
/// The default hold of a page's Purchase if a back end may send the same event, in seconds. The
/// back end's copy arrives within this time.
const PURCHASE_WITH_SERVER_SECONDS: u32 = 30;
/// The default hold of a page's Purchase if a shop's webhook sends the same event, in seconds. A
/// shop sends its webhooks from a queue, and a payment may be confirmed some minutes later.
const PURCHASE_WITH_SHOP_SECONDS: u32 = 10 * 60;
/// The maximum wait of a page's copy that is only sent as part of a server's copy, in seconds.
const WITHHELD_SECONDS: u32 = 10 * 60;

/// The setting `holdSeconds`: the hold of every event, and of events by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hold {
    every: Option<u32>,
    by_name: BTreeMap<String, Copies>,
}

/// The setting for the events of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copies {
    Seconds(u32),
    /// Only a server's copy is sent.
    ServerOnly,
}

/// The hold of one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The time for which the outbox holds the event, in milliseconds.
    pub millis: u64,
    /// True if the event is only sent as part of a server's copy.
    pub is_withheld: bool,
}

/// The back ends that may send the same events as pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BackEnd {
    /// None.
    #[default]
    None,
    /// A server with a bridge key or one of Segment's sources.
    Server,
    /// The webhook of a shop or a payment provider.
    Shop,
}

impl BackEnd {
    /// Returns the default hold of a page's Purchase, in seconds.
    fn purchase_seconds(self) -> u32 {
        match self {
            Self::None => DEFAULT_SECONDS,
            Self::Server => PURCHASE_WITH_SERVER_SECONDS,
            Self::Shop => PURCHASE_WITH_SHOP_SECONDS,
        }
    }
}

impl Hold {
    /// Returns the hold of an event.
    #[must_use]
    pub fn of(&self, trust: Trust, event_name: &str, back_end: BackEnd) -> Held {
        let held = |seconds: u32| Held { millis: u64::from(seconds) * 1_000, is_withheld: false };
        match (self.by_name.get(event_name), trust) {
            (Some(Copies::Seconds(seconds)), _) => held(*seconds),
            (Some(Copies::ServerOnly), Trust::Page) => {
                Held { is_withheld: true, ..held(WITHHELD_SECONDS) }
            }
            (Some(Copies::ServerOnly), Trust::Server) | (None, _) => match self.every {
                Some(seconds) => held(seconds),
                None if trust == Trust::Page && event_name == "Purchase" => {
                    held(back_end.purchase_seconds())
                }
                None => held(DEFAULT_SECONDS),
            },
        }
    }

    /// Returns the longest time for which any event is held, in milliseconds.
    #[must_use]
    pub fn max_millis(&self) -> u64 {
        let named = self.by_name.values().map(|copies| match copies {
            Copies::Seconds(seconds) => *seconds,
            Copies::ServerOnly => WITHHELD_SECONDS,
        });
        let every = self.every.unwrap_or(PURCHASE_WITH_SHOP_SECONDS);
        u64::from(named.max().unwrap_or(0).max(every)) * 1_000
    }

    /// Returns true if no event is held.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.every == Some(0) && self.max_millis() == 0
    }
}

impl<'de> Deserialize<'de> for Hold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Hold;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(
                    "seconds from 0 to 86400 (a day), or an object of them by event name, such as {\"Purchase\": 30, \"*\": 2}",
                )
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<Hold, E> {
                Ok(Hold { every: Some(seconds_of(seconds)?), by_name: BTreeMap::new() })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Hold, A::Error> {
                let mut hold = Hold::default();
                while let Some((name, copies)) = map.next_entry::<String, Copies>()? {
                    match (name.as_str(), copies) {
                        ("*", Copies::Seconds(seconds)) => hold.every = Some(seconds),
                        ("*", Copies::ServerOnly) => {
                            return Err(Error::custom(
                                "expected seconds for \"*\", every other event",
                            ));
                        }
                        _ => drop(hold.by_name.insert(name, copies)),
                    }
                }
                Ok(hold)
            }
        }

        deserializer.deserialize_any(Read)
    }
}

impl<'de> Deserialize<'de> for Copies {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl Visitor<'_> for Read {
            type Value = Copies;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("seconds from 0 to 86400 (a day), or \"server\"")
            }

            fn visit_u64<E: Error>(self, seconds: u64) -> Result<Copies, E> {
                seconds_of(seconds).map(Copies::Seconds)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Copies, E> {
                match text {
                    "server" => Ok(Copies::ServerOnly),
                    _ => Err(Error::custom(
                        "expected seconds from 0 to 86400 (a day), or \"server\"",
                    )),
                }
            }
        }

        deserializer.deserialize_any(Read)
    }
}

fn seconds_of<E: Error>(seconds: u64) -> Result<u32, E> {
    match u32::try_from(seconds) {
        Ok(seconds) if seconds <= MAX_HOLD_SECONDS => Ok(seconds),
        _ => Err(Error::custom(
            "expected at most 86400, a day: later, Meta hardly learns from an event",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Hold {
        serde_json::from_str(json).unwrap()
    }

    fn millis(hold: &Hold, trust: Trust, name: &str, back_end: BackEnd) -> u64 {
        hold.of(trust, name, back_end).millis
    }

    #[test]
    fn a_pages_purchase_is_held_for_the_back_end_where_there_is_one() {
        let hold = Hold::default();
        assert_eq!(millis(&hold, Trust::Page, "Purchase", BackEnd::Server), 30_000);
        assert_eq!(millis(&hold, Trust::Page, "Purchase", BackEnd::None), 2_000);
        assert_eq!(millis(&hold, Trust::Server, "Purchase", BackEnd::Server), 2_000);
        assert_eq!(millis(&hold, Trust::Page, "Lead", BackEnd::Server), 2_000);
        assert_eq!(millis(&hold, Trust::Page, "Purchase", BackEnd::Shop), 600_000);
        assert_eq!(millis(&hold, Trust::Server, "Purchase", BackEnd::Shop), 2_000);
        assert_eq!(millis(&hold, Trust::Page, "Lead", BackEnd::Shop), 2_000);
        assert_eq!(hold.max_millis(), 600_000);
    }

    #[test]
    fn a_plain_number_is_for_every_event() {
        let hold = read("7");
        assert_eq!(millis(&hold, Trust::Page, "Purchase", BackEnd::Server), 7_000);
        assert!(read("0").is_off() && !hold.is_off() && !Hold::default().is_off());
    }

    #[test]
    fn names_have_times_of_their_own_or_only_a_servers_copy() {
        let hold = read(r#"{"Purchase":"server","Lead":60,"*":1}"#);
        assert!(hold.of(Trust::Page, "Purchase", BackEnd::None).is_withheld);
        assert!(!hold.of(Trust::Server, "Purchase", BackEnd::None).is_withheld);
        assert_eq!(millis(&hold, Trust::Server, "Purchase", BackEnd::Server), 1_000);
        assert_eq!(millis(&hold, Trust::Page, "Lead", BackEnd::None), 60_000);
        assert_eq!(hold.max_millis(), 600_000);
    }

    #[test]
    fn what_is_no_time_is_refused_with_what_was_expected() {
        for wrong in
            ["-1", "86401", "1.5", "\"2\"", "[]", r#"{"Lead":"page"}"#, r#"{"*":"server"}"#]
        {
            let error = serde_json::from_str::<Hold>(wrong).unwrap_err().to_string();
            assert!(error.contains("expected"), "{wrong}: {error}");
        }
    }
}
