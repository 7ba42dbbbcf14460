//! A map of at most a few hundred entries: one vector, sorted by key. A B-tree's code takes 5 KB for each pair of types.

use std::borrow::Borrow;

/// Keys and values in the order of the keys. Finding is a binary search; inserting and removing move what comes after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SortedMap<K, V>(Vec<(K, V)>);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// Puts `value` at `key`; what was there before.
    pub(crate) fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.0[at].1, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// Takes out what is at `key`.
    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|at| self.0.remove(at).1)
    }

    /// What is at `key`.
    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|at| &self.0[at].1)
    }

    /// What is at `key`, to change it.
    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.place(key).ok().map(|at| &mut self.0[at].1)
    }

    /// Whether something is at `key`.
    pub(crate) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.place(key).is_ok()
    }

    /// Where `key` is, or would be.
    fn place<Q: Ord + ?Sized>(&self, key: &Q) -> Result<usize, usize>
    where
        K: Borrow<Q>,
    {
        self.0.binary_search_by(|(there, _)| there.borrow().cmp(key))
    }
}

impl<K, V> SortedMap<K, V> {
    /// Whether nothing is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The entry with the lowest key.
    pub(crate) fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// All entries, in order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }

    /// All entries, in order; their values can be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// All keys, in order.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    /// All values, in the order of their keys.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }

    /// Leaves only what `keep` says.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.0.retain_mut(|(key, value)| keep(key, value));
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SortedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl<K, V> IntoIterator for SortedMap<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_in_order_however_it_was_filled() {
        let mut map: SortedMap<String, u32> =
            [("b", 1), ("c", 2), ("a", 3)].map(|(k, v)| (k.to_owned(), v)).into_iter().collect();
        assert_eq!(map.insert("b".to_owned(), 4), Some(1));
        assert_eq!(map.keys().collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(map.values().collect::<Vec<_>>(), [&3, &4, &2]);
        assert_eq!(map.first(), Some((&"a".to_owned(), &3)));
    }

    #[test]
    fn what_is_removed_or_not_kept_is_gone() {
        let mut map: SortedMap<u16, char> = (0..6).zip('a'..).collect();
        assert_eq!((map.remove(&3), map.remove(&3)), (Some('d'), None));
        map.retain(|key, _| key % 2 == 0);
        assert_eq!(map.into_iter().collect::<Vec<_>>(), [(0, 'a'), (2, 'c'), (4, 'e')]);
    }

    #[test]
    fn values_can_be_changed_in_their_places() {
        let mut map: SortedMap<u16, u16> = (0..3).map(|key| (key, 0)).collect();
        map.iter_mut().for_each(|(key, value)| *value = key * 2);
        *map.get_mut(&1).unwrap() += 1;
        assert_eq!((map.get(&1), map.get(&2), map.get(&3)), (Some(&3), Some(&4), None));
        assert!(map.contains_key(&0) && !map.contains_key(&9));
    }
}
