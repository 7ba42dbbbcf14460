//! Sessions on a terminal: `-it`.

use native_tests::Limpet;
use native_tests::terminal::Terminal;

/// Says `ready` from within the foreground job: only then does a key on the terminal mean the job.
/// A word of the shell before it would come too early, while the terminal is still the shell's own.
const FOREGROUND: &str = "sh -c 'echo rea\"\"dy; exec sleep 1000'\n";

#[test]
fn a_shell_on_a_terminal_works() {
    let limpet = Limpet::with(&["busybox"]);
    let mut terminal = Terminal::start(&limpet.command(&["run", "--rm", "-it", "busybox", "sh"]));
    terminal.type_in("tty && echo su''re\n");
    terminal.see("/dev/pts/0");
    terminal.see("sure");
    terminal.type_in("exit 5\n");
    assert_eq!(terminal.end().0, 5);
}

#[test]
fn ctrl_c_reaches_the_foreground_command_alone() {
    let limpet = Limpet::with(&["busybox"]);
    let mut terminal = Terminal::start(&limpet.command(&["run", "--rm", "-it", "busybox", "sh"]));
    terminal.type_in(FOREGROUND);
    terminal.see("ready");
    terminal.type_in("\x03");
    terminal.type_in("echo still he''re\n");
    terminal.see("still here");
    terminal.type_in("exit\n");
    terminal.end();
}

#[test]
fn jobs_are_controlled() {
    let limpet = Limpet::with(&["busybox"]);
    let mut terminal = Terminal::start(&limpet.command(&["run", "--rm", "-it", "busybox", "sh"]));
    terminal.type_in(FOREGROUND);
    terminal.see("ready");
    terminal.type_in("\x1a");
    terminal.see("Stopped");
    terminal.type_in("kill -KILL %1; wait\nexit\nexit\n");
    terminal.end();
}

#[test]
fn a_resize_reaches_the_container() {
    let limpet = Limpet::with(&["probe"]);
    let mut terminal =
        Terminal::start(&limpet.command(&["run", "--rm", "-it", "--init", "probe", "winsize"]));
    terminal.see("size 24 80");
    terminal.resize(50, 132);
    terminal.see("size 50 132");
    terminal.type_in("\x03");
    assert_eq!(terminal.end().0, 130);
}

#[test]
fn detach_keys_leave_it_running_and_attach_comes_back() {
    let limpet = Limpet::with(&["busybox"]);
    let mut terminal = Terminal::start(&limpet.command(&["run", "-it", "--name", "cc", "busybox", "sh"]));
    terminal.type_in("echo fi''rst\n");
    terminal.see("first");
    terminal.type_in("\x10\x11");
    assert_eq!(terminal.end().0, 0);
    assert_eq!(limpet.field("cc", "/State/Status"), "running");
    let mut again = Terminal::start(&limpet.command(&["attach", "cc"]));
    again.type_in("echo sec''ond\n");
    again.see("second");
    again.type_in("exit 2\n");
    assert_eq!(again.end().0, 2);
}

#[test]
fn exec_gets_a_terminal_of_its_own() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.detached(&["--name", "cc", "busybox", "sleep", "1000"]);
    let mut terminal = Terminal::start(&limpet.command(&["exec", "-it", "cc", "sh"]));
    terminal.type_in("tty; stty size\n");
    terminal.see("/dev/pts/");
    terminal.see("24 80");
    terminal.type_in("exit 8\n");
    assert_eq!(terminal.end().0, 8);
}

#[test]
fn a_terminal_is_refused_without_one() {
    let limpet = Limpet::with(&["busybox"]);
    limpet.try_to(&["run", "--rm", "-it", "busybox", "true"]).refused(125, &["terminal"]);
}

#[test]
fn t_without_i_shows_a_terminal_to_the_container() {
    let limpet = Limpet::with(&["probe"]);
    let id = limpet.detached(&["-t", "probe", "report"]);
    limpet.ok(&["wait", &id]);
    let report = limpet.ok(&["logs", &id]).report();
    assert_eq!(report.process.terminals, [true; 3]);
    assert!(report.device("/dev/console").is_some(), "no /dev/console");
}
