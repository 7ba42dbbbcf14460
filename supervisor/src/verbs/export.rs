//! `export`: a container's root file system as a tar.

use crate::board::Board;
use crate::cli::command::ExportArgs;
use crate::copying::failed;
use crate::copying::source::Source;
use crate::copying::tar_out::TarWriter;
use crate::copying::view::{self, Reach, View};
use crate::failure::{Failure, Outcome};
use rustix::fd::AsFd;
use std::fs::{self, File};
use std::io::{BufWriter, Write};

/// Bytes that are collected before they are written.
pub(super) const BUFFER_BYTES: usize = 256 * 1024;

/// `export`
pub(super) fn export(board: &Board, args: &ExportArgs) -> Outcome {
    let container = board.container(&args.container)?;
    let Some(path) = args.output.as_deref().filter(|path| *path != "-") else {
        refuse_terminal("export", "name a file with -o, or pipe it on")?;
        let view = view::open(board, &container, Reach::RootOnly)?;
        write_tar(&view, &mut std::io::stdout().lock())?;
        return Ok(0);
    };
    let view = view::open(board, &container, Reach::RootOnly)?;
    let mut file = File::create(path).map_err(failed("make", path.as_bytes()))?;
    if let Err(failure) = write_tar(&view, &mut file) {
        // Half a tar is worse than none; the first error is the one to tell.
        fs::remove_file(path).ok();
        return Err(failure);
    }
    Ok(0)
}

/// A terminal cannot show a tar.
pub(super) fn refuse_terminal(verb: &str, advice: &str) -> Result<(), Failure> {
    if rustix::termios::isatty(rustix::stdio::stdout()) {
        return Err(Failure::new(format!("{verb}: standard output is a terminal; {advice}")));
    }
    Ok(())
}

fn write_tar(view: &View, output: &mut dyn Write) -> Result<(), Failure> {
    let mut buffered = BufWriter::with_capacity(BUFFER_BYTES, output);
    let mut writer = TarWriter::new(&mut buffered);
    Source::new(view.owners, &mut writer).copy_contents(view.root.as_fd())?;
    Ok(writer.finish()?)
}
