//! The files of a project: read through the caller's [`Reader`], named by number in every [`At`](crate::problem::At).

use crate::paths;
use crate::problem::{At, Fault, Report};

/// Most files that one project may name: compose files, env files, configs and secrets.
pub const FILES_MAX: usize = 256;
/// Largest file of them.
pub const SOURCE_BYTES_MAX: usize = 1024 * 1024;

/// Reads the file at an absolute path (or `-`, standard input): its bytes, `None` if there is none, or why it cannot be
/// read. Whoever implements it may stop after [`SOURCE_BYTES_MAX`] and one byte: more is refused.
pub type Reader<'a> = dyn FnMut(&str) -> Result<Option<Vec<u8>>, String> + 'a;

/// What has been read.
pub(crate) struct Sources<'a, 'b> {
    pub(crate) report: Report,
    reader: &'a mut Reader<'b>,
    /// What relative paths in each file are relative to.
    directories: Vec<String>,
    /// What paths in messages are relative to.
    shown_from: String,
}

impl<'a, 'b> Sources<'a, 'b> {
    /// Nothing has been read yet. `shown_from` is where the person stands.
    pub(crate) fn new(reader: &'a mut Reader<'b>, shown_from: &str) -> Self {
        let shown_from = format!("{}/", shown_from.trim_end_matches('/'));
        Self { report: Report::default(), reader, directories: Vec::new(), shown_from }
    }

    /// Names a file: its number.
    ///
    /// # Errors
    /// Too many.
    pub(crate) fn name(&mut self, path: &str, directory: &str) -> Result<u16, Fault> {
        let count = self.report.files.len();
        match u16::try_from(count) {
            Ok(number) if count < FILES_MAX => {
                let shown = path.strip_prefix(&self.shown_from).unwrap_or(path);
                self.report.files.push(shown.to_owned());
                self.directories.push(directory.to_owned());
                Ok(number)
            }
            _ => Err(At::NOWHERE.fault(format!("the project names more than {FILES_MAX} files"))),
        }
    }

    /// An absolute path, seen from the file that has it. `~` is the variable HOME.
    pub(crate) fn path(&self, at: At, path: &str, home: Option<&str>) -> Result<String, Fault> {
        if path == "~" || path.starts_with("~/") {
            let home = home.ok_or_else(|| at.fault("~ is the variable HOME, which is not set"))?;
            return Ok(paths::join("/", &format!("{home}/{}", &path[1..])));
        }
        let directory = self.directories.get(usize::from(at.file)).map_or("/", String::as_str);
        Ok(paths::join(directory, path))
    }

    /// The bytes of a file, and its number; `None` if there is none.
    ///
    /// # Errors
    /// It cannot be read, is too large, or there are too many.
    pub(crate) fn bytes(&mut self, path: &str) -> Result<Option<(u16, Vec<u8>)>, Fault> {
        let found = match (self.reader)(path) {
            Ok(None) => return Ok(None),
            Ok(Some(bytes)) if bytes.len() > SOURCE_BYTES_MAX => {
                Err(format!("the file is larger than {} KiB", SOURCE_BYTES_MAX / 1024))
            }
            Ok(Some(bytes)) => Ok(bytes),
            Err(why) => Err(format!("the file cannot be read: {why}")),
        };
        let file = self.name(path, paths::directory_of(path))?;
        found.map(|bytes| Some((file, bytes))).map_err(|why| At::whole(file).fault(why))
    }

    /// Like [`Sources::bytes`], but text.
    ///
    /// # Errors
    /// Those, and bytes that are not UTF-8.
    pub(crate) fn text(&mut self, path: &str) -> Result<Option<(u16, String)>, Fault> {
        let Some((file, bytes)) = self.bytes(path)? else { return Ok(None) };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some((file, text))),
            Err(error) => {
                let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
                let at = At { file, line: u32::try_from(line).unwrap_or(u32::MAX), column: 1 };
                Err(at.fault("the file is not UTF-8"))
            }
        }
    }
}
