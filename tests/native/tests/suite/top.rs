//! The live screen of `limpet top`, on a terminal and without one.

use native_tests::terminal::Terminal;
use native_tests::{Limpet, until};
use rustix::process::{Pid, Signal, kill_process};

/// Back to the terminal's own screen, with a cursor.
const LEFT: &str = "\x1b[?25h\x1b[?1049l";

/// One container that runs and one that has ended.
fn two() -> Limpet {
    let limpet = Limpet::with(&["probe"]);
    limpet.detached(&["--name", "stays", "-m", "64m", "probe", "on-term", "0"]);
    limpet.detached(&["--name", "ended", "probe", "exit", "3"]);
    limpet.until_status("ended", "exited");
    limpet
}

fn start(limpet: &Limpet) -> Terminal {
    let mut command = limpet.command(&["top"]);
    command.env("TERM", "xterm");
    Terminal::start(&command)
}

/// Ends it by `how`; the terminal must be as it was.
#[track_caller]
fn ends(mut terminal: Terminal, how: impl FnOnce(&mut Terminal), status: i32) {
    terminal.see("1 of 2 running");
    terminal.see("stays");
    terminal.see("ended");
    // Drawn again by itself.
    terminal.see("stays");
    assert!(terminal.is_raw());
    how(&mut terminal);
    terminal.see(LEFT);
    until("the terminal is as it was", || (!terminal.is_raw()).then_some(()));
    assert_eq!(terminal.end().0, status);
}

#[test]
fn a_key_ends_it() {
    let limpet = two();
    for key in ["q", "\x03"] {
        ends(start(&limpet), |terminal| terminal.type_in(key), 0);
    }
}

#[test]
fn a_signal_ends_it_and_gives_the_terminal_back() {
    let limpet = two();
    let terminate = |terminal: &mut Terminal| {
        let pid = i32::try_from(terminal.pid()).ok().and_then(Pid::from_raw).expect("a process");
        kill_process(pid, Signal::TERM).expect("it runs");
    };
    ends(start(&limpet), terminate, 128 + 15);
}

#[test]
fn it_fits_another_size_at_once() {
    let limpet = two();
    let mut terminal = start(&limpet);
    terminal.see("q quits");
    terminal.resize(5, 40);
    terminal.see("1 more; q quits");
    terminal.type_in("q");
    terminal.see(LEFT);
    assert_eq!(terminal.end().0, 0);
}

#[test]
fn without_a_terminal_it_is_one_table() {
    let limpet = two();
    let table = limpet.ok(&["top"]);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("NAME "), "{}", table.stdout);
    assert!(lines[1].starts_with("stays ") && lines[1].contains("/ 64MiB"), "{}", table.stdout);
    assert!(lines[2].starts_with("ended ") && lines[2].contains("exited (3)"), "{}", table.stdout);
    assert_eq!((lines.len(), table.stdout.contains('\x1b')), (3, false));
}
