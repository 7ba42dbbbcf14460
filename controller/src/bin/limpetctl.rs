//! `limpetctl`: see [`limpet_controller::operator`].

fn main() -> std::process::ExitCode {
    limpet_controller::operator::main()
}
