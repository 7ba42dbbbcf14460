//! The keeper's loop: wait for the container, its output, its clients and the end of a grace period; nothing else.

use super::clients::Client;
use super::now_ns;
use super::stdio::Flow;
use crate::attach::SOCKET_NAME;
use crate::cgroup::Group;
use crate::log::{Stream, Writer};
use limpet_protocol::exit::{Exit, code};
use limpet_protocol::keeper::{
    CLIENTS_MAX, Keep, LogRate, PACKET_BYTES_MAX, Reply, Request, STDIO_BYTES_MAX,
};
use limpet_sys::clone::Child;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::{Errno, Result};
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, listen as start_listening,
    socket_with,
};
use rustix::process::{Signal, WaitId, WaitIdOptions, pidfd_send_signal, waitid};
use rustix::time::{ClockId, clock_gettime};

const STREAMS: [Stream; 2] = [Stream::Stdout, Stream::Stderr];
/// Waits for ever, in [`Request::Stop`].
const GRACE_FOREVER: u32 = u32::MAX;
/// Quiet time after which a keeper gives back what memory it can. What it needs again then costs it a few page faults.
const REST_AFTER_MS: u64 = 200;
/// How long after a line was dropped the log says so at the latest: longer than it takes until lines are let in again.
const TELL_AFTER_MS: u64 = LogRate::BURST_S as u64 * 1000;
/// How long output may take to arrive when all who could write it are gone.
const LAST_WORDS: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
/// And how long in all: somebody else may hold its output, and never be quiet.
const OVER_AFTER_MS: u64 = 5000;
/// The pidfd, the listener, two outputs, stdin, and the clients.
const POLLED_MAX: usize = 5 + CLIENTS_MAX;

/// Listens in `place`. The path is relative, as a socket's path has at most 107 bytes (unix(7)).
pub(super) fn listen(place: &OwnedFd) -> Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let listener = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
    rustix::process::fchdir(place)?;
    match rustix::fs::unlink(SOCKET_NAME) {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno),
    }
    let bound = bind(&listener, &SocketAddrUnix::new(SOCKET_NAME)?).and_then(|()| {
        rustix::fs::chmod(SOCKET_NAME, rustix::fs::Mode::from_raw_mode(0o600))?;
        start_listening(&listener, i32::try_from(CLIENTS_MAX).unwrap_or(i32::MAX))
    });
    rustix::process::chdir("/")?;
    bound.map(|()| listener)
}

/// Output that some client has not taken yet; nothing while all have.
struct Output {
    stream: Stream,
    bytes: Vec<u8>,
}

/// What a running container is to its keeper.
pub(super) struct Kept<'a> {
    /// The instruction.
    pub(super) keep: &'a Keep,
    /// Its first process.
    pub(super) child: &'a Child,
    /// All its processes.
    pub(super) group: &'a dyn Group,
}

/// All that a keeper holds while its container runs.
pub(super) struct Server<'a> {
    kept: Kept<'a>,
    flow: Flow,
    listener: OwnedFd,
    log: Writer,
    clients: heapless::Vec<Client, CLIENTS_MAX>,
    output: Output,
    kill_at_ms: Option<u64>,
    /// When the log is to say that lines were dropped.
    tell_at_ms: Option<u64>,
    /// From when on, without any news before, it waits at rest.
    rest_at_ms: u64,
    ended: Option<u8>,
    /// When its output is over, since it has ended.
    over_at_ms: Option<u64>,
}

/// What is ready after a wait.
struct Ready {
    child: bool,
    listener: bool,
    outputs: [bool; 2],
    input: bool,
    clients: [PollFlags; CLIENTS_MAX],
}

impl Ready {
    fn none() -> Self {
        let clients = [PollFlags::empty(); CLIENTS_MAX];
        Self { child: false, listener: false, outputs: [false; 2], input: false, clients }
    }

    fn is_busy(&self) -> bool {
        let clients = self.clients.iter().any(|flags| !flags.is_empty());
        clients || self.listener || self.input || self.outputs.contains(&true)
    }
}

