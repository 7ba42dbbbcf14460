//! One layer: from its tar to directories, and back to the same tar.
//!
//! [`child`] runs in the confined process and drives [`tape`] (tar headers), [`tree`] (files) and [`split`] (what is
//! kept of the tar) and [`index`] (what the tree has to be), both packed in [`blocks`]; [`spawn`] is the side of the process that trusts none of it; [`rebuild`] writes the tar again.

mod blocks;
pub(crate) mod check;
pub(crate) mod child;
pub(crate) mod confine;
pub(crate) mod decompress;
mod filter;
pub(crate) mod flow;
pub(crate) mod index;
pub(crate) mod inside;
pub(crate) mod pax;
pub(crate) mod rebuild;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod sparse;
pub(crate) mod spawn;
pub(crate) mod split;
pub(crate) mod tape;
pub(crate) mod tree;
pub(crate) mod walk;
