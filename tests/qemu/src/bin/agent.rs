//! The agent on a virtual board; see `qemu_tests::agent`.
#![forbid(unsafe_code)]

fn main() {
    if let Err(error) = qemu_tests::agent::serve() {
        eprintln!("agent: {error}");
        std::process::exit(1);
    }
}
