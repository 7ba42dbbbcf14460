//! Standard input and output: made by the child, inside its own namespaces, so that they belong to it.

use super::{Child, STDIO};
use crate::terminal;
use crate::{beneath, channel};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::OFlags;
use rustix::io::Result;
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};

impl Child<'_> {
    pub(super) fn open_stdio(&mut self) -> Result<()> {
        rustix::process::setsid()?;
        match self.launch.process.terminal {
            Some(size) => {
                let ptmx = beneath::open(self.root()?, "/dev/pts/ptmx", OFlags::RDWR | OFlags::NOCTTY)?;
                terminal::make_controlling(ptmx.as_fd(), size)?;
                channel::send(self.channel.as_fd(), STDIO, &[ptmx.as_fd()])
            }
            None => self.open_pipes(),
        }
    }

    /// The keeper gets stdout, stderr and, where it stays open, stdin.
    fn open_pipes(&self) -> Result<()> {
        let (stdout_read, stdout) = pipe_with(PipeFlags::CLOEXEC)?;
        let (stderr_read, stderr) = pipe_with(PipeFlags::CLOEXEC)?;
        let (stdin, stdin_write) = self.open_stdin()?;
        dup2_stdin(&stdin)?;
        dup2_stdout(&stdout)?;
        dup2_stderr(&stderr)?;
        let mut ends = vec![stdout_read.as_fd(), stderr_read.as_fd()];
        ends.extend(stdin_write.as_ref().map(AsFd::as_fd));
        channel::send(self.channel.as_fd(), STDIO, &ends)
    }

    fn open_stdin(&self) -> Result<(OwnedFd, Option<OwnedFd>)> {
        if self.launch.process.stdin_open {
            let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
            Ok((read, Some(write)))
        } else {
            // Whatever an image or a volume put there, it is not waited for.
            Ok((beneath::open(self.root()?, "/dev/null", OFlags::RDONLY | OFlags::NONBLOCK)?, None))
        }
    }
}
