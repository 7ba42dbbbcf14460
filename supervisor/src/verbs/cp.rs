//! `cp`: files between a container and the board, by docker's rules for what the destination means.

mod rules;

use super::export::{BUFFER_BYTES, refuse_terminal};
use crate::board::Board;
use crate::cli::command::{CpArgs, CpEnd};
use crate::copying::owners::Owners;
use crate::copying::place::{Belongs, Placer};
use crate::copying::source::Source;
use crate::copying::spot::{self, Spot};
use crate::copying::tar_out::TarWriter;
use crate::copying::view::{self, Reach, View};
use crate::copying::{CopyError, Sink, tar_in};
use crate::failure::{Failure, Outcome};
use crate::output::size;
use crate::screen;
use limpet_runner::failure::reason;
use rules::{Destination, Ending, Wanted};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{FileType, OFlags};
use rustix::io::Errno;
use std::io::{BufWriter, Write};
use std::os::unix::ffi::OsStrExt;

/// One end that is no stream: a root, and a path below it.
struct Side {
    root: OwnedFd,
    owners: Owners,
    /// As typed, for messages.
    typed: String,
    /// From the root.
    path: Vec<u8>,
}

/// `cp`
pub(super) fn cp(board: &Board, args: &CpArgs) -> Outcome {
    let ((CpEnd::Container { container, .. }, _) | (_, CpEnd::Container { container, .. })) =
        (&args.source, &args.destination)
    else {
        return Err(Failure::new("cp: one of both ends must be CONTAINER:PATH"));
    };
    if args.destination == CpEnd::Stream {
        refuse_terminal("cp", "pipe it on, or write it to a file")?;
    }
    let container = board.container(container)?;
    let view = view::open(board, &container, Reach::WithMounts)?;
    let act = || transfer(args, &view);
    let bytes = match view.owners {
        Owners::Same => act(),
        // Nobody but the container's own ids can make files there, not even the board's root.
        Owners::From(first) => limpet_sys::fsids::as_filesystem_user(first, first, act)?,
    }?;
    if !args.quiet {
        tell(bytes, &args.destination);
    }
    Ok(0)
}

fn transfer(args: &CpArgs, view: &View) -> Result<u64, Failure> {
    match (Side::new(&args.source, view)?, Side::new(&args.destination, view)?) {
        (Some(source), Some(destination)) => copy(args, &source, &destination),
        (Some(source), None) => to_stream(args, &source),
        (None, Some(destination)) => from_stream(&destination),
        (None, None) => Err(Failure::new("cp: both ends are streams")),
    }
}

impl Side {
    fn new(end: &CpEnd, view: &View) -> Result<Option<Self>, Failure> {
        Ok(Some(match end {
            CpEnd::Stream => return Ok(None),
            CpEnd::Board(typed) => {
                let root = view::directory("/")
                    .map_err(|errno| Failure::new(format!("open /: {}", reason(errno))))?;
                Self { root, owners: Owners::Same, typed: typed.clone(), path: absolute(typed)? }
            }
            CpEnd::Container { container, path } => Self {
                root: view.root.try_clone()?,
                owners: view.owners,
                typed: format!("{container}:{path}"),
                path: [b"/", path.as_bytes()].concat(),
            },
        }))
    }

    fn find(&self, follow: bool) -> Result<Spot, Failure> {
        spot::find(self.root.as_fd(), &self.path, follow).map_err(|errno| self.failed(errno))
    }

    fn failed(&self, errno: Errno) -> Failure {
        Failure::new(format!("cp: {}: {}", self.typed, reason(errno)))
    }
}

fn absolute(typed: &str) -> Result<Vec<u8>, Failure> {
    if typed.starts_with('/') {
        return Ok(typed.as_bytes().to_vec());
    }
    let here = std::env::current_dir()
        .map_err(|error| Failure::new(format!("find the current directory: {error}")))?;
    Ok([here.as_os_str().as_bytes(), b"/", typed.as_bytes()].concat())
}

