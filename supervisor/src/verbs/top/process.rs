//! One process: from the kernel's text (proc_pid_stat(5), proc_pid_status(5)) to cells as ps(1) names them. Pure.

use crate::output::time;
use limpet_runner::user;

/// Major numbers of pseudo-terminals, 256 in each (Documentation/admin-guide/devices.txt).
const PTS_MAJORS: std::ops::Range<u32> = 136..144;
const DAY_S: u64 = 24 * 60 * 60;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What /proc says of one process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Process {
    /// Its id on the board.
    pub(super) pid: u32,
    /// Its parent's.
    pub(super) parent: u32,
    /// Effective user on the board.
    pub(super) uid: u32,
    /// `R`, `S`, `D`, `Z`, `T` and the like.
    pub(super) state: String,
    /// Session, process group, and the foreground group of its terminal.
    pub(super) groups: (u32, i64, i64),
    /// Device number of its terminal; 0 without one.
    pub(super) terminal: u32,
    /// CPU time used.
    pub(super) cpu_ticks: u64,
    /// After boot.
    pub(super) started_ticks: u64,
    /// Threads.
    pub(super) threads: u64,
    /// Address space.
    pub(super) virtual_bytes: u64,
    /// Memory held.
    pub(super) resident_pages: u64,
    /// Name of its program.
    pub(super) name: String,
    /// Its arguments, or its name in brackets where it has none.
    pub(super) command: String,
}

/// What times and amounts are relative to.
pub(super) struct Clock {
    /// Since 1970.
    pub(super) now_s: u64,
    /// Since 1970.
    pub(super) booted_s: u64,
    /// Of the kernel's clock.
    pub(super) ticks_per_s: u64,
    /// Of memory.
    pub(super) page_bytes: u64,
    /// All memory.
    pub(super) board_bytes: u64,
}

/// Who is who in the container.
pub(super) struct Users {
    /// The container's passwd(5).
    pub(super) passwd: String,
    /// Of its user namespace; 0 without one.
    pub(super) first_host_id: u32,
    /// Ids in its user namespace.
    pub(super) count: u32,
    /// `uid` shows names too.
    pub(super) uid_named: bool,
}

/// The heading of a column, as ps(1) has it.
pub(super) fn heading(column: &str) -> &'static str {
    match column {
        "user" => "USER",
        "uid" => "UID",
        "pid" => "PID",
        "ppid" => "PPID",
        "c" => "C",
        "pcpu" => "%CPU",
        "pmem" => "%MEM",
        "rss" => "RSS",
        "vsz" => "VSZ",
        "stime" => "STIME",
        "tty" => "TTY",
        "stat" => "STAT",
        "time" => "TIME",
        "comm" => "COMMAND",
        _ => "CMD",
    }
}

impl Process {
    /// Understands the three files of one process.
    pub(super) fn parse(stat: &str, status: &str, command: &str) -> Option<Self> {
        // The name may hold anything, brackets too; what follows the last bracket is numbers.
        let (front, rest) = stat.rsplit_once(')')?;
        let (pid, name) = front.split_once('(')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        // Fields are counted from 3, the state (proc_pid_stat(5)).
        let number = |field: usize| fields.get(field - 3)?.parse::<u64>().ok();
        let signed = |field: usize| fields.get(field - 3)?.parse::<i64>().ok();
        let uids = status.lines().find_map(|line| line.strip_prefix("Uid:"))?;
        Some(Self {
            pid: pid.trim().parse().ok()?,
            parent: u32::try_from(number(4)?).ok()?,
            uid: uids.split_whitespace().nth(1)?.parse().ok()?,
            state: (*fields.first()?).to_owned(),
            groups: (u32::try_from(number(6)?).ok()?, signed(5)?, signed(8)?),
            terminal: u32::try_from(number(7)?).ok()?,
            cpu_ticks: number(14)? + number(15)?,
            threads: number(20)?,
            started_ticks: number(22)?,
            virtual_bytes: number(23)?,
            resident_pages: number(24)?,
            name: name.to_owned(),
            command: command_line(command, name),
        })
    }

