//! The documented maxima of everything that comes from outside.

/// Largest manifest, index or image configuration, in bytes (as registries have it).
pub const DOCUMENT_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Values in one of them.
pub const JSON_VALUES_MAX: usize = 32 * 1024;
/// Descriptors in one index.
pub const INDEX_ENTRIES_MAX: usize = 1024;
/// How deep an index may lie in an index.
pub const INDEX_DEPTH_MAX: usize = 4;
/// Layers of one image; what one overlay root may have.
pub const LAYERS_MAX: usize = limpet_protocol::launch::LAYERS_MAX;
/// Entries of the archive that holds an image.
pub const ARCHIVE_ENTRIES_MAX: usize = 16 * 1024;
/// Entries of one layer.
pub const LAYER_ENTRIES_MAX: u64 = 1024 * 1024;
/// Bytes of one path, as PATH_MAX has it.
pub const PATH_BYTES_MAX: usize = 4096;
/// Directories below one another in a layer.
pub const PATH_DEPTH_MAX: usize = 256;
/// Bytes of the extended headers of one tar entry, xattrs included.
pub const EXTENDED_HEADER_BYTES_MAX: u64 = 1024 * 1024;
/// Pieces of data in one sparse file.
pub const SPARSE_CHUNKS_MAX: usize = 64 * 1024;
/// Symbolic links followed in one path, as the kernel does.
pub const LINKS_FOLLOWED_MAX: usize = 40;
/// Bytes of what the unpacking process reports.
pub const REPORT_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of a repository's name with its registry, as docker has it.
pub const NAME_BYTES_MAX: usize = 255;
/// Bytes of a reference: a name, a tag of 128 bytes and a digest of 71.
pub const REFERENCE_BYTES_MAX: usize = NAME_BYTES_MAX + 1 + 128 + 1 + 71;
/// How far an image may unpack unless `--max-size` says otherwise, in bytes of its tars.
pub const IMAGE_BYTES_DEFAULT: u64 = 8 * 1024 * 1024 * 1024;
/// How many times its own size a layer may unpack to unless `--max-size` is given. (deflate can reach 1032; what people pack
/// stays below 20.)
pub const RATIO_MAX: u64 = 100;
/// What any layer may unpack to, however small it is, in bytes: a file of zeros is no attack yet.
pub const RATIO_FREE_BYTES: u64 = 256 * 1024 * 1024;
