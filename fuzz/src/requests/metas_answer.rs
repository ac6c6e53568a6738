//! Checks the reading of Meta's answers, and of answers that are not Meta's.

use std::borrow::Cow;

use capi_bridge::relay::{
    Attempt, Config, Fate, Sending, Verdict, asked_wait_millis, outcome, verdict,
};

use super::message::Message;
use super::{CONFIG, NOW_MILLIS, PERSONAL};

const DAY_MILLIS: u64 = 24 * 60 * 60 * 1_000;

/// The input is a message with `:status` in its head, and numbers of the attempt: `:events`,
/// `:tries`, `:failures`, `:others`, `:chance`, `:most`.
pub fn any(input: &[u8]) {
    let message = Message::read(input);
    let number = |name: &str, otherwise: u32| -> u32 {
        message.get(name).and_then(|digits| digits.trim().parse().ok()).unwrap_or(otherwise)
    };
    let status = u16::try_from(number(":status", 200)).unwrap_or(u16::MAX);
    let asked = asked_wait_millis(&|name| message.header(name), NOW_MILLIS);
    assert!(asked <= DAY_MILLIS);

    let judged = verdict(status, &message.body, 1);
    assert_eq!(judged, verdict(status, &message.body, 1));
    if judged == Verdict::Accepted {
        assert!((200..300).contains(&status));
    }

    let most = number(":most", 300);
    let config = match most {
        300 => Cow::Borrowed(&*CONFIG),
        most => {
            let mut config = Config::clone(&CONFIG);
            config.retry_at_most_seconds = most;
            Cow::Owned(config)
        }
    };
    let attempt = Attempt {
        events: number(":events", 1),
        tries: number(":tries", 0),
        failures: number(":failures", 0),
        others_taken: message.get(":others").is_some(),
    };
    let decided = outcome(&config, attempt, judged.clone(), asked, number(":chance", 0));

    let delivered = decided.fate == Fate::Delivered;
    assert_eq!(delivered, judged == Verdict::Accepted);
    assert_eq!(decided.refusal.is_none(), delivered);
    assert!(decided.dataset_waits_millis >= asked);
    let longest = (u64::from(most) * 1_000).max(DAY_MILLIS);
    assert!(decided.dataset_waits_millis <= longest && decided.events_wait_millis <= longest);
    if decided.fate == Fate::Halved {
        assert!(attempt.events > 1);
    }
    if decided.fate == Fate::Quarantined {
        assert_eq!(attempt.events.max(1), 1);
    }
    if decided.sending != Sending::Fine && decided.fate == Fate::Kept {
        assert!(decided.dataset_waits_millis > 0, "asked again at once");
    }
    if let Some(refusal) = decided.refusal {
        assert!(refusal.message.len() <= 400, "{}", refusal.message.len());
        assert!(!refusal.message.chars().any(char::is_control), "{:?}", refusal.message);
        assert!(refusal.fbtrace_id.len() <= 64 && refusal.fbtrace_id.chars().all(is_plain));
        // Only the e-mail address is checked. A word such as a name does not look personal, so it
        // stays.
        assert!(!refusal.message.contains(PERSONAL[0]), "{:?}", refusal.message);
    }
}

fn is_plain(letter: char) -> bool {
    letter == '…' || letter.is_ascii_alphanumeric() || "-_+/=".contains(letter)
}
