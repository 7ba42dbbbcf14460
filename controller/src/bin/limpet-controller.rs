//! `limpet-controller`: see [`limpet_controller::server`].

#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    limpet_controller::server::main()
}
