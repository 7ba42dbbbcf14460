use super::*;
use crate::scratch::Scratch;
use limpet_protocol::disk::RESERVE_BYTES_MAX;

const GIB: u64 = 1 << 30;
const MIB: u64 = 1 << 20;

fn space(free_bytes: u64, all_bytes: u64, asked_bytes: Option<u64>, before: Space) -> Space {
    judge(Room::new(free_bytes, all_bytes, asked_bytes), before)
}

#[test]
fn a_small_disk_keeps_a_twentieth_and_a_large_one_no_more_than_the_most() {
    assert_eq!(Room::new(0, GIB, None).reserve_bytes, GIB / 20);
    assert_eq!(Room::new(0, 64 * GIB, None).reserve_bytes, RESERVE_BYTES_MAX);
    assert_eq!(Room::new(0, 64 * GIB, Some(MIB)).reserve_bytes, MIB);
}

#[test]
fn below_the_mark_it_is_low_and_well_above_it_ample_again() {
    let mark = RESERVE_BYTES_MAX;
    for (free, before, after) in [
        (mark, Space::Ample, Space::Ample),
        (mark - 1, Space::Ample, Space::Low),
        (mark, Space::Low, Space::Low),
        (mark + mark / 8, Space::Low, Space::Ample),
    ] {
        assert_eq!(space(free, 64 * GIB, None, before), after, "{free}");
    }
}

#[test]
fn a_reserve_of_nothing_is_never_reached() {
    assert_eq!(space(0, GIB, Some(0), Space::Ample), Space::Ample);
}

#[test]
fn the_disk_is_asked_when_it_is_due() {
    let mut reserve = Reserve::new("/", Some(0));
    assert_eq!(reserve.check(Tick(10)), None);
    assert_eq!(reserve.deadline(), Some(Tick(10 + AMPLE_MS)));
    let mut greedy = Reserve::new("/", Some(u64::MAX / 2));
    assert_eq!(greedy.check(Tick(10)), Some(Space::Low));
    assert_eq!(greedy.check(Tick(11)), None, "it is not due");
    assert_eq!(greedy.check(Tick(10 + LOW_MS)), None, "nothing new");
}

#[test]
fn whoever_wants_room_makes_it_look_at_once() {
    let mut reserve = Reserve::new("/", Some(0));
    assert_eq!(reserve.check(Tick(10)), None);
    reserve.asked_bytes = Some(u64::MAX);
    assert_eq!(reserve.check(Tick(11)), None, "it is not due");
    reserve.doubt();
    assert_eq!(reserve.check(Tick(12)), Some(Space::Low));
}

#[test]
fn what_was_in_the_way_of_the_ballast_is_not_held_against_the_disk() {
    // Memory has no ballast.
    let scratch = Scratch::on_disk("reserve");
    let root = scratch.path();
    let place = root.join(limpet_protocol::disk::BALLAST);
    std::fs::create_dir(&place).expect("scratch");
    let mut reserve = Reserve::new(root.to_str().expect("UTF-8"), Some(8 * MIB));
    assert_eq!(reserve.check(Tick(10)), None);
    std::fs::remove_dir(&place).expect("it was left alone");
    assert_eq!(reserve.check(Tick(10 + AMPLE_MS)), None);
    assert!(room(root, Some(8 * MIB)).expect("it is there").ballast_is_whole());
}
