//! Command line of the probe. In: a subcommand and its numbers. Out: its report or its misbehaviour.
#![forbid(unsafe_code)]

use probe::{behave, collect};
use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "usage: probe COMMAND [NUMBER]
  report            what is seen from here, as one JSON document
  true | exit N     end with 0 or N
  sleep SECONDS     wait
  echo              copy stdin to stdout
  hog BYTES         hold that much memory, telling every MiB
  spin SECONDS      use all of one CPU; prints the milliseconds that it got
  forkbomb N        try to hold N children; prints how many it held
  zombies N         leave N orphans that end at once; prints how many stay zombies
  orphan            leave a process in a session of its own behind
  signal N          send oneself signal N
  crash             write to address 0's page by way of an abort
  ignore-term       ignore SIGTERM, print ready, wait
  on-term N         print ready, wait for SIGTERM, end with N
  winsize           print the terminal's size, now and whenever it changes
  write-exe [SECS]  try to get at the programs of others through /proc/PID/exe for writing";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let number = args.get(1).map(|arg| arg.parse::<u64>());
    let command = args.first().map_or("report", String::as_str);
    let outcome = match number {
        Some(Err(_)) => None,
        Some(Ok(number)) => with_number(command, number).or_else(|| plain(command)),
        None => plain(command),
    };
    match outcome {
        Some(Ok(code)) => ExitCode::from(code),
        Some(Err(error)) => complain(&format!("probe {command}: {error}"), 1),
        None => complain(USAGE, 2),
    }
}

fn complain(message: &str, code: u8) -> ExitCode {
    // With stderr gone too there is nobody left to tell.
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::from(code)
}

fn with_number(command: &str, number: u64) -> Option<io::Result<u8>> {
    Some(match command {
        "exit" => Ok(u8::try_from(number).unwrap_or(u8::MAX)),
        "sleep" => behave::signals::sleep(Duration::from_secs(number)),
        "hog" => behave::hogs::memory(number),
        "spin" => behave::hogs::spin(Duration::from_secs(number)),
        "forkbomb" => behave::children::bomb(number),
        "zombies" => behave::children::zombies(number),
        "signal" => behave::signals::raise(number),
        "on-term" => behave::signals::on_term(u8::try_from(number).unwrap_or(u8::MAX)),
        "write-exe" => behave::overwrite::watch(Duration::from_secs(number)),
        _ => return None,
    })
}

fn plain(command: &str) -> Option<io::Result<u8>> {
    Some(match command {
        "report" => print_report(),
        "true" => Ok(0),
        "echo" => io::copy(&mut io::stdin().lock(), &mut io::stdout().lock()).map(|_| 0),
        "orphan" => behave::children::orphan(),
        "detached" => behave::children::detached(),
        "crash" => std::process::abort(),
        "ignore-term" => behave::signals::ignore_term(),
        "winsize" => behave::terminal::sizes(),
        "write-exe" => behave::overwrite::once(),
        _ => return None,
    })
}

fn print_report() -> io::Result<u8> {
    let mut text = serde_json::to_vec(&collect::report())?;
    text.push(b'\n');
    io::stdout().write_all(&text)?;
    Ok(0)
}
