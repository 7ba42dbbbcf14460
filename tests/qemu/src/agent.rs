//! The agent: the program on a board's console that does what a scenario asks. It knows nothing of limpet.

use crate::wire::{self, Answer, CHUNK_BYTES_MAX, Receiver, Request};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

const PORTS: &str = "/sys/class/virtio-ports";
/// The port appears when its driver has found it, which may be after the agent has started.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Serves for ever.
///
/// # Errors
/// The channel failed.
pub fn serve() -> io::Result<()> {
    let path = port();
    let mut port = OpenOptions::new().read(true).write(true).open(path)?;
    wire::send(&mut port, &Answer::Hello)?;
    let mut receiver = Receiver::default();
    loop {
        while let Some(request) = receiver.take() {
            answer(&mut port, request)?;
        }
        if receiver.read_from(&mut port)? == 0 {
            // Nobody is at the other end.
            thread::sleep(LOOK_EVERY);
        }
    }
}

/// The device of the port with our name.
fn port() -> PathBuf {
    loop {
        let entries = fs::read_dir(PORTS).into_iter().flatten().flatten();
        let named = |entry: &fs::DirEntry| {
            fs::read_to_string(entry.path().join("name")).is_ok_and(|name| name.trim() == wire::PORT)
        };
        if let Some(entry) = entries.into_iter().find(named) {
            return PathBuf::from("/dev").join(entry.file_name());
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn answer(port: &mut File, request: Request) -> io::Result<()> {
    let done = match request {
        Request::Run { command, environment, input } => run(port, &command, environment, input),
        Request::Append { path, bytes } => append(&path, &bytes).map(|()| Answer::Done),
        Request::Read { path } => read(port, &path).map(|()| Answer::Done),
    };
    let answer = done.unwrap_or_else(|error| Answer::Failed(error.to_string()));
    wire::send(port, &answer)
}

fn append(path: &str, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().append(true).create(true).open(path)?.write_all(bytes)
}

fn read(port: &mut File, path: &str) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; CHUNK_BYTES_MAX];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        wire::send(port, &Answer::Output { is_error: false, bytes: buffer[..count].to_vec() })?;
    }
}

fn run(
    port: &mut File,
    command: &[String],
    environment: Vec<(String, String)>,
    input: Vec<u8>,
) -> io::Result<Answer> {
    let (program, arguments) = command.split_first().ok_or_else(|| io::Error::other("no program"))?;
    let mut child = Command::new(program)
        .args(arguments)
        .envs(environment)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let printed = listen(&mut child, input);
    for (is_error, bytes) in printed {
        wire::send(port, &Answer::Output { is_error, bytes })?;
    }
    let status = child.wait()?;
    Ok(Answer::Ended(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))))
}

/// What the child prints, until both of its pipes are closed.
fn listen(child: &mut Child, input: Vec<u8>) -> mpsc::Receiver<(bool, Vec<u8>)> {
    let (sender, receiver) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        pass_on(stdout, false, sender.clone());
    }
    if let Some(stderr) = child.stderr.take() {
        pass_on(stderr, true, sender);
    }
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read everything breaks the pipe, which is its good right.
        thread::spawn(move || drop(stdin.write_all(&input)));
    }
    receiver
}

fn pass_on(mut pipe: impl Read + Send + 'static, is_error: bool, to: Sender<(bool, Vec<u8>)>) {
    thread::spawn(move || {
        let mut buffer = vec![0; CHUNK_BYTES_MAX];
        while let Ok(count) = pipe.read(&mut buffer) {
            if count == 0 || to.send((is_error, buffer[..count].to_vec())).is_err() {
                return;
            }
        }
    });
}
