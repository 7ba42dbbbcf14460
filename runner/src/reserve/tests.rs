use super::*;
use crate::scratch::Scratch;
use std::os::unix::fs::PermissionsExt;

#[test]
fn what_one_says_all_others_read() {
    let state = Scratch::new("reserve-said");
    assert_eq!(asked(&state.0), None);
    for bytes in [Some(0), Some(u64::MAX), None, None, Some(7)] {
        ask(&state.0, bytes).expect("the scratch directory is writable");
        assert_eq!(asked(&state.0), bytes);
    }
    let mode = fs::metadata(state.0.join(NAME)).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o644, "others may read it");
    assert_eq!(state.names(), [NAME], "nothing aside is left");
}

#[test]
fn what_makes_no_sense_is_the_default() {
    let state = Scratch::new("reserve-nonsense");
    for text in ["", "all of it", "-1", "18446744073709551616"] {
        fs::write(state.0.join(NAME), text).expect("the scratch directory is writable");
        assert_eq!(asked(&state.0), None, "{text}");
    }
}

#[test]
fn a_disk_has_room_up_to_its_reserve() {
    let here = room(Path::new("/"), Some(u64::MAX)).expect("there is a root");
    assert!(here.is_low() && here.usable_bytes() == 0 && here.all_bytes > 0);
    assert!(!room(Path::new("/"), Some(0)).expect("there is a root").is_low());
    assert!(room(Path::new("/nowhere/at/all"), None).is_err());
}
