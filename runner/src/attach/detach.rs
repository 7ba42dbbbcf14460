//! The keys that leave a session without ending the container: their text in docker's form, and finding them in what
//! is typed. Pure.

/// Most keys in a sequence.
pub const DETACH_KEYS_MAX: usize = 16;

type Keys = heapless::Vec<u8, DETACH_KEYS_MAX>;

/// A sequence of keys, as the bytes that a terminal sends for them. Empty: there is no way to detach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetachKeys(Keys);

impl Default for DetachKeys {
    /// Ctrl-P Ctrl-Q.
    fn default() -> Self {
        Self(Keys::from_iter([0x10, 0x11]))
    }
}

impl DetachKeys {
    /// Nothing detaches.
    #[must_use]
    pub fn none() -> Self {
        Self(Keys::new())
    }

    /// The bytes that a terminal sends for the keys; what is over [`DETACH_KEYS_MAX`] is cut off.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.iter().copied().take(DETACH_KEYS_MAX).collect())
    }
}

/// Looks for the keys in what is typed, however it arrives in pieces.
#[derive(Debug)]
pub(crate) struct Matcher {
    keys: Keys,
    /// How many of the keys were the last ones typed; they are held back.
    held: usize,
}

impl Matcher {
    pub(crate) fn new(keys: DetachKeys) -> Self {
        Self { keys: keys.0, held: 0 }
    }

    /// Puts what belongs to the container at the end of `out`; true when the keys are complete, and the rest is void.
    pub(crate) fn feed(&mut self, typed: &[u8], out: &mut Vec<u8>) -> bool {
        if self.keys.is_empty() {
            out.extend_from_slice(typed);
            return false;
        }
        typed.iter().any(|&key| self.feed_one(key, out))
    }

    /// Puts what is held back at the end of `out`: nothing more is typed.
    pub(crate) fn end(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.keys[..self.held]);
        self.held = 0;
    }

    fn feed_one(&mut self, key: u8, out: &mut Vec<u8>) -> bool {
        while self.held > 0 && self.keys[self.held] != key {
            let still = self.repeated_prefix();
            out.extend_from_slice(&self.keys[..self.held - still]);
            self.held = still;
        }
        if self.keys[self.held] == key {
            self.held += 1;
        } else {
            out.push(key);
        }
        self.held == self.keys.len()
    }

    /// How many of the held keys, at their end, begin the sequence anew.
    fn repeated_prefix(&self) -> usize {
        let held = &self.keys[..self.held];
        (1..held.len()).rev().find(|&count| held.ends_with(&held[..count])).unwrap_or(0)
    }
}
