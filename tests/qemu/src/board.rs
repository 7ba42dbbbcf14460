//! One virtual board: what it is made of, and what a scenario does to it.

use crate::channel::{self, Channel};
use crate::evidence;
use crate::image;
use crate::kernel::Kernel;
use crate::monitor::Monitor;
use crate::qemu::{self, Console};
use crate::spec::{Init, Spec};
use crate::target::Target;
use crate::wire::{Answer, Request};
use native_tests::Outcome;
use serde_json::json;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A board that takes longer to boot than this does not boot; alone it takes about 3 s, on a machine with eight others to serve 70.
const BOOT_MAX: Duration = Duration::from_secs(300);
/// A command that takes longer does not end.
const COMMAND_MAX: Duration = Duration::from_secs(120);
/// What is waited for by asking is there by then; less than a command may take.
const UNTIL_S: u32 = 60;
/// A board that is told to power off is off by then: it grants its processes 10 s.
const OFF_MAX: Duration = Duration::from_secs(60);
/// So a kernel begins to say that it is not well (kernel documentation, admin-guide/bug-hunting.rst).
const UNWELL: [&str; 4] = ["Oops", "BUG: ", "Kernel panic", "Internal error: "];

/// When the power of a board is cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut<'a> {
    /// Lines of the shell that it runs meanwhile.
    pub script: &'a str,
    /// How the line begins that the script prints when it has come to it.
    pub moment: &'a str,
    /// How long after that.
    pub after: Duration,
    /// Whether the board may have gone off by itself by then.
    pub may_be_off: bool,
}

/// A board that runs.
#[derive(Debug)]
pub struct Board {
    qemu: Child,
    channel: Channel,
    place: PathBuf,
    target: Target,
    init: Init,
    /// From the start of QEMU until the agent was there.
    pub boot_time: Duration,
}

impl Board {
    /// Starts it with its files in `place`, and waits until its agent is up.
    ///
    /// # Panics
    /// It does not boot.
    #[must_use]
    pub fn boot(spec: &Spec, place: &Path) -> Self {
        let begin = Instant::now();
        let listener = channel::listen(&place.join(qemu::CHANNEL));
        let mut command = command(spec, place, Console::Log);
        let log = fs::File::create(place.join("qemu.log")).expect("the board's directory is writable");
        let qemu = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let qemu = qemu.unwrap_or_else(|e| panic!("starting {}: {e}", spec.target.value("program")));
        let channel = Channel::accept(&listener).unwrap_or_else(|e| panic!("waiting for QEMU: {e}"));
        let mut board = Self {
            qemu,
            channel,
            place: place.to_owned(),
            target: spec.target.clone(),
            init: spec.init,
            boot_time: Duration::ZERO,
        };
        board.until_up();
        board.boot_time = begin.elapsed();
        // QEMU has it in its memory, also for reboots; with many boards these files are gigabytes.
        let _ = fs::remove_file(place.join(qemu::INITRAMFS));
        board
    }

    /// Waits until the agent says hello: after a boot, or after a reboot. What the agent of before said last is passed over.
    ///
    /// # Panics
    /// It does not in time.
    pub fn until_up(&mut self) {
        let deadline = Instant::now() + BOOT_MAX;
        loop {
            match self.channel.next(deadline) {
                Ok(Some(Answer::Hello)) => return,
                Ok(Some(Answer::Output { .. } | Answer::Ended(_) | Answer::Done | Answer::Failed(_))) => {}
                Ok(None) => panic!("the board did not boot within {} s", BOOT_MAX.as_secs()),
                Err(error) => panic!("the board did not boot: {error}"),
            }
        }
    }

    /// Runs a program on the board to its end.
    ///
    /// # Panics
    /// It cannot be started, or does not end.
    pub fn run(&mut self, command: &[&str]) -> Outcome {
        self.run_with(command, &[], COMMAND_MAX)
    }

    /// Runs a program that has to succeed.
    #[track_caller]
    pub fn ok(&mut self, command: &[&str]) -> Outcome {
        self.run(command).ok()
    }

    /// Runs a line of the shell, which has to succeed; what it printed.
    #[track_caller]
    pub fn sh(&mut self, line: &str) -> String {
        self.ok(&["sh", "-c", line]).text().to_owned()
    }

    /// Runs `limpet ARGUMENTS`.
    pub fn limpet(&mut self, arguments: &[&str]) -> Outcome {
        self.run(&[&["limpet"], arguments].concat())
    }

    /// Loads a sample image from the payload.
    #[track_caller]
    pub fn load(&mut self, image: &str) {
        let path = format!("/payload/images/{}/{image}.docker.tar", self.target.value("deb_arch"));
        self.limpet(&["load", "-i", &path]).ok();
    }

