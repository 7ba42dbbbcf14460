//! The size of the picture.

use super::World;
use std::println;

#[test]
fn the_world_has_room_for_every_maximum_in_128_kib() {
    println!("{} bytes", World::BYTES);
    const { assert!(World::BYTES <= 128 * 1024) };
}
