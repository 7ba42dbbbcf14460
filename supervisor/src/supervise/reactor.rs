//! Waiting for descriptors and for times, by the tasks of one thread.
//!
//! smol's own reactor runs a second thread. The supervisor has one, so this is epoll(7) and a list of times: a task
//! awaits [`Reactor::ready`] or [`Reactor::at`], and [`Reactor::turn`] wakes it.

use crate::sorted::SortedMap;
use limpet_plan::Tick;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::{Errno, Result};
use rustix::time::{ClockId, Timespec, clock_gettime};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Descriptors that one turn hears of; more are heard of in the next.
const EVENTS_MAX: usize = 32;

/// The time now: milliseconds since boot, those asleep included (clock_gettime(2), `CLOCK_BOOTTIME`).
#[must_use]
pub fn now() -> Tick {
    let now = clock_gettime(ClockId::Boottime);
    let part = |number: i64| u64::try_from(number).unwrap_or(0);
    Tick(part(now.tv_sec) * 1000 + part(now.tv_nsec) / 1_000_000)
}

/// What a task waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interest {
    /// Something can be read, or the other side is gone.
    Read,
    /// Something can be written, or the other side is gone.
    Write,
}

/// One thread's waiting.
#[derive(Debug)]
pub struct Reactor {
    epoll: OwnedFd,
    waiting: RefCell<Waiting>,
    wakeups: Cell<u64>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// The last number given to a wait.
    last: u64,
    descriptors: SortedMap<u64, Waker>,
    times: SortedMap<(Tick, u64), Waker>,
}

impl Waiting {
    fn number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

impl Reactor {
    /// One that waits for nothing yet.
    ///
    /// # Errors
    /// What epoll_create1(2) says.
    pub fn new() -> Result<Self> {
        let epoll = epoll::create(CreateFlags::CLOEXEC)?;
        Ok(Self { epoll, waiting: RefCell::default(), wakeups: Cell::default() })
    }

    /// How often it slept, and so how often it woke up.
    #[must_use]
    pub fn wakeups(&self) -> u64 {
        self.wakeups.get()
    }

    /// Waits until `fd` is ready. Only one task may wait for a descriptor at a time.
    pub fn ready<Fd: AsFd>(&self, fd: Fd, interest: Interest) -> Ready<'_, Fd> {
        Ready { reactor: self, fd, interest, number: None }
    }

    /// Waits until `tick`.
    #[must_use]
    pub fn at(&self, tick: Tick) -> At<'_> {
        At { reactor: self, tick, number: None }
    }

    /// Sleeps until something that a task waits for is there, or until `deadline`, and wakes who waited for it.
    ///
    /// # Errors
    /// What epoll_wait(2) says.
    pub fn turn(&self, deadline: Option<Tick>) -> Result<()> {
        let first = self.waiting.borrow().times.first().map(|((tick, _), _)| *tick);
        let until = [first, deadline].into_iter().flatten().min();
        let timeout = until.map(|until| timespec(until.since(now())));
        let mut events: [epoll::Event; EVENTS_MAX] =
            [epoll::Event { flags: EventFlags::empty(), data: EventData::new_u64(0) }; EVENTS_MAX];
        self.wakeups.set(self.wakeups.get() + 1);
        let count = match epoll::wait(&self.epoll, &mut events[..], timeout.as_ref()) {
            Ok(count) => count,
            Err(Errno::INTR) => 0,
            Err(errno) => return Err(errno),
        };
        for event in &events[..count] {
            let waker = self.waiting.borrow_mut().descriptors.remove(&event.data.u64());
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        self.wake_times(now());
        Ok(())
    }

    fn wake_times(&self, now: Tick) {
        loop {
            let mut waiting = self.waiting.borrow_mut();
            let due = waiting.times.first().map(|(due, _)| *due).filter(|(tick, _)| *tick <= now);
            let Some(waker) = due.and_then(|due| waiting.times.remove(&due)) else { return };
            drop(waiting);
            waker.wake();
        }
    }
}

/// Never early: a wait of less than its last millisecond would turn in circles.
fn timespec(ms: u64) -> Timespec {
    let seconds = i64::try_from(ms / 1000).unwrap_or(i64::MAX);
    Timespec { tv_sec: seconds, tv_nsec: (ms % 1000 * 1_000_000).cast_signed() }
}

/// See [`Reactor::ready`].
#[derive(Debug)]
pub struct Ready<'a, Fd: AsFd> {
    reactor: &'a Reactor,
    fd: Fd,
    interest: Interest,
    number: Option<u64>,
}

impl<Fd: AsFd> Ready<'_, Fd> {
    fn begin(&mut self, waker: Waker) -> Result<()> {
        let mut waiting = self.reactor.waiting.borrow_mut();
        let number = waiting.number();
        let flags = match self.interest {
            Interest::Read => EventFlags::IN | EventFlags::RDHUP,
            Interest::Write => EventFlags::OUT,
        };
        let data = EventData::new_u64(number);
        epoll::add(&self.reactor.epoll, &self.fd, data, flags | EventFlags::ONESHOT)?;
        waiting.descriptors.insert(number, waker);
        self.number = Some(number);
        Ok(())
    }
}

impl<Fd: AsFd + Unpin> Future for Ready<'_, Fd> {
    type Output = Result<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let Some(number) = self.number else {
            return match self.begin(context.waker().clone()) {
                Ok(()) => Poll::Pending,
                Err(errno) => Poll::Ready(Err(errno)),
            };
        };
        let mut waiting = self.reactor.waiting.borrow_mut();
        match waiting.descriptors.get_mut(&number) {
            Some(waker) => {
                waker.clone_from(context.waker());
                Poll::Pending
            }
            None => Poll::Ready(Ok(())),
        }
    }
}

impl<Fd: AsFd> Drop for Ready<'_, Fd> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.reactor.waiting.borrow_mut().descriptors.remove(&number);
            // A descriptor that cannot be taken out is not in.
            epoll::delete(&self.reactor.epoll, &self.fd).ok();
        }
    }
}

/// See [`Reactor::at`].
#[derive(Debug)]
pub struct At<'a> {
    reactor: &'a Reactor,
    tick: Tick,
    number: Option<u64>,
}

impl Future for At<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.tick <= now() {
            return Poll::Ready(());
        }
        let tick = self.tick;
        let mut waiting = self.reactor.waiting.borrow_mut();
        let number = self.number.unwrap_or_else(|| waiting.number());
        waiting.times.insert((tick, number), context.waker().clone());
        drop(waiting);
        self.number = Some(number);
        Poll::Pending
    }
}

impl Drop for At<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.reactor.waiting.borrow_mut().times.remove(&(self.tick, number));
        }
    }
}
