//! A queue of decoded samples.

use std::collections::VecDeque;
use std::iter::repeat_n;

use crate::audio::Planes;

/// Samples in order. Silence is only counted, so that long silence takes no memory. A cursor skips
/// taken samples, so that nothing has to be moved.
#[derive(Default)]
pub(in crate::read) struct Ready {
    parts: VecDeque<Part>,
    /// Samples per channel in all parts.
    len: u64,
    /// Samples per channel in memory, including taken ones.
    in_memory: usize,
}

enum Part {
    /// Samples per channel, the first `taken` of which were taken.
    Samples { planes: Planes, taken: usize },
    /// This many samples of silence per channel.
    Silence(u64),
}

impl Part {
    fn len(&self) -> u64 {
        match self {
            Part::Samples { planes, taken } => (planes[0].len() - taken) as u64,
            Part::Silence(len) => *len,
        }
    }
}

impl Ready {
    /// Samples per channel that are in memory.
    pub(super) fn in_memory(&self) -> usize {
        self.in_memory
    }

    /// Appends samples: at least one channel, all of the same length.
    pub(in crate::read) fn push(&mut self, planes: Planes) {
        let len = planes[0].len();
        if len > 0 {
            self.len += len as u64;
            self.in_memory += len;
            self.parts.push_back(Part::Samples { planes, taken: 0 });
        }
    }

    /// Appends this many samples of silence per channel.
    pub(super) fn push_silence(&mut self, len: u64) {
        self.len += len;
        match self.parts.back_mut() {
            _ if len == 0 => {}
            Some(Part::Silence(before)) => *before += len,
            _ => self.parts.push_back(Part::Silence(len)),
        }
    }

    /// Puts taken samples back to the front.
    pub(super) fn unread(&mut self, planes: Planes) {
        let len = planes[0].len();
        if len > 0 {
            self.len += len as u64;
            self.in_memory += len;
            self.parts.push_front(Part::Samples { planes, taken: 0 });
        }
    }

    /// Appends up to `max` samples of each channel to `to`, but leaves the last `held`. Returns how
    /// many it took.
    pub(in crate::read) fn take(&mut self, to: &mut Planes, max: usize, held: u64) -> usize {
        // At most `max`, which is a usize.
        let most = self.len.saturating_sub(held).min(max as u64) as usize;
        let mut left = most;
        while left > 0
            && let Some(part) = self.parts.front_mut()
        {
            let len = part.len().min(left as u64) as usize;
            match part {
                Part::Samples { planes, taken } => {
                    for (to, plane) in to.iter_mut().zip(planes) {
                        to.extend_from_slice(&plane[*taken..*taken + len]);
                    }
                    *taken += len;
                }
                Part::Silence(rest) => {
                    to.iter_mut().for_each(|to| to.extend(repeat_n(0.0, len)));
                    *rest -= len as u64;
                }
            }
            left -= len;
            if part.len() == 0 {
                self.drop_front();
            }
        }
        self.len -= most as u64;
        most
    }

    fn drop_front(&mut self) {
        if let Some(Part::Samples { planes, .. }) = self.parts.pop_front() {
            self.in_memory -= planes[0].len();
        }
    }

    /// Drops up to this many samples at the end. Returns how many.
    pub(super) fn drop_end(&mut self, len: u64) -> u64 {
        let dropped = len.min(self.len);
        let mut left = dropped;
        while left > 0
            && let Some(part) = self.parts.back_mut()
        {
            let len = part.len().min(left);
            match part {
                Part::Samples { planes, .. } => {
                    let kept = planes[0].len() - len as usize;
                    planes.iter_mut().for_each(|plane| plane.truncate(kept));
                    self.in_memory -= len as usize;
                }
                Part::Silence(rest) => *rest -= len,
            }
            left -= len;
            if part.len() == 0
                && let Some(Part::Samples { planes, .. }) = self.parts.pop_back()
            {
                self.in_memory -= planes[0].len();
            }
        }
        self.len -= dropped;
        dropped
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn taken(ready: &mut Ready, max: usize, held: u64) -> Vec<f32> {
        let mut planes = vec![Vec::new(); 2];
        let count = ready.take(&mut planes, max, held);
        assert_eq!((planes[0].len(), &planes[0]), (count, &planes[1]));
        planes.remove(0)
    }

    #[test]
    fn silence_of_any_length_takes_no_memory() {
        let mut ready = Ready::default();
        ready.push(vec![vec![1.0; 3]; 2]);
        ready.push_silence(u64::MAX / 4);
        ready.push_silence(u64::MAX / 4);
        ready.push(vec![vec![2.0; 3]; 2]);
        assert_eq!((ready.in_memory(), ready.parts.len()), (6, 3));
        assert_eq!(taken(&mut ready, 5, 0), [1.0, 1.0, 1.0, 0.0, 0.0]);
        assert_eq!((ready.in_memory(), ready.parts.len()), (3, 2));
        let rest = ready.len;
        assert_eq!(ready.drop_end(rest - 1), rest - 1);
        assert_eq!((ready.len, ready.in_memory()), (1, 0));
    }

    /// An operation on the queue.
    #[derive(Clone, Debug)]
    enum Step {
        Push(u8),
        Silence(u8),
        Unread,
        Take(usize, u64),
        DropEnd(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0u8..5).prop_map(Step::Push),
            (0u8..5).prop_map(Step::Silence),
            Just(Step::Unread),
            (0usize..9, 0u64..3).prop_map(|(max, held)| Step::Take(max, held)),
            (0u64..5).prop_map(Step::DropEnd),
        ];
        prop::collection::vec(step, 0..40)
    }

    proptest! {
        /// The naive twin keeps every sample in one vector.
        #[test]
        fn it_is_a_queue_of_samples(steps in steps()) {
            let (mut ready, mut twin) = (Ready::default(), Vec::new());
            let (mut next, mut latest) = (0.0, Vec::new());
            for step in steps {
                match step {
                    Step::Push(len) => {
                        let plane: Vec<f32> = (0..len).map(|n| next + f32::from(n) + 1.0).collect();
                        next += f32::from(len);
                        twin.extend(&plane);
                        ready.push(vec![plane; 2]);
                    }
                    Step::Silence(len) => {
                        twin.extend(repeat_n(0.0, len.into()));
                        ready.push_silence(len.into());
                    }
                    Step::Unread => {
                        twin.splice(0..0, latest.iter().copied());
                        ready.unread(vec![std::mem::take(&mut latest); 2]);
                    }
                    Step::Take(max, held) => {
                        let len = max.min(twin.len().saturating_sub(held as usize));
                        latest = taken(&mut ready, max, held);
                        prop_assert_eq!(&latest, &twin.drain(..len).collect::<Vec<_>>());
                    }
                    Step::DropEnd(len) => {
                        let dropped = twin.len().min(len as usize);
                        twin.truncate(twin.len() - dropped);
                        prop_assert_eq!(ready.drop_end(len), dropped as u64);
                    }
                }
                prop_assert_eq!(ready.len, twin.len() as u64);
                prop_assert!(ready.in_memory() >= twin.iter().filter(|s| **s > 0.0).count());
            }
        }
    }
}
