//! Assigns each event to one of the outboxes of its dataset.

use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// Returns the outbox of an event, by its name and id: the one with the highest score (rendezvous
/// hashing, Thaler and Ravishankar, 1998). If one outbox is added, only the events that it gets
/// move.
#[must_use]
pub fn outbox_of(name_and_id: &str, outboxes: u32) -> u32 {
    let score = |outbox: u32| {
        let mut hasher = SipHasher13::new_with_keys(u64::from(outbox), 0);
        hasher.write(name_and_id.as_bytes());
        hasher.finish()
    };
    (0..outboxes.max(1)).max_by_key(|outbox| score(*outbox)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_outbox_more_takes_its_share_and_moves_nothing_else() {
        let keys: Vec<String> = (0..20_000).map(|id| format!("Purchase\n{id}")).collect();
        for outboxes in [1, 4, 63] {
            let moved: Vec<u32> = keys
                .iter()
                .map(|key| (outbox_of(key, outboxes), outbox_of(key, outboxes + 1)))
                .filter(|(before, after)| before != after)
                .map(|(_, after)| after)
                .collect();
            assert!(moved.iter().all(|after| *after == outboxes));
            let share = 20_000 / (outboxes as usize + 1);
            assert!(moved.len().abs_diff(share) < share / 4 + 20, "{} of {share}", moved.len());
        }
    }

    #[test]
    fn events_are_spread_evenly() {
        let mut counts = [0_u32; 64];
        for id in 0..64_000 {
            counts[outbox_of(&format!("Lead\n{id}"), 64) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (800..1_200).contains(count)), "{counts:?}");
    }
}
