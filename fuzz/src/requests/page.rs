//! Checks requests of pages.

use super::message::Message;
use super::{ORIGIN, at_the_door, connection, is_sampled, kept};

/// The input is a message. Its origin is an allowed one unless it has another.
pub fn any(input: &[u8]) {
    let message = Message::read(input);
    let header = |name: &str| match name {
        "origin" => message.header(name).or_else(|| Some(ORIGIN.to_owned())),
        "authorization" => None,
        name => message.header(name),
    };
    let (intake, is_read) = at_the_door("/bridge/events", &header, &message.body);
    if !is_read {
        return kept::is_discreet(&intake.answer, &[403]);
    }
    if is_sampled(input) {
        let (again, _) = at_the_door("/bridge/events", &header, &message.body);
        assert_eq!((again.answer, again.events), (intake.answer.clone(), intake.events.clone()));
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
    kept::are_sound(&intake, connection(&header).client_ip, is_sampled(input));
}
