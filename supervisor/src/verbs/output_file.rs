//! `-o FILE`: a file that is whole or as it was before.

use crate::failure::Failure;
use limpet_runner::failure::reason;
use rustix::io::Errno;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Written aside and renamed, so that a file of this name is whole; a pipe or a device is written as it is.
///
/// # Errors
/// Those of `write`, or the file system refuses; nothing is left aside then.
pub(super) fn write_to(
    path: &Path,
    write: impl FnOnce(&mut File) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let failed = |error: io::Error| {
        let why = Errno::from_io_error(&error).map_or_else(|| error.to_string(), reason);
        Failure::new(format!("write {}: {why}", path.display()))
    };
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return write(&mut File::options().write(true).open(path).map_err(failed)?);
    }
    let aside = beside(path);
    let written = File::create(&aside).map_err(failed).and_then(|mut file| write(&mut file));
    let written = written.and_then(|()| fs::rename(&aside, path).map_err(failed));
    if written.is_err() {
        // The first error is the one to tell.
        fs::remove_file(&aside).ok();
    }
    written
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;
    use std::io::Write;

    #[test]
    fn a_file_is_whole_or_as_it_was() {
        let scratch = Scratch::new("output");
        let path = scratch.path().join("out.tar");
        let put = |bytes: &'static [u8]| move |file: &mut File| Ok(file.write_all(bytes)?);
        write_to(&path, put(b"one")).expect("write");
        let half = |file: &mut File| {
            file.write_all(b"half")?;
            Err(Failure::new("no more"))
        };
        assert_eq!(write_to(&path, half).expect_err("it fails").to_string(), "no more");
        assert_eq!(fs::read(&path).expect("read"), b"one");
        assert_eq!(fs::read_dir(scratch.path()).expect("list").count(), 1, "nothing is left aside");
        let missing = write_to(&scratch.path().join("no/out.tar"), put(b"")).expect_err("no directory");
        assert!(missing.to_string().ends_with("no/out.tar: No such file or directory"), "{missing}");
    }

    #[test]
    fn what_is_no_file_stays() {
        let scratch = Scratch::new("output-device");
        let link = scratch.path().join("full");
        std::os::unix::fs::symlink("/dev/full", &link).expect("scratch");
        write_to(&link, |file| Ok(file.write_all(b"one")?)).expect_err("the device is full");
        assert_eq!(fs::read_link(&link).expect("it is there"), Path::new("/dev/full"));
    }
}
