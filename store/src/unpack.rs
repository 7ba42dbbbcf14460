//! Entry of the unpacking process: the hidden verb `limpet unpack`.
//!
//! Whoever builds the binary calls [`main`] when the first argument is [`VERB`]. Nothing else may have run before:
//! the process must have one thread.

use crate::layer::report::{Failure, Instruction, Report};
use crate::layer::{child, confine};
use std::io::{self, Write};
use std::process::ExitCode;

/// The first argument.
pub const VERB: &str = "unpack";

/// Confines the process, unpacks the layer that comes on standard input into the working directory, and reports on
/// standard output.
#[must_use]
pub fn main() -> ExitCode {
    let Some(instruction) = Instruction::from_words(std::env::args_os().skip(2)) else {
        eprintln!("limpet unpack: is started by limpet itself");
        return ExitCode::FAILURE;
    };
    let report = unpack(instruction);
    let failed = report.is_err();
    match postcard::to_allocvec(&report).map(|bytes| io::stdout().lock().write_all(&bytes)) {
        Ok(Ok(())) if !failed => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn unpack(instruction: Instruction) -> Report {
    confine::confine(instruction.tar_bytes_max)
        .map_err(|error| Failure::Refused(format!("unpacking process: {error}")))?;
    child::carry_out(instruction, &mut io::stdin().lock())
}
