//! What people and programs are shown: tables, templates, durations, sizes, times. Pure text from values.

pub mod apps;
pub mod board;
pub mod containers;
pub mod disk;
pub mod duration;
pub mod events;
pub mod format;
pub mod images;
pub mod inspect;
pub mod mounted;
pub mod progress;
pub(crate) mod pull;
pub mod size;
pub mod table;
pub mod template;
pub mod terminal;
pub mod text;
pub mod time;
