//! The agent on a virtual board; see `qemu_tests::agent`.
#![forbid(unsafe_code)]

fn main() {
    let verb = std::env::args().nth(1);
    match verb.as_deref() {
        None => {
            if let Err(error) = qemu_tests::agent::serve() {
                eprintln!("agent: {error}");
                std::process::exit(1);
            }
        }
        // In the place of an upgrade that went wrong: it says that it is limpet, and does nothing.
        Some("--version") => println!("limpet 9.9.9, or so it says"),
        Some(_) => loop {
            std::thread::park();
        },
    }
}
