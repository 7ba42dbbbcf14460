//! System call names and their numbers on the ABIs of one target, as tables that the compiler fills.
//!
//! In: the `syscalls` crate's enumerations, corrected where they differ from the kernel. Out: [`Names`]: one small
//! index for each name, and a column of numbers for each ABI; about 16 bytes of the binary for a name.

use std::fmt;
#[cfg(any(test, target_arch = "aarch64"))]
use syscalls::{aarch64, arm};
#[cfg(any(test, target_arch = "x86_64"))]
use syscalls::{x86, x86_64};

/// A name as an index into the tables of a target.
pub(super) type Name = u16;
/// The index of a name that no ABI of the target has.
pub(super) const UNKNOWN: Name = u16::MAX;

/// The number of a name on an ABI that lacks it.
const ABSENT: u16 = u16::MAX;
/// ARM's private calls, from 0xf0000 on, are kept as 0xf000 and up.
const PRIVATE: u16 = 0xf000;
/// Marks an operation of `ipc` among the multiplexed; the others are of `socketcall`.
const IPC: u8 = 0x80;
/// Most names that one target may have.
const NAMES_MAX: usize = 512;

/// The names of one target in the order of their bytes, and their numbers.
pub(super) struct Names {
    text: &'static [u8],
    /// Where each name begins in `text`, and at last where the last one ends.
    starts: &'static [u16],
    columns: [&'static [u16]; 2],
    multiplexed: &'static [u8],
}

impl Names {
    /// The index of `name`, or [`UNKNOWN`].
    #[expect(clippy::cast_possible_truncation, reason = "there are at most NAMES_MAX names")]
    pub(super) const fn find(&self, name: &[u8]) -> Name {
        let (mut low, mut high) = (0, self.starts.len() - 1);
        while low < high {
            let middle = low.midpoint(high);
            match compare(name, self.bytes(middle)) {
                0 => return middle as Name,
                order if order < 0 => high = middle,
                _ => low = middle + 1,
            }
        }
        UNKNOWN
    }

    /// The number of `name` in a column: 0 is the native ABI, 1 the 32-bit one.
    pub(super) fn number(&self, column: usize, name: Name) -> Option<u32> {
        match *self.columns[column].get(usize::from(name))? {
            ABSENT => None,
            private if private > PRIVATE => Some(0xf_0000 | u32::from(private & 0xfff)),
            number => Some(u32::from(number)),
        }
    }

    /// The i386 multiplexer's number and its operation for `name`.
    pub(super) fn multiplexed(&self, name: Name) -> Option<(u32, u32)> {
        const SOCKETCALL: u32 = 102;
        const IPC_CALL: u32 = 117;
        match *self.multiplexed.get(usize::from(name))? {
            0 => None,
            code if code >= IPC => Some((IPC_CALL, u32::from(code & !IPC))),
            code => Some((SOCKETCALL, u32::from(code))),
        }
    }

    const fn bytes(&self, index: usize) -> &[u8] {
        self.text.split_at(self.starts[index + 1] as usize).0.split_at(self.starts[index] as usize).1
    }

    /// Every name, for tests that go through all of them.
    #[cfg(test)]
    #[expect(clippy::cast_possible_truncation, reason = "there are at most NAMES_MAX names")]
    pub(super) fn all(&self) -> impl Iterator<Item = (Name, &str)> {
        (0..self.starts.len() - 1).map(|index| (index as Name, str::from_utf8(self.bytes(index)).unwrap()))
    }
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Names({})", self.starts.len() - 1)
    }
}

/// Less than zero, zero or more than zero, as `a` stands to `b`.
const fn compare(a: &[u8], b: &[u8]) -> i32 {
    let mut index = 0;
    while index < a.len() && index < b.len() {
        if a[index] != b[index] {
            return a[index] as i32 - b[index] as i32;
        }
        index += 1;
    }
    (a.len() > b.len()) as i32 - (a.len() < b.len()) as i32
}

/// The tables while they are filled.
struct Draft {
    names: [&'static str; NAMES_MAX],
    columns: [[u16; NAMES_MAX]; 2],
    multiplexed: [u8; NAMES_MAX],
    count: usize,
    text_bytes: usize,
}

impl Draft {
    const EMPTY: Self = Self {
        names: [""; NAMES_MAX],
        columns: [[ABSENT; NAMES_MAX]; 2],
        multiplexed: [0; NAMES_MAX],
        count: 0,
        text_bytes: 0,
    };

    /// Makes place for `name` where the order wants it, unless it is there; its index.
    const fn place(&mut self, name: &'static str) -> usize {
        let mut at = self.count;
        while at > 0 {
            match compare(self.names[at - 1].as_bytes(), name.as_bytes()) {
                0 => return at - 1,
                order if order < 0 => break,
                _ => at -= 1,
            }
        }
        let mut index = self.count;
        while index > at {
            self.names[index] = self.names[index - 1];
            self.columns[0][index] = self.columns[0][index - 1];
            self.columns[1][index] = self.columns[1][index - 1];
            self.multiplexed[index] = self.multiplexed[index - 1];
            index -= 1;
        }
        self.names[at] = name;
        self.columns[0][at] = ABSENT;
        self.columns[1][at] = ABSENT;
        self.multiplexed[at] = 0;
        self.count += 1;
        self.text_bytes += name.len();
        at
    }

    const fn text<const N: usize>(&self) -> [u8; N] {
        let mut text = [0; N];
        let (mut at, mut index) = (0, 0);
        while index < self.count {
            let mut byte = 0;
            while byte < self.names[index].len() {
                text[at] = self.names[index].as_bytes()[byte];
                at += 1;
                byte += 1;
            }
            index += 1;
        }
        text
    }

