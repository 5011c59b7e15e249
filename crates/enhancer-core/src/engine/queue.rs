//! The queue of unprocessed tasks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::ops::Bound;

use super::Priority;

/// The number of tasks of higher priorities that are taken before a waiting one. Without it,
/// high-priority work could block lower priorities for ever.
const PATIENCE: u32 = 16;

/// Tasks that wait for a worker. The highest priority comes first, but a lower one is passed over
/// at most `PATIENCE` times. Sessions of the same priority take turns, so that a short file does
/// not wait for an hour-long one. The tasks of a session keep their order.
pub(super) struct UnprocessedQueue<T> {
    levels: BTreeMap<Reverse<Priority>, Level<T>>,
    /// Sessions whose next task needs the result of another task.
    held: HashSet<u64>,
}

/// The waiting tasks of one priority. Never empty.
struct Level<T> {
    turns: VecDeque<Waiting<T>>,
    /// The number of tasks of higher priorities that were taken while one of these could have run.
    passed: u32,
}

impl<T> Default for Level<T> {
    fn default() -> Self {
        Level { turns: VecDeque::new(), passed: 0 }
    }
}

/// The waiting tasks of one session. Never empty.
struct Waiting<T> {
    session: u64,
    tasks: VecDeque<T>,
}

impl<T> UnprocessedQueue<T> {
    pub(super) fn new() -> Self {
        UnprocessedQueue { levels: BTreeMap::new(), held: HashSet::new() }
    }

    /// Adds a task of a session. All tasks of a session have the same priority.
    pub(super) fn push(&mut self, priority: Priority, session: u64, task: T) {
        let turns = &mut self.levels.entry(Reverse(priority)).or_default().turns;
        match turns.iter_mut().find(|waiting| waiting.session == session) {
            Some(waiting) => waiting.tasks.push_back(task),
            None => turns.push_back(Waiting { session, tasks: VecDeque::from([task]) }),
        }
    }

    /// Takes the next task.
    pub(super) fn pop(&mut self) -> Option<T> {
        let (priority, at) = self.next()?;
        self.age_below(priority);
        let level = self.levels.get_mut(&priority)?;
        level.passed = 0;
        let mut waiting = level.turns.remove(at)?;
        let task = waiting.tasks.pop_front();
        if !waiting.tasks.is_empty() {
            level.turns.push_back(waiting);
        }
        if level.turns.is_empty() {
            self.levels.remove(&priority);
        }
        task
    }

    /// Whether a task can be taken.
    pub(super) fn is_ready(&self) -> bool {
        self.next().is_some()
    }

    /// The position of the next task.
    fn next(&self) -> Option<(Reverse<Priority>, usize)> {
        let ready = || {
            self.levels
                .iter()
                .filter_map(|(priority, level)| Some((*priority, level, self.ready_in(level)?)))
        };
        let late = ready().find(|(_, level, _)| level.passed >= PATIENCE);
        late.or_else(|| ready().next()).map(|(priority, _, at)| (priority, at))
    }

    /// The position of the first session with a task that may run.
    fn ready_in(&self, level: &Level<T>) -> Option<usize> {
        level.turns.iter().position(|waiting| !self.held.contains(&waiting.session))
    }

    /// Counts, for each lower priority with a task that may run, that it was passed over.
    fn age_below(&mut self, priority: Reverse<Priority>) {
        let below = (Bound::Excluded(priority), Bound::Unbounded);
        let passed: Vec<_> = self
            .levels
            .range(below)
            .filter(|(_, level)| self.ready_in(level).is_some())
            .map(|(priority, _)| *priority)
            .collect();
        for priority in passed {
            if let Some(level) = self.levels.get_mut(&priority) {
                level.passed += 1;
            }
        }
    }

    /// Skips a session until it is released.
    pub(super) fn hold(&mut self, session: u64) {
        self.held.insert(session);
    }

    /// Lets a session take its turns again.
    pub(super) fn release(&mut self, session: u64) {
        self.held.remove(&session);
    }