    /// Runs a program with variables and a deadline of its own.
    ///
    /// # Panics
    /// As [`Board::run`].
    pub fn run_with(
        &mut self,
        command: &[&str],
        environment: &[(&str, &str)],
        patience: Duration,
    ) -> Outcome {
        let (mut printed, answer) = self.ask(&request(command, environment), patience);
        let text = |bytes: &mut Vec<u8>| String::from_utf8_lossy(&std::mem::take(bytes)).into_owned();
        match answer {
            Some(Answer::Ended(code)) => Outcome {
                typed: command.join(" "),
                code,
                stdout: text(&mut printed[0]),
                stderr: text(&mut printed[1]),
            },
            other => panic!(
                "{}: {}; it printed:\n{}{}",
                command.join(" "),
                other.map_or_else(|| "it does not end".to_owned(), |answer| format!("{answer:?}")),
                text(&mut printed[0]),
                text(&mut printed[1]),
            ),
        }
    }

    /// Starts a program that ends the board, so that its own end may not be heard of any more.
    fn tell(&mut self, command: &[&str]) {
        if let Err(error) = self.channel.send(&request(command, &[])) {
            panic!("telling the board to {}: {error}", command.join(" "));
        }
    }

    /// Writes a new file on the board.
    ///
    /// # Panics
    /// It cannot be written.
    pub fn write(&mut self, path: &str, bytes: &[u8]) {
        for request in Channel::pieces(path, bytes) {
            let (_, answer) = self.ask(&request, COMMAND_MAX);
            assert_eq!(answer, Some(Answer::Done), "writing {path} on the board");
        }
    }

    /// What a file on the board holds.
    ///
    /// # Panics
    /// It cannot be read.
    pub fn read(&mut self, path: &str) -> Vec<u8> {
        let ([bytes, _], answer) = self.ask(&Request::Read { path: path.to_owned() }, COMMAND_MAX);
        assert_eq!(answer, Some(Answer::Done), "reading {path} on the board");
        bytes
    }

    /// What was printed on stdout and stderr, and the last answer if one came in time.
    fn ask(&mut self, request: &Request, patience: Duration) -> ([Vec<u8>; 2], Option<Answer>) {
        let answered = self.exchange(request, patience);
        answered.unwrap_or_else(|error| panic!("asking the board for {request:?}: {error}"))
    }

    fn exchange(
        &mut self,
        request: &Request,
        patience: Duration,
    ) -> io::Result<([Vec<u8>; 2], Option<Answer>)> {
        let mut printed = [Vec::new(), Vec::new()];
        let mut log = self.output_log();
        let deadline = Instant::now() + patience;
        self.channel.send(request)?;
        loop {
            match self.channel.next(deadline)? {
                Some(Answer::Output { is_error, bytes }) => {
                    // Only for whoever watches: the scenario has the bytes anyway.
                    let _ = log.write_all(&bytes);
                    printed[usize::from(is_error)].extend(bytes);
                }
                answer => return Ok((printed, answer)),
            }
        }
    }

    /// What it says of itself: containers, events, the doctor, the kernel. For whoever wants to know why something is not
    /// as it should be; a board that does not answer says so little.
    pub fn evidence(&mut self) -> String {
        let request = request(&["sh", "-c", evidence::SCRIPT], &[]);
        match self.exchange(&request, evidence::PATIENCE) {
            Ok((printed, answer)) => {
                let said: String = printed.iter().map(|bytes| String::from_utf8_lossy(bytes)).collect();
                if answer.is_some() { said } else { said + "(it said no more)\n" }
            }
            Err(error) => format!("({error})\n"),
        }
    }

    fn output_log(&self) -> fs::File {
        let path = self.place.join("output.log");
        let opened = fs::OpenOptions::new().append(true).create(true).open(&path);
        opened.unwrap_or_else(|e| panic!("opening {}: {e}", path.display()))
    }

    /// Waits until a line of the shell, asked every tenth of a second on the board, succeeds.
    ///
    /// # Panics
    /// It never does: `what` did not happen.
    #[track_caller]
    pub fn until(&mut self, what: &str, line: &str) {
        // By the time since the boot, which no clock that is set changes.
        let script = format!(
            "read now rest </proc/uptime; end=$((${{now%.*}} + {UNTIL_S})); while [ ${{now%.*}} -lt $end ]; do \
             if {line}; then exit 0; fi; sleep 0.1; read now rest </proc/uptime; done; exit 1"
        );
        let outcome = self.run(&["sh", "-c", &script]);
        assert_eq!(
            outcome.code, 0,
            "waited {UNTIL_S} s in vain until {what}: {line}; it said:\n{}",
            outcome.stderr
        );
    }

    /// Orders a reboot from PID 1, and waits until the board is up again.
    ///
    /// # Panics
    /// It does not come up.
    pub fn reboot(&mut self) {
        self.reboot_by(self.init.reboot());
    }

    /// Runs what reboots the board, and waits until it is up again.
    ///
    /// # Panics
    /// It does not come up.
    pub fn reboot_by(&mut self, command: &[&str]) {
        self.tell(command);
        self.until_up();
    }

