//! Checks requests of servers with a key.

use capi_bridge::relay::take;

use super::message::Message;
use super::{CONFIG, NOW_MILLIS, entropy, is_sampled, kept, server};

/// The input is a message. The right key is always added.
pub fn any(input: &[u8]) {
    let message = Message::read(input);
    let (connection, sender) = server(&|name| message.header(name));
    let taken = || take(&CONFIG, &connection, &sender, &message.body, NOW_MILLIS, &mut entropy);
    let Ok(intake) = taken() else { panic!("there is entropy") };
    if is_sampled(input) {
        let again = taken().map(|again| (again.answer, again.events));
        assert_eq!(again, Ok((intake.answer.clone(), intake.events.clone())));
    }

    kept::is_discreet(&intake.answer, &[202, 400]);
    let received = intake.answer.body["events_received"].as_u64();
    assert_eq!(received, Some(intake.events.len() as u64));
    let given = kept::given(&message.body);
    let events = given.as_ref().map_or(8, Vec::len);
    kept::are_problems(&intake.answer.body["problems"], events);
    if let Some(given) = given.filter(|given| (1..=1000).contains(&given.len()))
        && intake.answer.body["problems"][0]["path"] != "dataset_id"
        && intake.answer.status != 413
    {
        kept::none_is_missing(&intake, given.len());
    }
    assert!(intake.people.is_empty());
    kept::are_sound(&intake, None, is_sampled(input));
}
