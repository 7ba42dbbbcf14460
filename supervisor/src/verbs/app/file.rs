//! The compose files that are meant, read.
//!
//! In: what was typed, the environment and the files that those name. Out: an app, or every problem on a line of its own.

use crate::cli::command::app::FileArgs;
use crate::failure::Failure;
use crate::screen;
use limpet_compose::{Problems, Request, SOURCE_BYTES_MAX, load};
use limpet_protocol::app::App;
use std::fs::File;
use std::io::{self, Read};

/// The app that the files ask for.
///
/// # Errors
/// What is wrong with them; all but the last line of it is said already.
pub(super) fn read(source: &FileArgs) -> Result<App, Failure> {
    let here = std::env::current_dir()
        .map_err(|error| Failure::new(format!("find the working directory: {error}")))?;
    let working_directory = here
        .into_os_string()
        .into_string()
        .map_err(|path| Failure::new(format!("the working directory {} is not UTF-8", path.display())))?;
    let request = Request {
        files: source.files.clone(),
        project_name: source.app.clone(),
        project_directory: source.directory.clone(),
        env_files: source.env_files.clone(),
        profiles: source.profiles.clone(),
        working_directory,
        environment: environment(),
        for_fleet: false,
    };
    let parsed = load(&request, &mut |path| bytes(path).map_err(|error| error.to_string()))
        .map_err(|problems| failure(&problems))?;
    for remark in &parsed.remarks {
        screen::complain(&remark.to_string());
    }
    Ok(parsed.app)
}

/// A variable that is not UTF-8 cannot stand in a file that is.
fn environment() -> Vec<(String, String)> {
    let variables = std::env::vars_os();
    variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// One byte more than is accepted, so that what is too large is seen to be.
fn bytes(path: &str) -> io::Result<Option<Vec<u8>>> {
    let most = SOURCE_BYTES_MAX as u64 + 1;
    let mut bytes = Vec::new();
    if path == "-" {
        io::stdin().lock().take(most).read_to_end(&mut bytes)?;
        return Ok(Some(bytes));
    }
    match File::open(path) {
        Ok(file) => file.take(most).read_to_end(&mut bytes).map(|_| Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn failure(problems: &Problems) -> Failure {
    let mut lines: Vec<String> = problems.list.iter().map(ToString::to_string).collect();
    if problems.left_out > 0 {
        lines.push(format!("and {} more problems", problems.left_out));
    }
    let last = lines.pop().unwrap_or_default();
    for line in lines {
        screen::complain(&line);
    }
    Failure::new(last)
}
