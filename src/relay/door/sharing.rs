//! Builds the parcel of a request. Facts that its events share are stored in it once.

use std::borrow::Cow;

use super::connection::Connection;
use super::intake::{Accepted, Intake};
use super::order::without_key;
use crate::relay::config::{BackEnd, Config};
use crate::relay::outbox::{Arrival, Fact, Parcel};

/// The facts of a request that its events may carry, each as a member in JSON.
///
/// A JSON event has the field order of [`ServerEvent`](crate::event::ServerEvent): the page's
/// address follows the action source, and the customer information is last. Quotation marks inside
/// a text are escaped, so a match of a whole member is a member.
#[derive(Debug, Clone, Default)]
pub(super) struct Sharing {
    facts: Vec<Fact>,
}

impl Sharing {
    /// Returns the facts of a connection: the addresses of page and visitor, the user agent, `fbc`
    /// and `fbp`.
    pub fn of(connection: &Connection) -> Self {
        let mut facts = Vec::new();
        let mut add = |is_of_customer, name: &str, value: Option<String>| {
            if let Some(Ok(value)) = value.map(|value| serde_json::to_string(&value)) {
                facts.push(Fact { is_of_customer, member: format!("\"{name}\":{value}") });
            }
        };
        let referer =
            connection.referer.as_deref().map(|referer| without_key(referer).into_owned());
        add(false, "event_source_url", referer);
        let address = connection.client_ip.map(|address| address.to_string());
        add(true, "client_ip_address", address);
        add(true, "client_user_agent", connection.shown_user_agent());
        add(true, "fbc", connection.fbc.as_ref().map(|fbc| fbc.as_str().to_owned()));
        add(true, "fbp", connection.fbp.as_ref().map(|fbp| fbp.as_str().to_owned()));
        Self { facts }
    }

    /// Returns the bytes of an event without the shared facts.
    pub fn own_bytes(&self, event: &str) -> usize {
        self.split(event).1.len()
    }

    /// Returns the facts that an event carries, one bit each, and the event without them.
    fn split<'a>(&self, event: &'a str) -> (u16, Cow<'a, str>) {
        let mut bits = 0;
        let mut own = Cow::Borrowed(event);
        for (number, fact) in self.facts.iter().enumerate() {
            let place = if fact.is_of_customer {
                in_customer(&own, &fact.member)
            } else {
                behind_action_source(&own, &fact.member)
            };
            if let Some((from, until)) = place {
                bits |= 1 << number;
                own = Cow::Owned([&own[..from], &own[until..]].concat());
            }
        }
        (bits, own)
    }
}

/// Returns the byte range of `,member` if it directly follows the action source.
fn behind_action_source(event: &str, member: &str) -> Option<(usize, usize)> {
    const NAME: &str = ",\"action_source\":\"";
    let value = event.find(NAME)? + NAME.len();
    let from = value + event.get(value..)?.find('"')? + 1;
    let rest = event.get(from..)?.strip_prefix(',')?;
    rest.starts_with(member).then(|| (from, from + 1 + member.len()))
}

/// Returns the byte range of a member of the customer information, with one comma beside it.
fn in_customer(event: &str, member: &str) -> Option<(usize, usize)> {
    const NAME: &str = "\"user_data\":{";
    let start = event.rfind(NAME)? + NAME.len();
    let from = start + event.get(start..)?.find(member)?;
    let until = from + member.len();
    if event.get(..from)?.ends_with(',') {
        return Some((from - 1, until));
    }
    let is_followed = event.get(until..)?.starts_with(',');
    Some((from, until + usize::from(is_followed)))
}

impl Intake {
    /// Returns the parcel for the outbox, or `None` if there is nothing to store.
    #[must_use]
    pub fn to_parcel(
        &self,
        config: &Config,
        connection: &Connection,
        back_end: BackEnd,
    ) -> Option<Parcel> {
        let sharing = Sharing::of(connection);
        let arrival = |accepted: &Accepted| {
            let name = accepted.key.split('\n').next().unwrap_or_default();
            let held = config.hold_seconds.of(accepted.trust, name, back_end);
            let (facts, event) = sharing.split(&accepted.event);
            Arrival {
                name_and_id: accepted.key.clone(),
                hold_millis: held.millis,
                is_withheld: held.is_withheld,
                send_before: accepted.send_before,
                facts,
                known_as: accepted.known_as.clone(),
                order: accepted.order.clone().filter(|_| config.order_memory.days > 0),
                event: event.into_owned(),
            }
        };
        let parcel = Parcel {
            trust: self.trust,
            main_body: self.events.first().map(|first| first.main_body.clone()).unwrap_or_default(),
            people: self.people.clone(),
            events: self.events.iter().map(arrival).collect(),
            withdrawn: self.withdrawn.iter().map(arrival).collect(),
            facts: sharing.facts.clone(),
        };
        (!parcel.is_empty()).then_some(parcel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sharing() -> Sharing {
        Sharing::of(&Connection {
            referer: Some("https://shop.example/".to_owned()),
            user_agent: Some("Mozilla \"5.0\"".to_owned()),
            ..Connection::default()
        })
    }

    #[test]
    fn a_fact_is_taken_out_where_it_is_a_member_and_nowhere_else() {
        let url = r#""event_source_url":"https://shop.example/""#;
        let agent = r#""client_user_agent":"Mozilla \"5.0\"""#;
        let event = format!(
            r#"{{"event_name":"A","action_source":"website",{url},"custom_data":{{{url},{agent}}},"user_data":{{"em":["h"],{agent},"fbp":"p"}}}}"#
        );
        let (bits, own) = sharing().split(&event);
        let expected = format!(
            r#"{{"event_name":"A","action_source":"website","custom_data":{{{url},{agent}}},"user_data":{{"em":["h"],"fbp":"p"}}}}"#
        );
        assert_eq!((bits, own.as_ref()), (0b11, expected.as_str()));
        let alone =
            format!(r#"{{"event_name":"A","action_source":"website","user_data":{{{agent}}}}}"#);
        let (bits, own) = sharing().split(&alone);
        assert_eq!(
            (bits, own.as_ref()),
            (0b10, r#"{"event_name":"A","action_source":"website","user_data":{}}"#)
        );
    }

    #[test]
    fn another_value_is_no_fact_of_the_request() {
        let event = r#"{"event_name":"A","action_source":"website","event_source_url":"https://shop.example/2","custom_data":{"event_source_url":"https://shop.example/"},"user_data":{"client_user_agent":"M"}}"#;
        assert_eq!(sharing().split(event), (0, Cow::Borrowed(event)));
    }
}
