//! What a destination means (docker's reference of `cp`). Pure: from what is asked and what is there to where it goes.

use rustix::fs::FileType;

/// How a path ends, as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With a name.
    Name,
    /// With a slash: it must be a directory.
    Slash,
    /// With `/.`: what is in the directory.
    Dot,
}

impl Ending {
    /// Of an absolute path.
    pub(super) fn of(path: &[u8]) -> Self {
        match path {
            [.., b'/', b'.'] => Self::Dot,
            [.., b'/'] => Self::Slash,
            _ => Self::Name,
        }
    }
}

/// What is to be copied.
pub(super) struct Wanted<'a> {
    /// It is a directory.
    pub(super) is_directory: bool,
    /// Only what is in it.
    pub(super) contents_only: bool,
    /// Its name.
    pub(super) name: &'a [u8],
}

/// Where it goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// Into the directory that is there, under this name; an empty one puts what is in the source there.
    Inside(Vec<u8>),
    /// Into the directory above, under this name.
    Beside(Vec<u8>),
}

/// Where the wanted goes when the destination is typed with `ending`, is called `name` and is `there`.
pub(super) fn decide(
    wanted: &Wanted<'_>,
    ending: Ending,
    there: Option<FileType>,
    name: &[u8],
) -> Result<Destination, &'static str> {
    match there {
        Some(FileType::Directory) if wanted.contents_only => Ok(Destination::Inside(Vec::new())),
        Some(FileType::Directory) => Ok(Destination::Inside(wanted.name.to_vec())),
        Some(_) if ending != Ending::Name => Err("it is not a directory"),
        Some(_) if wanted.is_directory => Err("it is a file, and a directory cannot be copied onto it"),
        Some(FileType::RegularFile) => Ok(Destination::Beside(name.to_vec())),
        Some(_) => Err("it is neither a directory nor a regular file"),
        None if ending != Ending::Name && !wanted.is_directory => {
            Err("the directory does not exist; make it first")
        }
        None => Ok(Destination::Beside(name.to_vec())),
    }
}

#[cfg(test)]
mod tests;