    /// The number of waiting tasks.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.levels.values().flat_map(|level| &level.turns).map(|one| one.tasks.len()).sum()
    }

    /// Drops the tasks of one session.
    pub(super) fn remove(&mut self, priority: Priority, session: u64) {
        if let Some(level) = self.levels.get_mut(&Reverse(priority)) {
            level.turns.retain(|waiting| waiting.session != session);
            if level.turns.is_empty() {
                self.levels.remove(&Reverse(priority));
            }
        }
    }

    /// Drops all tasks.
    pub(super) fn clear(&mut self) {
        self.levels.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn drain<T>(queue: &mut UnprocessedQueue<T>) -> Vec<T> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn higher_priorities_come_first() {
        let mut queue = UnprocessedQueue::new();
        queue.push(Priority::Low, 1, "low");
        queue.push(Priority::High, 2, "high");
        queue.push(Priority::Normal, 3, "normal");
        assert_eq!(drain(&mut queue), ["high", "normal", "low"]);
    }

    #[test]
    fn sessions_of_one_priority_take_turns() {
        let mut queue = UnprocessedQueue::new();
        for task in ["long 0", "long 1", "long 2"] {
            queue.push(Priority::Normal, 1, task);
        }
        queue.push(Priority::Normal, 2, "short 0");
        assert_eq!(drain(&mut queue), ["long 0", "short 0", "long 1", "long 2"]);
    }

    #[test]
    fn a_late_session_of_high_priority_overtakes() {
        let mut queue = UnprocessedQueue::new();
        queue.push(Priority::Normal, 1, 0);
        queue.push(Priority::Normal, 1, 1);
        assert_eq!(queue.pop(), Some(0));
        queue.push(Priority::High, 2, 9);
        assert_eq!(drain(&mut queue), [9, 1]);
    }

    #[test]
    fn lower_priorities_wait_for_a_limited_number_of_tasks() {
        let mut queue = UnprocessedQueue::new();
        for priority in [Priority::Low, Priority::Normal, Priority::High] {
            (0..60).for_each(|_| queue.push(priority, priority as u64, priority));
        }
        let taken: Vec<_> = (0..60).filter_map(|_| queue.pop()).collect();
        let high = [Priority::High; PATIENCE as usize];
        assert_eq!(taken[..16], high);
        assert_eq!(taken[16..18], [Priority::Normal, Priority::Low]);
        assert_eq!(taken[18..20], high[..2]);
        let count = |priority| taken.iter().filter(|taken| **taken == priority).count();
        assert_eq!((count(Priority::Normal), count(Priority::Low)), (3, 3));
    }

    #[test]
    fn a_session_that_is_removed_leaves_its_place_to_others() {
        let mut queue = UnprocessedQueue::new();
        queue.push(Priority::Normal, 1, "gone 0");
        queue.push(Priority::Normal, 2, "stays");
        queue.push(Priority::Normal, 1, "gone 1");
        queue.remove(Priority::Normal, 1);
        queue.remove(Priority::High, 1);
        assert_eq!(drain(&mut queue), ["stays"]);
    }

    #[test]
    fn a_held_session_is_passed_over() {
        let mut queue = UnprocessedQueue::new();
        for (session, task) in [(1, "one 0"), (1, "one 1"), (2, "two 0")] {
            queue.push(Priority::Normal, session, task);
        }
        queue.push(Priority::High, 3, "urgent");
        queue.hold(1);
        queue.hold(3);
        assert_eq!(queue.pop(), Some("two 0"));
        assert!(!queue.is_ready());
        assert_eq!(queue.pop(), None);
        queue.release(1);
        queue.release(3);
        assert_eq!(drain(&mut queue), ["urgent", "one 0", "one 1"]);
    }

    proptest! {
        /// For any interleaving of tasks and takers: no task is lost or duplicated, a session keeps
        /// its order, and a task runs before one of a higher priority only after it waited for
        /// `PATIENCE` of those.
        #[test]
        fn order_holds_for_any_interleaving(moves in prop::collection::vec((0u64..6, any::<bool>()), 0..200)) {
            const PRIORITIES: [Priority; 3] = [Priority::Low, Priority::Normal, Priority::High];
            let priority = |session: u64| PRIORITIES[session as usize % 3];
            let mut queue = UnprocessedQueue::new();
            let (mut pushed, mut popped) = ([0; 6], [0; 6]);
            let mut passed = [0; 3];
            for (session, push) in moves {
                if push {
                    queue.push(priority(session), session, (session, pushed[session as usize]));
                    pushed[session as usize] += 1;
                } else if let Some((session, index)) = queue.pop() {
                    prop_assert_eq!(index, popped[session as usize]);
                    popped[session as usize] += 1;
                    let level = session as usize % 3;
                    let waits = |level: usize| pushed[level] > popped[level] || pushed[level + 3] > popped[level + 3];
                    prop_assert!(!(level + 1..3).any(waits) || passed[level] >= PATIENCE);
                    passed[level] = 0;
                    for (lower, passed) in passed.iter_mut().take(level).enumerate() {
                        *passed = if waits(lower) { *passed + 1 } else { 0 };
                    }
                }
            }
            for (session, _) in drain(&mut queue) {
                popped[session as usize] += 1;
            }
            prop_assert_eq!(pushed, popped);
        }
    }
}
