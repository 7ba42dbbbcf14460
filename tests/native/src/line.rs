//! A line of supervisors: one is cut off between two of its effects (`LIMPET_CUT`), and another takes its place.

use crate::limpet::Limpet;
use crate::supervisor::Supervisor;
use crate::until::until;

/// How a shell says SIGKILL, by which a cut ends it.
const KILLED: i32 = 137;

/// The supervisor that may be cut off, and is then followed by another.
#[derive(Debug)]
pub struct Line<'a> {
    limpet: &'a Limpet,
    now: Option<Supervisor<'a>>,
    was_cut: bool,
}

impl<'a> Line<'a> {
    /// Begins with one that is cut off at this boundary, if it comes there.
    #[must_use]
    pub fn cut_at(limpet: &'a Limpet, cut: u32) -> Self {
        let now = Supervisor::launch(limpet, &[], &[("LIMPET_CUT", &cut.to_string())]);
        Self { limpet, now: Some(now), was_cut: false }
    }

    /// Whether it came there.
    #[must_use]
    pub fn was_cut(&self) -> bool {
        self.was_cut
    }

    /// Starts the next, if one is over.
    ///
    /// # Panics
    /// It ended by something else than its cut.
    pub fn mind(&mut self) {
        if !self.now.as_mut().is_some_and(Supervisor::is_over) {
            return;
        }
        if let Some(over) = self.now.take() {
            assert_eq!(over.wait(), KILLED, "it ends by its cut alone");
        }
        self.was_cut = true;
        self.now = Some(Supervisor::start(self.limpet));
    }

    /// Waits for the end of the one that there is: whether it ended by itself, and well. If its cut came first, the next is
    /// there.
    ///
    /// # Panics
    /// It does not end, or by something else.
    pub fn is_off(&mut self) -> bool {
        let Some(over) = self.now.take() else { return true };
        let code = over.wait();
        if code == 0 {
            return true;
        }
        assert_eq!(code, KILLED, "it ends well, or by its cut");
        self.was_cut = true;
        self.now = Some(Supervisor::start(self.limpet));
        false
    }

    /// Waits until `look` says so, minding the supervisor meanwhile.
    pub fn until(&mut self, what: &str, look: impl Fn(&Limpet) -> bool) {
        until(what, || {
            self.mind();
            look(self.limpet).then_some(())
        });
    }
}
