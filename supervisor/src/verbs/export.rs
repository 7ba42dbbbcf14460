//! `export`: a container's root file system as a tar.

use super::output_file::write_to;
use crate::board::Board;
use crate::cli::command::ExportArgs;
use crate::copying::source::Source;
use crate::copying::tar_out::TarWriter;
use crate::copying::view::{self, Reach, View};
use crate::failure::{Failure, Outcome};
use rustix::fd::AsFd;
use std::io::{BufWriter, Write};
use std::path::Path;

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
    write_to(Path::new(path), |file| write_tar(&view, file))?;
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