impl<'a> Server<'a> {
    pub(super) fn new(kept: Kept<'a>, flow: Flow, listener: OwnedFd, log: Writer, first: Client) -> Self {
        let output = Output { stream: Stream::Stdout, bytes: Vec::new() };
        let clients = heapless::Vec::from_iter([first]);
        Self {
            kept,
            flow,
            listener,
            log,
            clients,
            output,
            kill_at_ms: None,
            tell_at_ms: None,
            rest_at_ms: monotonic_ms() + REST_AFTER_MS,
            ended: None,
            over_at_ms: None,
        }
    }

    /// Serves until the container has ended and its output is delivered, or waits for a client that does not take
    /// it; the exit code. A stalled client must not keep the end from being recorded.
    pub(super) fn until_end(&mut self) -> u8 {
        while !(self.ended.is_some() && (self.owes() || !self.flow.is_open())) {
            self.turn();
        }
        if !self.flow.is_open() {
            self.log.close(now_ns());
        }
        self.ended.unwrap_or(code::LIMPET_FAILED)
    }

    /// Delivers what is left of the output.
    pub(super) fn deliver(&mut self) {
        while self.owes() || self.flow.is_open() {
            self.turn();
        }
        self.log.close(now_ns());
    }

    /// Tells the end to all who want to know it and who are, or are not, waiting for output.
    pub(super) fn tell_end(&mut self, exit: &Exit, attached: bool) {
        for client in self.clients.iter_mut().filter(|client| client.output == attached) {
            client.exited(exit);
        }
    }
}

