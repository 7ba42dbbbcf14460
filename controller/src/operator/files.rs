//! Files that the tool reads and writes: bounded, and never half of one.

use super::failure::{During, Failure, Outcome};
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The bytes of a file of at most `bytes_max`.
pub(crate) fn read(path: &Path, bytes_max: u64) -> Outcome<Vec<u8>> {
    let what = || format!("read {}", path.display());
    let file = File::open(path).during(what)?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).during(what)?;
    if bytes.len() as u64 > bytes_max {
        return Err(Failure::new(format!("{}: it has more than {bytes_max} bytes", what())));
    }
    Ok(bytes)
}

/// As [`read`]; `None` if it is not there.
pub(crate) fn read_if_there(path: &Path, bytes_max: u64) -> Outcome<Option<Vec<u8>>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Ok(_) | Err(_) => read(path, bytes_max).map(Some),
    }
}

/// A new file; one that is there is left as it is.
pub(crate) fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Outcome<()> {
    let what = || format!("write {}", path.display());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).during(what)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).during(what)
}

/// Puts a file in the place of whatever is there, with its directory, for its owner alone.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Outcome<()> {
    let what = || format!("write {}", path.display());
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory).during(what)?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let aside = Path::new(&name);
    let _left = fs::remove_file(aside);
    write_new(aside, bytes, 0o600)?;
    fs::rename(aside, path).during(what)?;
    File::open(directory).and_then(|directory| directory.sync_all()).during(what)
}
