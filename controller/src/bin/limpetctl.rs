//! `limpetctl`: see [`limpet_controller::operator`].

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    limpet_controller::operator::main()
}
