use super::*;

const FILE: Wanted<'_> = Wanted { is_directory: false, contents_only: false, name: b"src" };
const TREE: Wanted<'_> = Wanted { is_directory: true, contents_only: false, name: b"src" };
const CONTENTS: Wanted<'_> = Wanted { is_directory: true, contents_only: true, name: b"src" };

fn inside(name: &str) -> Result<Destination, &'static str> {
    Ok(Destination::Inside(name.as_bytes().to_vec()))
}

fn beside(name: &str) -> Result<Destination, &'static str> {
    Ok(Destination::Beside(name.as_bytes().to_vec()))
}

#[test]
fn endings() {
    for (path, ending) in [
        ("/a", Ending::Name),
        ("/a/", Ending::Slash),
        ("/", Ending::Slash),
        ("/a/.", Ending::Dot),
        ("/a/..", Ending::Name),
        ("/a.", Ending::Name),
    ] {
        assert_eq!(Ending::of(path.as_bytes()), ending, "{path}");
    }
}

#[test]
fn a_file_goes_into_a_directory_over_a_file_or_to_a_new_name() {
    assert_eq!(decide(&FILE, Ending::Name, Some(FileType::Directory), b"dst"), inside("src"));
    assert_eq!(decide(&FILE, Ending::Name, Some(FileType::RegularFile), b"dst"), beside("dst"));
    assert_eq!(decide(&FILE, Ending::Name, None, b"dst"), beside("dst"));
    assert!(decide(&FILE, Ending::Slash, None, b"dst").is_err());
    assert!(decide(&FILE, Ending::Slash, Some(FileType::RegularFile), b"dst").is_err());
}

#[test]
fn a_directory_goes_into_a_directory_or_becomes_a_new_one() {
    assert_eq!(decide(&TREE, Ending::Name, Some(FileType::Directory), b"dst"), inside("src"));
    assert_eq!(decide(&CONTENTS, Ending::Name, Some(FileType::Directory), b"dst"), inside(""));
    assert_eq!(decide(&TREE, Ending::Slash, None, b"dst"), beside("dst"));
    assert_eq!(decide(&CONTENTS, Ending::Name, None, b"dst"), beside("dst"));
    assert!(decide(&TREE, Ending::Name, Some(FileType::RegularFile), b"dst").is_err());
}

#[test]
fn a_device_is_never_replaced() {
    for kind in [FileType::CharacterDevice, FileType::BlockDevice, FileType::Fifo, FileType::Socket] {
        assert!(decide(&FILE, Ending::Name, Some(kind), b"dst").is_err());
    }
}
