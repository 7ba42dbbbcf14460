//! `limpet-controller`: see [`limpet_controller::server`].

fn main() -> std::process::ExitCode {
    limpet_controller::server::main()
}
