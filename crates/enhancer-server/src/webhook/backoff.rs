//! How long to wait before something is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// The wait after `attempt` failed attempts: any time up to a bound that starts at a
/// second and doubles, so that attempts which failed together are not repeated together.
pub(crate) fn backoff(attempt: u32) -> Duration {
    bound(attempt).mul_f64(fastrand::f64())
}

/// The waits after the attempts for a job, in seconds: a day and a half in all, so that a
/// receiver that is down for a night misses nothing. Later waits are like the last one.
const SCHEDULE: [u64; 7] = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600];

/// The longest wait that a receiver may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

/// The wait after `attempt` failed attempts for a job. It varies a little, so that attempts which
/// failed together are not repeated together, and is at least as long as the receiver asked for.
pub(crate) fn patient_backoff(attempt: u32, asked: Option<Duration>) -> Duration {
    let at = (attempt.max(1) as usize - 1).min(SCHEDULE.len() - 1);
    let wait = Duration::from_secs(SCHEDULE[at]).mul_f64(0.9 + 0.2 * fastrand::f64());
    wait.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

fn bound(attempt: u32) -> Duration {
    let factor = 2_u32.saturating_pow(attempt.saturating_sub(1));
    FIRST.saturating_mul(factor).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_five_minutes() {
        let bounds = [1, 2, 3, 4, 9, 10, 40, u32::MAX].map(|attempt| bound(attempt).as_secs());
        assert_eq!(bounds, [1, 2, 4, 8, 256, 300, 300, 300]);
    }

    #[test]
    fn webhooks_of_jobs_are_retried_for_more_than_a_day() {
        let all: Duration = (1..8).map(|attempt| patient_backoff(attempt, None)).sum();
        assert!((28..36).contains(&(all.as_secs() / 3600)), "{all:?}");
        assert!(patient_backoff(1, None) < Duration::from_secs(6));
        assert!(patient_backoff(u32::MAX, None) > Duration::from_secs(12 * 3600));
        let asked = |seconds| patient_backoff(1, Some(Duration::from_secs(seconds)));
        assert_eq!(asked(100), Duration::from_secs(100));
        assert_eq!(asked(u64::MAX), LONGEST_ASKED);
    }

    #[test]
    fn waits_are_spread_over_the_whole_range() {
        let waits: Vec<_> = (0..1000).map(|_| backoff(3)).collect();
        assert!(waits.iter().all(|wait| *wait < Duration::from_secs(4)));
        assert!(waits.iter().any(|wait| *wait < Duration::from_millis(400)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_millis(3600)));
    }
}
