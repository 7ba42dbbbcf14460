//! The user's own terminal: raw while a session lasts, and as it was afterwards.

use limpet_protocol::launch::WindowSize;
use rustix::fd::BorrowedFd;
use rustix::io::Errno;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

/// A terminal in raw mode (termios(3), cfmakeraw); dropping this restores it.
#[derive(Debug)]
pub struct RawTerminal<'a> {
    fd: BorrowedFd<'a>,
    saved: Termios,
}

impl<'a> RawTerminal<'a> {
    /// Makes a terminal raw.
    ///
    /// # Errors
    /// It is none.
    pub fn enter(fd: BorrowedFd<'a>) -> Result<Self, Errno> {
        let terminal = Self { fd, saved: tcgetattr(fd)? };
        terminal.make_raw()?;
        Ok(terminal)
    }

    /// Makes it raw again, after a stop during which the shell made it its own.
    pub(crate) fn make_raw(&self) -> Result<(), Errno> {
        let mut raw = self.saved.clone();
        raw.make_raw();
        tcsetattr(self.fd, OptionalActions::Now, &raw)
    }

    /// Its size; `None` if it does not know.
    pub(crate) fn size(&self) -> Option<WindowSize> {
        let size = tcgetwinsize(self.fd).ok()?;
        (size.ws_row > 0 && size.ws_col > 0).then_some(WindowSize { rows: size.ws_row, columns: size.ws_col })
    }
}

impl Drop for RawTerminal<'_> {
    fn drop(&mut self) {
        // It fails only when the terminal is gone, and then there is nothing to restore.
        let _ = tcsetattr(self.fd, OptionalActions::Now, &self.saved);
    }
}
