//! Binds, volumes and standard mounts are told apart by where they come from.

use super::{Origin, bind};

#[test]
fn the_source_says_what_a_bind_is() {
    let directory = "/lib/limpet/containers/1234";
    assert_eq!(bind("/srv/data", directory), Origin::Bind("/srv/data"));
    let named = Origin::Volume { name: Some("data"), source: "/lib/limpet/volumes/data" };
    assert_eq!(bind("/lib/limpet/volumes/data", directory), named);
    let own = Origin::Volume { name: None, source: "/lib/limpet/containers/1234/volumes/data" };
    assert_eq!(bind("/lib/limpet/containers/1234/volumes/data", directory), own);
    assert_eq!(bind("/lib/limpet/volumes/data/sub", directory), Origin::Bind("/lib/limpet/volumes/data/sub"));
}