impl Server<'_> {
    fn owes(&self) -> bool {
        self.clients.iter().any(|client| client.owed)
    }

    fn turn(&mut self) {
        let Ok(ready) = self.wait() else { return };
        let is_over = self.over_at_ms.is_some_and(|over| monotonic_ms() >= over);
        if self.ended.is_some() && !self.owes() && (is_over || !ready.is_busy()) {
            self.flow.close_outputs();
        }
        if ready.is_busy() {
            self.rest_at_ms = monotonic_ms() + REST_AFTER_MS;
        }
        if ready.child {
            self.reap();
        }
        for (index, flags) in ready.clients.iter().enumerate().filter(|(_, flags)| !flags.is_empty()) {
            self.attend(index, *flags);
        }
        if ready.input {
            self.flow.push();
        }
        for stream in STREAMS {
            if ready.outputs[stream as usize] && !self.owes() {
                self.take_output(stream);
            }
        }
        if ready.listener {
            self.accept();
        }
        self.kill_if_due();
        self.tell_if_due();
        self.clients.retain(Client::is_open);
    }

    fn wait(&self) -> Result<Ready> {
        let mut fds: heapless::Vec<PollFd<'_>, POLLED_MAX> = heapless::Vec::new();
        let mut whose: heapless::Vec<Source, POLLED_MAX> = heapless::Vec::new();
        for (source, fd, flags) in self.sources() {
            // There is a place for every source.
            fds.push(PollFd::from_borrowed_fd(fd, flags)).ok();
            whose.push(source).ok();
        }
        rustix::io::retry_on_intr(|| self.poll(&mut fds))?;
        let mut ready = Ready::none();
        for (source, fd) in whose.iter().zip(&fds).filter(|(_, fd)| !fd.revents().is_empty()) {
            match source {
                Source::Child => ready.child = true,
                Source::Listener => ready.listener = true,
                Source::Output(stream) => ready.outputs[*stream as usize] = true,
                Source::Input => ready.input = true,
                Source::Client(index) => ready.clients[*index] = fd.revents(),
            }
        }
        Ok(ready)
    }

    fn sources(&self) -> impl Iterator<Item = (Source, rustix::fd::BorrowedFd<'_>, PollFlags)> {
        let child =
            self.ended.is_none().then(|| (Source::Child, self.kept.child.pidfd.as_fd(), PollFlags::IN));
        let room = !self.clients.is_full() && self.ended.is_none();
        let listener = room.then(|| (Source::Listener, self.listener.as_fd(), PollFlags::IN));
        let owes = self.owes();
        let outputs = STREAMS.into_iter().filter(move |_| !owes).filter_map(|stream| {
            self.flow.output(stream).map(|fd| (Source::Output(stream), fd, PollFlags::IN))
        });
        let input = self.flow.blocked_input().map(|fd| (Source::Input, fd, PollFlags::OUT));
        let clients = self.clients.iter().enumerate().filter_map(|(index, client)| {
            client.fd().map(|fd| (Source::Client(index), fd, self.interest(client)))
        });
        child.into_iter().chain(listener).chain(outputs).chain(input).chain(clients)
    }

    /// While stdin is full, its clients are not heard; while output waits for a client, it may say when it takes it.
    fn interest(&self, client: &Client) -> PollFlags {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, !client.stdin || self.flow.takes_input());
        flags.set(PollFlags::OUT, client.owed);
        flags
    }

    /// An idle keeper holds little but its stack, its heap and the page that it waits in.
    fn poll(&self, fds: &mut [PollFd<'_>]) -> Result<usize> {
        let now = monotonic_ms();
        let timeout = self.timeout(now);
        if now < self.rest_at_ms {
            return poll(fds, timeout.as_ref());
        }
        limpet_sys::memory::rest(fds, timeout.as_ref())
    }

    /// With the first process its whole PID namespace has ended: what it wrote is in the pipes already, and whoever else
    /// holds them open must not hold us.
    fn timeout(&self, now_ms: u64) -> Option<Timespec> {
        if self.ended.is_some() && !self.owes() {
            return Some(LAST_WORDS);
        }
        let rest = Some(self.rest_at_ms).filter(|rest| *rest > now_ms);
        let next = [self.kill_at_ms, self.tell_at_ms, rest].into_iter().flatten().min()?;
        let left = next.saturating_sub(now_ms);
        Timespec::try_from(core::time::Duration::from_millis(left)).ok()
    }

    fn reap(&mut self) {
        let Ok(Some(status)) = waitid(WaitId::PidFd(self.kept.child.pidfd.as_fd()), WaitIdOptions::EXITED)
        else {
            return;
        };
        let exited = status.exit_status().and_then(|status| u8::try_from(status).ok());
        let killed = status.terminating_signal().and_then(|signal| u8::try_from(signal).ok());
        let by_signal = killed.map(|signal| code::SIGNAL_BASE.saturating_add(signal));
        self.ended = exited.or(by_signal).or(Some(code::LIMPET_FAILED));
        self.kill_at_ms = None;
        self.over_at_ms = Some(monotonic_ms() + OVER_AFTER_MS);
    }

    /// What every client has taken at once is never copied. A function of its own, so that its buffers are no part of the
    /// frame that a keeper rests in.
    #[inline(never)]
    fn take_output(&mut self, stream: Stream) {
        let mut bytes = [0; STDIO_BYTES_MAX];
        let length = self.flow.read(stream, &mut bytes);
        let bytes = &bytes[..length];
        if bytes.is_empty() {
            return;
        }
        self.log.write(stream, bytes, now_ns());
        let mut packet = [0; PACKET_BYTES_MAX];
        for client in self.clients.iter_mut().filter(|client| client.output) {
            client.owed = !client.send(&reply(stream, bytes), &mut packet);
        }
        if self.owes() {
            self.output = Output { stream, bytes: bytes.to_vec() };
        }
    }

    /// A function of its own for the same reason.
    #[inline(never)]
    fn attend(&mut self, index: usize, flags: PollFlags) {
        let mut packet = [0; PACKET_BYTES_MAX];
        if self.clients[index].owed && flags.contains(PollFlags::OUT) {
            let sent = self.clients[index].send(&reply(self.output.stream, &self.output.bytes), &mut packet);
            self.clients[index].owed = !sent;
            if !self.owes() {
                self.output.bytes = Vec::new();
            }
        }
        if !flags.intersects(PollFlags::IN | PollFlags::HUP | PollFlags::ERR) {
            return;
        }
        match self.clients[index].receive(&mut packet) {
            Some(request) => self.carry_out(index, &request),
            None if flags.contains(PollFlags::HUP) => self.clients[index].close(),
            None => {}
        }
    }

    fn carry_out(&mut self, index: usize, request: &Request<'_>) {
        match request {
            Request::Attach { stdin } => self.clients[index].attach(*stdin),
            Request::Wait => self.clients[index].exit = true,
            Request::Stdin(bytes) => self.flow.write(bytes),
            Request::StdinEnd => self.flow.end_input(),
            Request::Resize(size) => self.reply(index, self.flow.resize(*size)),
            Request::Signal(number) => self.reply(index, self.signal(*number)),
            Request::Stop { signal, grace_ms } => self.stop(index, *signal, *grace_ms),
        }
    }

    /// A client that attached gets output alone; it does not wait for answers.
    fn reply(&mut self, index: usize, result: Result<()>) {
        let client = &mut self.clients[index];
        if client.output {
            return;
        }
        match result {
            Ok(()) => client.answer(&Reply::Done),
            Err(Errno::SRCH) => client.answer(&Reply::Refused("its first process has just ended".to_owned())),
            Err(errno) => client.answer(&Reply::Refused(crate::failure::reason(errno))),
        }
    }

    /// SIGKILL goes to everything at once, also to what is frozen.
    fn signal(&self, number: u8) -> Result<()> {
        let signal = Signal::from_named_raw(i32::from(number));
        if signal == Some(Signal::KILL) {
            return self.kept.group.kill_all().map_err(|_| Errno::BUSY);
        }
        limpet_sys::process::send_signal(self.kept.child.pidfd.as_fd(), number)
    }

    fn stop(&mut self, index: usize, signal: Option<u8>, grace_ms: Option<u32>) {
        self.clients[index].exit = true;
        let grace_ms = grace_ms.or(self.kept.keep.stop.grace_ms).filter(|grace| *grace != GRACE_FOREVER);
        match self.signal(signal.unwrap_or(self.kept.keep.stop.signal)) {
            // SRCH: it is ending just now, and whoever asked hears of that.
            Ok(()) | Err(Errno::SRCH) => {}
            Err(errno) => return self.reply(index, Err(errno)),
        }
        // A paused container hears of it only when it goes on; one that cannot is killed after its grace.
        self.kept.group.thaw().ok();
        let due = grace_ms.map(|grace| monotonic_ms().saturating_add(u64::from(grace)));
        // Of two stops the more impatient one counts.
        self.kill_at_ms = match (self.kill_at_ms, due) {
            (Some(earlier), Some(due)) => Some(earlier.min(due)),
            (earlier, due) => earlier.or(due),
        };
    }

    /// Of a flood the log tells when it lets lines in again; of one that has ended somebody must remember to.
    fn tell_if_due(&mut self) {
        if !self.log.has_to_tell() {
            self.tell_at_ms = None;
        } else if monotonic_ms() >= *self.tell_at_ms.get_or_insert_with(|| monotonic_ms() + TELL_AFTER_MS) {
            self.log.tell(now_ns());
            self.tell_at_ms = None;
        }
    }

    fn kill_if_due(&mut self) {
        if self.kill_at_ms.is_some_and(|due| monotonic_ms() >= due) {
            self.kill_at_ms = None;
            // The first process at least dies of this; what the group could not kill is tried again at the end.
            if self.kept.group.kill_all().is_err() {
                pidfd_send_signal(&self.kept.child.pidfd, Signal::KILL).ok();
            }
        }
    }

    fn accept(&mut self) {
        if let Ok(socket) = accept_with(&self.listener, SocketFlags::CLOEXEC) {
            // There is room: a full house does not listen.
            drop(self.clients.push(Client::new(socket)));
        }
    }
}

fn reply(stream: Stream, bytes: &[u8]) -> Reply<'_> {
    match stream {
        Stream::Stdout => Reply::Stdout(bytes),
        Stream::Stderr => Reply::Stderr(bytes),
    }
}

#[derive(Clone, Copy, Debug)]
enum Source {
    Child,
    Listener,
    Output(Stream),
    Input,
    Client(usize),
}

fn monotonic_ms() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds * 1000 + u64::try_from(now.tv_nsec).unwrap_or(0) / 1_000_000
}