fn copy(args: &CpArgs, source: &Side, destination: &Side) -> Result<u64, Failure> {
    let from = existing(args, source)?;
    let to = destination.find(true)?;
    let wanted = Wanted {
        is_directory: from.kind() == Some(FileType::Directory),
        contents_only: is_contents_only(source, &from),
        name: &from.name,
    };
    let plan = rules::decide(&wanted, Ending::of(&destination.path), to.kind(), &to.name)
        .map_err(|why| Failure::new(format!("cp: {}: {why}", destination.typed)))?;
    let (base, path) = match plan {
        Destination::Inside(name) => (directory(&to, &to.name, destination)?, name),
        Destination::Beside(name) => (directory(&to, b".", destination)?, name),
    };
    let belongs = if args.archive { Belongs::AsWritten } else { Belongs::ToRoot };
    let mut placer = Placer::new(base, destination.owners, belongs);
    let bytes = walk(source, &from, &path, &mut placer)?;
    finish(&mut placer)?;
    Ok(bytes)
}

/// What is to be copied. A link is followed if that is asked for, or if a slash says that it is a directory.
fn existing(args: &CpArgs, source: &Side) -> Result<Spot, Failure> {
    let ending = Ending::of(&source.path);
    let spot = source.find(args.follow_links || ending != Ending::Name)?;
    match spot.kind() {
        None => Err(source.failed(Errno::NOENT)),
        Some(kind) if ending != Ending::Name && kind != FileType::Directory => {
            Err(source.failed(Errno::NOTDIR))
        }
        Some(FileType::Socket) => {
            Err(Failure::new(format!("cp: {}: a socket cannot be copied", source.typed)))
        }
        Some(_) => Ok(spot),
    }
}

/// A root has no name under which it could be copied.
fn is_contents_only(source: &Side, from: &Spot) -> bool {
    Ending::of(&source.path) == Ending::Dot || from.name == b"."
}

fn directory(spot: &Spot, name: &[u8], side: &Side) -> Result<OwnedFd, Failure> {
    spot::open_beneath(&spot.parent, name, OFlags::PATH | OFlags::DIRECTORY)
        .map_err(|errno| side.failed(errno))
}

/// An empty `path` is the destination itself, which only takes what is in the source.
fn walk(source: &Side, from: &Spot, path: &[u8], sink: &mut dyn Sink) -> Result<u64, Failure> {
    let mut walk = Source::new(source.owners, sink);
    walk.copy(from.parent.as_fd(), &from.name, path).map_err(explain)?;
    Ok(walk.bytes)
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn explain(error: CopyError) -> Failure {
    Failure::new(format!("cp: {error}"))
}

fn finish(placer: &mut Placer) -> Result<(), Failure> {
    placer.finish().map_err(explain)?;
    if placer.xattrs_skipped > 0 {
        screen::complain(&format!(
            "cp: the destination does not take {} extended attributes",
            placer.xattrs_skipped
        ));
    }
    Ok(())
}

fn to_stream(args: &CpArgs, source: &Side) -> Result<u64, Failure> {
    let from = existing(args, source)?;
    let path = if is_contents_only(source, &from) { Vec::new() } else { from.name.clone() };
    let mut output = std::io::stdout().lock();
    let mut buffered = BufWriter::with_capacity(BUFFER_BYTES, &mut output);
    let mut writer = TarWriter::new(&mut buffered);
    let bytes = walk(source, &from, &path, &mut writer)?;
    writer.finish().map_err(explain)?;
    Ok(bytes)
}

/// A tar names the owners of what is in it, so they are kept.
fn from_stream(destination: &Side) -> Result<u64, Failure> {
    if rustix::termios::isatty(rustix::stdio::stdin()) {
        return Err(Failure::new("cp: standard input is a terminal; pipe a tar in"));
    }
    let to = destination.find(true)?;
    match to.kind() {
        None => return Err(destination.failed(Errno::NOENT)),
        Some(FileType::Directory) => {}
        Some(_) => return Err(destination.failed(Errno::NOTDIR)),
    }
    let base = directory(&to, &to.name, destination)?;
    let mut placer = Placer::new(base, destination.owners, Belongs::AsWritten);
    let bytes = tar_in::copy(&mut std::io::stdin().lock(), &mut placer).map_err(explain)?;
    finish(&mut placer)?;
    Ok(bytes)
}

/// Where docker says it too: on standard error.
fn tell(bytes: u64, destination: &CpEnd) {
    let to = match destination {
        CpEnd::Container { container, path } => format!("{container}:{path}"),
        CpEnd::Board(path) => path.clone(),
        CpEnd::Stream => return,
    };
    // If nobody can be told, nobody can be told that either.
    writeln!(std::io::stderr(), "Successfully copied {} to {to}", size::decimal(bytes)).ok();
}
