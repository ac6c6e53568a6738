//! What a page posts.

use capi_bridge::relay::{RateLimiter, Sender, admit, take};

use super::message::Message;
use super::{CONFIG, KEYS, NOW_MILLIS, ORIGIN, connection, entropy, is_sampled, kept};

/// The input is a message; it is of an allowed origin unless it says another.
pub fn any(input: &[u8]) {
    let message = Message::read(input);
    let connection = connection(&|name| match name {
        "origin" => message.header(name).or_else(|| Some(ORIGIN.to_owned())),
        "authorization" => None,
        name => message.header(name),
    });
    let mut limiter = RateLimiter::default();
    let sender = match admit(&CONFIG, &connection, &KEYS, &mut limiter, NOW_MILLIS) {
        Ok(sender) => sender,
        Err(answer) => return kept::is_discreet(&answer, &[403]),
    };
    assert!(matches!(sender, Sender::Page(_)));
    let taken = || take(&CONFIG, &connection, &sender, &message.body, NOW_MILLIS, &mut entropy);
    let Ok(intake) = taken() else { panic!("there is entropy") };
    if is_sampled(input) {
        let again = taken().map(|again| (again.answer, again.events));
        assert_eq!(again, Ok((intake.answer.clone(), intake.events.clone())));
    }

    kept::is_discreet(&intake.answer, &[202, 400, 413]);
    let received = intake.answer.body["events_received"].as_u64();
    assert_eq!(received, Some(intake.events.len() as u64));
    let given = kept::given(&message.body);
    kept::are_problems(&intake.answer.body["problems"], given.as_ref().map_or(0, Vec::len));
    if let Some(given) = given.filter(|given| (1..=1000).contains(&given.len()))
        && intake.answer.body["problems"][0]["path"] != "dataset_id"
        && intake.answer.status != 413
    {
        kept::none_is_missing(&intake, given.len());
    }
    assert!(intake.people.is_empty());
    kept::are_sound(&intake, connection.client_ip, is_sampled(input));
}
