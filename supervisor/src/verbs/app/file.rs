//! The compose files that are meant, read.

use crate::cli::command::app::FileArgs;
use crate::failure::Failure;
use limpet_protocol::app::App;

pub(super) fn read(_source: &FileArgs) -> Result<App, Failure> {
    Err(Failure::new("compose is not there yet"))
}
