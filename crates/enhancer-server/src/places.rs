//! The number of places that one client takes, limited so that it cannot take all of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The places of each client that has any. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Places<C> {
    taken: Arc<Mutex<HashMap<C, u32>>>,
    max_each: NonZeroU32,
}

/// The right to one place, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place<C: Eq + Hash> {
    all: Places<C>,
    client: C,
}

impl<C: Clone + Eq + Hash> Places<C> {
    pub(crate) fn new(max_each: NonZeroU32) -> Places<C> {
        Places { taken: Arc::default(), max_each }
    }

    /// Takes one more place for that client; `None` if it already has the maximum.
    pub(crate) fn enter(&self, client: C) -> Option<Place<C>> {
        let mut taken = self.lock();
        let count = taken.entry(client.clone()).or_default();
        if *count >= self.max_each.get() {
            return None;
        }
        *count += 1;
        Some(Place { all: self.clone(), client })
    }
}

impl<C> Places<C> {
    fn lock(&self) -> MutexGuard<'_, HashMap<C, u32>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Eq + Hash> Drop for Place<C> {
    fn drop(&mut self) {
        let mut taken = self.all.lock();
        if let Some(count) = taken.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    #[test]
    fn each_client_has_its_own_places_and_gets_them_back() {
        let places = Places::new(NonZeroU32::new(2).unwrap());
        let [one, other] = [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from);
        let first = places.enter(one).unwrap();
        let _second = places.enter(one).unwrap();
        assert!(places.enter(one).is_none());
        assert!(places.enter(other).is_some());
        // A client without places is forgotten.
        assert_eq!(places.lock().len(), 1);
        drop(first);
        assert!(places.enter(one).is_some());
    }
}