    /// What stands in `column`.
    pub(super) fn cell(&self, column: &str, clock: &Clock, users: &Users) -> String {
        match column {
            "user" => users.name(self.uid),
            "uid" if users.uid_named => users.name(self.uid),
            "uid" => users.inside(self.uid).to_string(),
            "pid" => self.pid.to_string(),
            "ppid" => self.parent.to_string(),
            "c" => (self.cpu_thousandths(clock) / 10).min(99).to_string(),
            "pcpu" => tenths(self.cpu_thousandths(clock)),
            "pmem" => tenths(per_thousand(self.resident_pages * clock.page_bytes, clock.board_bytes)),
            "rss" => (self.resident_pages * clock.page_bytes / 1024).to_string(),
            "vsz" => (self.virtual_bytes / 1024).to_string(),
            "stime" => started(self.started_s(clock), clock.now_s),
            "tty" => terminal(self.terminal),
            "stat" => self.flags(),
            "time" => duration(self.cpu_ticks / clock.ticks_per_s),
            "comm" => self.name.clone(),
            _ => self.command.clone(),
        }
    }

    fn started_s(&self, clock: &Clock) -> u64 {
        clock.booted_s + self.started_ticks / clock.ticks_per_s
    }

    /// CPU time of the time that it lives.
    fn cpu_thousandths(&self, clock: &Clock) -> u64 {
        let lived_s = clock.now_s.saturating_sub(self.started_s(clock)).max(1);
        per_thousand(self.cpu_ticks, lived_s * clock.ticks_per_s)
    }

    /// As ps(1), "PROCESS STATE CODES": session leader, threads, in the foreground.
    fn flags(&self) -> String {
        let (session, group, foreground) = self.groups;
        let mut flags = self.state.clone();
        for (flag, set) in [('s', session == self.pid), ('l', self.threads > 1), ('+', group == foreground)] {
            if set {
                flags.push(flag);
            }
        }
        flags
    }
}

impl Users {
    fn inside(&self, uid: u32) -> u32 {
        let inside =
            uid.checked_sub(self.first_host_id).filter(|uid| self.first_host_id == 0 || *uid < self.count);
        inside.unwrap_or(uid)
    }

    fn name(&self, uid: u32) -> String {
        let uid = self.inside(uid);
        user::name_of(uid, &self.passwd).map_or_else(|| uid.to_string(), str::to_owned)
    }
}

fn command_line(command: &str, name: &str) -> String {
    let words = command.trim_end_matches('\0').replace('\0', " ");
    if words.is_empty() { format!("[{name}]") } else { words }
}

fn per_thousand(part: u64, whole: u64) -> u64 {
    part.saturating_mul(1000).checked_div(whole).unwrap_or(0)
}

fn tenths(per_thousand: u64) -> String {
    format!("{}.{}", per_thousand / 10, per_thousand % 10)
}

/// `15:04`, or `Jan02` for another day (UTC).
fn started(at_s: u64, now_s: u64) -> String {
    let text = time::rfc3339_nanos(at_s.saturating_mul(1_000_000_000));
    if at_s / DAY_S == now_s / DAY_S {
        return text[11..16].to_owned();
    }
    let month = text[5..7].parse::<usize>().unwrap_or(1);
    format!("{}{}", MONTHS[(month - 1) % 12], &text[8..10])
}

/// `pts/3`, as the container calls it; `?` without one (new_encode_dev of linux/kdev_t.h).
fn terminal(device: u32) -> String {
    let (major, minor) = (device >> 8 & 0xfff, device & 0xff | device >> 12 & 0xf_ff00);
    if PTS_MAJORS.contains(&major) {
        return format!("pts/{}", (major - PTS_MAJORS.start) * 256 + minor);
    }
    if device == 0 { "?".to_owned() } else { format!("{major}:{minor}") }
}

/// `[days-]hours:minutes:seconds`
fn duration(seconds: u64) -> String {
    let days = seconds / DAY_S;
    let rest = seconds % DAY_S;
    let clock = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if days > 0 { format!("{days}-{clock}") } else { clock }
}