    #[expect(clippy::cast_possible_truncation, reason = "a name of 64 KiB does not exist")]
    const fn starts<const N: usize>(&self) -> [u16; N] {
        let mut starts = [0; N];
        let mut index = 0;
        while index < self.count {
            starts[index + 1] = starts[index] + self.names[index].len() as u16;
            index += 1;
        }
        starts
    }
}

/// The first `N` of `from`.
const fn first<T: Copy, const N: usize>(from: &[T; NAMES_MAX]) -> [T; N] {
    let mut to = [from[0]; N];
    let mut index = 0;
    while index < N {
        to[index] = from[index];
        index += 1;
    }
    to
}

/// Enters all calls of an enumeration whose numbers `$keep` accepts.
macro_rules! enter {
    ($draft:ident, $column:literal, $sysno:ty, $keep:expr) => {{
        let mut number: u16 = 0;
        while number as i32 <= <$sysno>::last().id() {
            if let Some(call) = <$sysno>::new(number as usize)
                && $keep(number)
            {
                let at = $draft.place(call.name());
                $draft.columns[$column][at] = number;
            }
            number += 1;
        }
    }};
}

/// Makes the static tables out of a draft, as long as they need to be.
macro_rules! finish {
    ($draft:ident) => {{
        const COUNT: usize = $draft.count;
        Names {
            text: &const { $draft.text::<{ $draft.text_bytes }>() },
            starts: &const { $draft.starts::<{ COUNT + 1 }>() },
            columns: [
                &const { first::<u16, COUNT>(&$draft.columns[0]) },
                &const { first::<u16, COUNT>(&$draft.columns[1]) },
            ],
            multiplexed: &const { first::<u8, COUNT>(&$draft.multiplexed) },
        }
    }};
}

/// Calls that i386 programs may also make through `socketcall`, in the order of its operations from 1 on (linux/net.h).
#[cfg(any(test, target_arch = "x86_64"))]
const SOCKETCALL: [&str; 20] = [
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
];

/// The same for `ipc` (linux/ipc.h).
#[cfg(any(test, target_arch = "x86_64"))]
const IPC_CALLS: [(&str, u8); 12] = [
    ("semop", 1),
    ("semget", 2),
    ("semctl", 3),
    ("semtimedop", 4),
    ("msgsnd", 11),
    ("msgrcv", 12),
    ("msgget", 13),
    ("msgctl", 14),
    ("shmat", 21),
    ("shmdt", 22),
    ("shmget", 23),
    ("shmctl", 24),
];

#[cfg(any(test, target_arch = "x86_64"))]
const fn always(_: u16) -> bool {
    true
}

#[cfg(any(test, target_arch = "x86_64"))]
#[expect(clippy::cast_possible_truncation, reason = "an operation is at most 24")]
const fn draft_x86() -> Draft {
    let mut draft = Draft::EMPTY;
    enter!(draft, 0, x86_64::Sysno, always);
    enter!(draft, 1, x86::Sysno, always);
    let mut index = 0;
    while index < SOCKETCALL.len() {
        let at = draft.place(SOCKETCALL[index]);
        draft.multiplexed[at] = index as u8 + 1;
        index += 1;
    }
    index = 0;
    while index < IPC_CALLS.len() {
        let at = draft.place(IPC_CALLS[index].0);
        draft.multiplexed[at] = IPC | IPC_CALLS[index].1;
        index += 1;
    }
    draft
}

/// The crate's aarch64 has the 32-bit calls with 64-bit times, which the kernel gives to 32-bit ABIs alone, and calls
/// newfstatat by another name.
#[cfg(any(test, target_arch = "aarch64"))]
const fn is_aarch64(number: u16) -> bool {
    !matches!(number, 79 | 403..=423)
}

#[cfg(any(test, target_arch = "aarch64"))]
const fn is_arm(_: u16) -> bool {
    true
}

#[cfg(any(test, target_arch = "aarch64"))]
#[expect(clippy::cast_possible_truncation, reason = "there are six private calls")]
const fn draft_arm() -> Draft {
    /// ARM's private calls (arch/arm/include/uapi/asm/unistd.h).
    const PRIVATE_CALLS: [&str; 6] = ["breakpoint", "cacheflush", "usr26", "usr32", "set_tls", "get_tls"];
    let mut draft = Draft::EMPTY;
    enter!(draft, 0, aarch64::Sysno, is_aarch64);
    enter!(draft, 1, arm::Sysno, is_arm);
    let at = draft.place("newfstatat");
    draft.columns[0][at] = 79;
    let mut index = 0;
    while index < PRIVATE_CALLS.len() {
        let at = draft.place(PRIVATE_CALLS[index]);
        draft.columns[1][at] = PRIVATE + index as u16 + 1;
        index += 1;
    }
    draft
}

#[cfg(any(test, target_arch = "x86_64"))]
const X86_DRAFT: Draft = draft_x86();
/// The names of x86_64, i386 and x32.
#[cfg(any(test, target_arch = "x86_64"))]
pub(super) static X86: Names = finish!(X86_DRAFT);

#[cfg(any(test, target_arch = "aarch64"))]
const ARM_DRAFT: Draft = draft_arm();
/// The names of aarch64 and ARM.
#[cfg(any(test, target_arch = "aarch64"))]
pub(super) static ARM: Names = finish!(ARM_DRAFT);
