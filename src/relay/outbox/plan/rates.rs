//! Measures events per minute over the last five minutes. The counts are lost when the outbox is
//! unloaded.

const MINUTE_MILLIS: u64 = 60_000;
const MINUTES: u64 = 5;

#[derive(Debug, Default)]
pub(super) struct Rates {
    pub(super) accepted: PerMinute,
    pub(super) delivered: PerMinute,
}

/// Event counts by minute.
#[derive(Debug, Default)]
pub(super) struct PerMinute(Vec<(u64, u64)>);

impl PerMinute {
    pub(super) fn add(&mut self, events: u64, now_millis: u64) {
        let minute = now_millis / MINUTE_MILLIS;
        match self.0.iter_mut().find(|(of, _)| *of == minute) {
            Some((_, count)) => *count += events,
            None => {
                self.0.retain(|(of, _)| of.abs_diff(minute) < MINUTES);
                self.0.push((minute, events));
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub(super) fn rate(&self, now_millis: u64) -> f64 {
        let minute = now_millis / MINUTE_MILLIS;
        let recent = self.0.iter().filter(|(of, _)| minute.abs_diff(*of) < MINUTES);
        recent.map(|(_, count)| count).sum::<u64>() as f64 / MINUTES as f64
    }
}
