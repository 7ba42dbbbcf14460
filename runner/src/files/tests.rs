use super::*;
use crate::scratch::Scratch;

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

#[test]
fn a_file_is_replaced_whole_with_its_mode_and_nothing_stays_aside() {
    let scratch = Scratch::new("files");
    let path = scratch.0.join("record");
    // What a power cut left there is neither added to nor believed, its mode neither.
    fs::write(scratch.0.join("record.new"), "torn, and longer than what comes").expect("scratch");
    for (replace, mode_wanted, bytes) in [
        (replace as fn(&Path, u32, &[u8]) -> Result<(), FileError>, PRIVATE, &b"one"[..]),
        (replace_volatile, 0o755, b"two"),
        (replace, 0o640, b""),
    ] {
        replace(&path, mode_wanted, bytes).expect("the scratch directory is writable");
        assert_eq!((fs::read(&path).expect("read"), mode(&path)), (bytes.to_vec(), mode_wanted));
        assert_eq!(scratch.names(), ["record"]);
    }
}

#[test]
fn what_cannot_be_replaced_is_as_it_was() {
    let scratch = Scratch::new("files");
    let directory = scratch.0.join("taken");
    fs::create_dir_all(directory.join("by another")).expect("scratch");
    let error = replace(&directory, PRIVATE, b"one").expect_err("a directory is no file");
    assert!(error.to_string().starts_with(&format!("write {}: ", directory.display())), "{error}");
    assert_eq!(scratch.names(), ["taken"]);
    let missing =
        replace(&scratch.0.join("no/such"), PRIVATE, b"one").expect_err("there is no such directory");
    assert!(missing.to_string().contains("no/such: "), "{missing}");
}

#[test]
fn none_to_remove_is_as_good() {
    let scratch = Scratch::new("files");
    let (file, tree) = (scratch.0.join("file"), scratch.0.join("tree"));
    for remove in [remove, remove_volatile] {
        fs::write(&file, "").expect("scratch");
        remove(&file).expect("it is there");
        remove(&file).expect("it is gone");
        remove(&tree.join("file")).expect("nor is its directory there");
    }
    make_directory(&tree.join("a/b"), 0o700).expect("make");
    assert_eq!(mode(&tree.join("a")), 0o700);
    assert!(remove(&tree).is_err(), "a directory is no file");
    remove_tree(&tree).expect("it is there");
    remove_tree(&tree).expect("it is gone");
    assert_eq!(scratch.names(), [""; 0]);
}

#[test]
fn a_full_disk_is_told_in_words() {
    let full = failed("write", Path::new("/x"))(io::Error::from(Errno::NOSPC));
    assert_eq!(full.to_string(), "write /x: the disk is full; free some space and try again");
}

#[test]
fn of_several_writers_each_is_heard_and_none_is_torn() {
    let scratch = Scratch::new("files");
    let path = scratch.0.join("record");
    std::thread::scope(|scope| {
        for writer in 0..8_u8 {
            let path = &path;
            scope.spawn(move || {
                for _ in 0..100 {
                    replace_volatile(path, PRIVATE, &[writer; 5000]).expect("others are waited for");
                    let found = fs::read(path).expect("it is there");
                    assert!(found.len() == 5000 && found.iter().all(|byte| *byte == found[0]));
                }
            });
        }
    });
    assert_eq!(scratch.names(), ["record"]);
}

#[test]
fn a_tree_goes_however_deep_it_is() {
    let scratch = Scratch::new("files");
    let top = scratch.0.join("top");
    fs::create_dir(&top).expect("scratch");
    fs::write(top.join("limpet-deep-1"), "in the way").expect("scratch");
    let mut above = open_directory(&top).expect("scratch");
    // Deeper than a path may be long; what is moved up comes in its turn.
    for level in 0..5000 {
        for name in ["next", "empty"] {
            rustix::fs::mkdirat(&above, name, Mode::RWXU).expect("scratch");
        }
        rustix::fs::symlinkat("/", &above, "link").expect("scratch");
        if level % 100 == 0 {
            rustix::fs::symlinkat("elsewhere", &above, "other").expect("scratch");
        }
        above = openat(&above, "next", OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).expect("scratch");
    }
    drop(above);
    remove_tree(&top).expect("it is ours");
    assert_eq!(scratch.names(), [""; 0]);
}

#[test]
fn a_link_in_the_way_is_refused_and_leads_nowhere() {
    let scratch = Scratch::new("files");
    let precious = scratch.0.join("precious");
    fs::write(&precious, "all of it").expect("scratch");
    std::os::unix::fs::symlink(&precious, scratch.0.join("record.new")).expect("scratch");
    replace(&scratch.0.join("record"), PRIVATE, b"one").expect_err("it is a link");
    assert_eq!(fs::read(&precious).expect("read"), b"all of it");
}
