//! What streams that start amid the audio must know of what came before.

use std::collections::VecDeque;

use crate::audio::Planes;
use crate::model::Follower;
use crate::plan::Plan;

/// What streams must know of the past, at every position where a lane begins.
pub(crate) struct Pasts {
    /// One a channel, or none.
    followers: Vec<Box<dyn Follower>>,
    hop: usize,
    segment: u64,
    warm_up: u64,
    /// Up to where they have followed.
    followed: u64,
    /// What there is to know at a position, of each channel, until it is asked for.
    known: VecDeque<(u64, Planes)>,
}

impl Pasts {
    pub(crate) fn new(followers: Vec<Box<dyn Follower>>, plan: &Plan) -> Pasts {
        Pasts {
            followers,
            hop: plan.hop,
            segment: plan.segment as u64,
            warm_up: plan.warm_up as u64,
            followed: 0,
            known: VecDeque::new(),
        }
    }

    /// Goes on through all whole hops of `planes`, which begin at `start`.
    pub(crate) fn follow(&mut self, planes: &Planes, start: u64) {
        if self.followers.is_empty() {
            return;
        }
        let end = start + planes[0].len() as u64;
        while self.followed + self.hop as u64 <= end {
            if self.is_start(self.followed) {
                let pasts = self.pasts();
                self.known.push_back((self.followed, pasts));
            }
            let at = (self.followed - start) as usize;
            for (follower, plane) in self.followers.iter_mut().zip(planes) {
                follower.follow(&plane[at..at + self.hop]);
            }
            self.followed += self.hop as u64;
        }
    }

    fn pasts(&self) -> Planes {
        self.followers.iter().map(|follower| follower.past()).collect()
    }

    /// Whether a lane begins at that position, amid the audio.
    fn is_start(&self, position: u64) -> bool {
        position > 0 && (position + self.warm_up).is_multiple_of(self.segment)
    }

    /// What there is to know at that position; nothing at the audio's beginning.
    pub(crate) fn before(&mut self, position: u64) -> Planes {
        match self.known.front() {
            Some((known, _)) if *known == position => {
                self.known.pop_front().map(|(_, pasts)| pasts).unwrap_or_default()
            }
            // Less than a hop has come behind it.
            _ if position > 0 && position == self.followed => self.pasts(),
            _ => Planes::new(),
        }
    }
}
