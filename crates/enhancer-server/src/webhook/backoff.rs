//! How long to wait before something is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// The wait after `attempt` failed attempts: any time up to a bound that starts at a
/// second and doubles, so that many who failed together do not return together.
pub(crate) fn backoff(attempt: u32) -> Duration {
    bound(attempt).mul_f64(fastrand::f64())
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
    fn waits_are_spread_over_all_of_their_bound() {
        let waits: Vec<_> = (0..1000).map(|_| backoff(3)).collect();
        assert!(waits.iter().all(|wait| *wait < Duration::from_secs(4)));
        assert!(waits.iter().any(|wait| *wait < Duration::from_millis(400)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_millis(3600)));
    }
}
