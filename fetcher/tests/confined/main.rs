//! The fetching process from inside: what it tries, and how the kernel answers.
//!
//! Needs root. The test starts itself with the word `inside`; that process gives up what `limpet fetch` gives up, by the
//! same function, and then tries to get out. It is given everything that would help: the path of a file that is there,
//! the descriptor of nothing, the pid of its parent.

#![expect(clippy::unwrap_used, reason = "these are tests, but not built with cfg(test)")]

mod inside;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};

/// What is refused, and what an answer must contain.
const REFUSED: &[&str] = &[
    "open a file of the board",
    "open it from the root",
    "climb to it",
    "list the board's root",
    "open by the parent's root",
    "make a file",
    "make a file in its own directory",
    "write to its own file",
    "remove its own file",
    "make a directory",
    "make a link",
    "change a mode",
    "execute a program",
    "execute itself",
    "fork",
    "mount",
    "make namespaces",
    "become root",
    "signal its parent",
    "trace its parent",
    "a unix socket",
    "a netlink socket",
    "a packet socket",
    "listen on a port",
];
/// What it can still do, or it would be of no use.
const ALLOWED: &[&str] =
    &["read the addresses of hosts", "find localhost", "connect to a port", "random numbers"];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().collect();
    match words.get(1).map(String::as_str) {
        Some("inside") => inside::main(&words[2], &words[3]),
        _ => outside(),
    }
}

fn outside() -> ExitCode {
    println!("test the fetching process is confined");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let secret = std::env::temp_dir().join(format!("limpet-confined-{}", std::process::id()));
    // Anybody may read it: only the walls keep it.
    fs::write(&secret, "secret").unwrap();
    let mut child = Command::new("/proc/self/exe")
        .arg0("limpet")
        .args(["inside", secret.to_str().unwrap(), &port])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut said: Vec<String> = lines.take_while(|line| !line.starts_with(inside::END)).collect();
    said.extend(facts(child.id()));
    drop(child.stdin.take());
    let ended = child.wait().unwrap();
    fs::remove_file(&secret).unwrap();
    let answers: BTreeMap<&str, &str> = said.iter().filter_map(|line| line.split_once(':')).collect();
    let wrong = judge(&answers);
    for (attempt, answer) in &answers {
        println!("  {attempt}:{answer}");
    }
    wrong.iter().for_each(|fault| println!("  WRONG {fault}"));
    let good = wrong.is_empty() && ended.success();
    println!("test the fetching process is confined ... {}", if good { "ok" } else { "FAILED" });
    println!("test result: {} passed, {} failed", u8::from(good), u8::from(!good));
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn judge(answers: &BTreeMap<&str, &str>) -> Vec<String> {
    let answer = |attempt: &str| answers.get(attempt).map_or("not tried", |answer| answer.trim());
    let refused = REFUSED.iter().filter(|attempt| !answer(attempt).starts_with("refused"));
    let allowed = ALLOWED.iter().filter(|attempt| answer(attempt) != "done");
    let mut wrong: Vec<_> =
        refused.chain(allowed).map(|attempt| format!("{attempt}: {}", answer(attempt))).collect();
    let trials = answers.iter().filter(|(attempt, _)| attempt.starts_with("trial "));
    let let_through = trials.filter(|(attempt, answer)| {
        **attempt != "trial socket_inet" && !answer.contains("Operation not permitted")
    });
    wrong.extend(let_through.map(|(attempt, answer)| format!("{attempt}: {answer}")));
    for (fact, wanted) in [
        ("Uid", "65533\t65533\t65533\t65533"),
        ("Gid", "65533\t65533\t65533\t65533"),
        ("Groups", ""),
        ("CapInh", "0000000000000000"),
        ("CapPrm", "0000000000000000"),
        ("CapEff", "0000000000000000"),
        ("CapBnd", "0000000000000000"),
        ("CapAmb", "0000000000000000"),
        ("NoNewPrivs", "1"),
        ("Seccomp", "2"),
        ("root", "etc"),
        ("descriptors", "0 1 2"),
    ] {
        if answer(fact) != wanted {
            wrong.push(format!("{fact}: {:?}, not {wanted:?}", answer(fact)));
        }
    }
    wrong
}

/// What stands in /proc of it.
fn facts(pid: u32) -> Vec<String> {
    let names = |path: &str| {
        let entries = fs::read_dir(format!("/proc/{pid}/{path}")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names.join(" ")
    };
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let mut facts: Vec<String> = status.lines().map(str::to_owned).collect();
    facts.push(format!("root: {}", names("root")));
    facts.push(format!("descriptors: {}", names("fd")));
    facts
}
