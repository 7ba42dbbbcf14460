//! Images on disk: references, blobs, layers, unpacking, garbage collection.
//!
//! What comes in: archives and layouts of others' making (claims). What goes out: [`Image`]s whose every byte was
//! checked against its digest, as directories that overlayfs can stack, and archives that others can read.
//!
//! Below the root directory:
//!
//! | path | what |
//! | --- | --- |
//! | `blobs/sha256/HEX` | configurations of images |
//! | `layers/HEX/tree` | a layer, named by its diff_id, unpacked in overlayfs's form |
//! | `layers/HEX/split` | all of the layer's tar but the files' contents, so that it can be written again bit by bit |
//! | `layers/HEX/shadow` | contents that a later entry of the same tar replaced; usually absent |
//! | `layers/HEX/index` | names, owners, modes and so on of the tree, so that damage is found |
//! | `layers/HEX/record` | the layer is whole: its sizes, and the digests of `split` and `index` |
//! | `references/NAME` | which image a reference means; an image exists while this and its configuration do |
//! | `staging/` | work that is not finished; what nobody works on any more is removed by the next writer |
//! | `lock` | held shared by whoever relies on an image, exclusively while images come or go |
//!
//! This crate must never know a running container, a cgroup or a network.
#![forbid(unsafe_code)]

pub mod archive;
pub mod collect;
pub mod config;
pub mod digest;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod images;
mod json;
mod layer;
pub mod limits;
pub mod load;
mod manifest;
mod names;
mod pick;
pub mod place;
pub mod platform;
pub mod pull;
pub mod reference;
mod reserve;
pub mod save;
mod source;
pub mod unpack;
pub mod verify;

pub use config::ImageConfig;
pub use digest::Digest;
pub use images::{Image, ImageSummary};
pub use load::{LoadOptions, Loaded};
pub use place::{Hold, Store, StoreError};
pub use platform::Platform;
pub use reference::Reference;
