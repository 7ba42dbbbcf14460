//! `load`: images from archives and layouts.

use crate::board::Board;
use crate::cli::command::LoadArgs;
use crate::failure::{Failure, Outcome};
use crate::room;
use crate::screen;
use limpet_store::load::Input;
use limpet_store::{LoadOptions, Loaded};
use std::fs::File;
use std::path::Path;

/// `load`
pub(super) fn load(board: &Board, args: &LoadArgs) -> Outcome {
    let mut options = LoadOptions::default();
    if let Some(platform) = &args.platform {
        options.platform = Some(crate::pulling::platform(platform)?);
    }
    options.image_bytes_max = args.size_bytes_max;
    let store = board.store()?;
    let loaded = match &args.input {
        Some(path) if path != "-" => {
            let load = || store.load(Input::Path(Path::new(path)), &options);
            room::made(board, load)
                .map_err(|error| Failure::new(format!("load {path}: {}", Failure::from(error))))?
        }
        _ => {
            // What came through a pipe comes once.
            room::clear_if_low(board);
            store.load(Input::File(stdin()?), &options)?
        }
    };
    for image in loaded {
        tell(&image, args.quiet);
    }
    Ok(0)
}

fn stdin() -> Result<File, Failure> {
    if rustix::termios::isatty(rustix::stdio::stdin()) {
        return Err(Failure::new(
            "load: standard input is a terminal; name an archive with -i, or pipe one in",
        ));
    }
    let copy = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    Ok(File::from(copy))
}

fn tell(image: &Loaded, quiet: bool) {
    if image.xattrs_skipped > 0 {
        screen::complain(&format!(
            "image {}: {} extended attributes could not be kept",
            image.id, image.xattrs_skipped
        ));
    }
    if quiet {
        return;
    }
    for reference in &image.references {
        screen::line(&format!("Loaded image: {}", reference.familiar()));
    }
    if image.references.is_empty() {
        screen::line(&format!("Loaded image ID: {}", image.id));
    }
}
