//! The size of the picture.

use super::World;
use std::println;

#[test]
fn the_world_has_room_for_every_maximum_in_144_kib() {
    println!("{} bytes", World::BYTES);
    const { assert!(World::BYTES <= 144 * 1024) };
}