    /// Pulls the cable out of the network card, or puts it in.
    ///
    /// # Panics
    /// There is no card.
    pub fn cable(&self, is_in: bool) {
        let order = json!({ "name": qemu::CABLE, "up": is_in });
        let monitor = Monitor::connect(&self.place.join(qemu::MONITOR));
        let done = monitor.and_then(|mut monitor| monitor.order("set_link", &order));
        done.unwrap_or_else(|e| panic!("moving the cable: {e}"));
    }

    /// Runs a script, and cuts the power some time after it has come to a moment: QEMU is killed. What the script had
    /// printed by then. `noted` is called each time that something of it has come.
    ///
    /// # Panics
    /// It never prints that, or the board goes off by itself.
    pub fn cut_during(mut self, cut: &Cut<'_>, noted: &mut dyn FnMut()) -> String {
        let Cut { script, moment, after, may_be_off } = *cut;
        let mut printed = String::new();
        let mut deadline = Instant::now() + COMMAND_MAX;
        let mut is_near = false;
        self.tell(&["sh", "-c", script]);
        while let Ok(Some(answer)) = self.channel.next(deadline) {
            self.note(&mut printed, answer);
            noted();
            if !is_near && printed.lines().any(|line| line.starts_with(moment)) {
                (is_near, deadline) = (true, Instant::now() + after);
            }
        }
        self.qemu.kill().unwrap_or_else(|e| panic!("killing QEMU: {e}"));
        let status = self.qemu.wait().unwrap_or_else(|e| panic!("waiting for QEMU: {e}"));
        assert!(
            is_near && (may_be_off || !status.success()),
            "the script never said {moment:?}, or QEMU ended by itself ({status}):\n{printed}"
        );
        // What had left the board before the cut.
        while let Ok(Some(answer)) = self.channel.next(Instant::now() + COMMAND_MAX) {
            self.note(&mut printed, answer);
            noted();
        }
        printed
    }

    fn note(&self, printed: &mut String, answer: Answer) {
        match answer {
            Answer::Output { bytes, .. } => {
                // Only for whoever watches.
                let _ = self.output_log().write_all(&bytes);
                printed.push_str(&String::from_utf8_lossy(&bytes));
            }
            Answer::Ended(0) | Answer::Hello | Answer::Done => {}
            Answer::Ended(_) | Answer::Failed(_) => panic!("the script failed ({answer:?}):\n{printed}"),
        }
    }

    /// Tells PID 1 to power off, and waits until it is off.
    ///
    /// # Panics
    /// It does not go off, or not in order, or its kernel was not well.
    pub fn power_off(mut self) {
        self.tell(self.init.power_off());
        let status = self.wait();
        assert!(status.success(), "QEMU ended with {status}");
        let serial = self.serial();
        let unwell = serial.lines().find(|line| UNWELL.iter().any(|words| line.contains(words)));
        assert_eq!(unwell, None, "the kernel was not well");
    }

    /// Waits for the end of QEMU: the board is off.
    ///
    /// # Panics
    /// It does not go off.
    pub fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + OFF_MAX;
        loop {
            match self.qemu.try_wait() {
                Ok(Some(status)) => return status,
                Ok(None) => assert!(Instant::now() < deadline, "the board does not go off"),
                Err(error) => panic!("waiting for QEMU: {error}"),
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// What the console has shown so far.
    #[must_use]
    pub fn serial(&self) -> String {
        serial(&self.place)
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        if thread::panicking() {
            // Shown with its console. This must not panic: it would end the runner.
            let said = self.evidence();
            if let Err(error) = fs::write(self.place.join(evidence::FILE), &said) {
                eprintln!("keeping what the board said: {error}; it was:\n{said}");
            }
        }
        // Off already, most of the time.
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

fn request(command: &[&str], environment: &[(&str, &str)]) -> Request {
    let owned = |text: &str| text.to_owned();
    Request::Run {
        command: command.iter().map(|&word| owned(word)).collect(),
        environment: environment.iter().map(|(name, value)| (owned(name), owned(value))).collect(),
        input: Vec::new(),
    }
}

/// What the console of the board in `place` has shown.
pub(crate) fn serial(place: &Path) -> String {
    let bytes = fs::read(place.join(qemu::SERIAL_LOG)).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\r', "")
}

/// QEMU, ready to be started; the board's initramfs has been written.
fn command(spec: &Spec, place: &Path, console: Console) -> Command {
    let kernel = Kernel::of(&spec.target, spec.kernel);
    image::write(&place.join(qemu::INITRAMFS), spec, &kernel);
    let mut command = Command::new(spec.target.value("program"));
    command.args(qemu::arguments(spec, &kernel.image, place, console));
    command
}

/// Starts a board with its console on this terminal, and waits until it is off.
///
/// # Panics
/// QEMU cannot be started.
#[must_use]
pub fn by_hand(spec: &Spec, place: &Path) -> ExitStatus {
    // QEMU connects to it and then talks to nobody: there is no agent on this board.
    let listener = channel::listen(&place.join(qemu::CHANNEL));
    let status = command(spec, place, Console::Here).status();
    drop(listener);
    status.unwrap_or_else(|e| panic!("starting {}: {e}", spec.target.value("program")))
}
