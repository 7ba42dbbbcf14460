//! `./x test --qemu` and `./x qemu`: plays scenarios on virtual boards, or gives one to a person.
#![forbid(unsafe_code)]

use qemu_tests::runner::{Wish, play};
use qemu_tests::scenarios::ALL;
use qemu_tests::{Stage, Target, board};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => list(),
        ["--shell", arch] => shell(arch),
        _ => match wish(arguments.into_iter()) {
            Ok(wish) if play(&wish) => ExitCode::SUCCESS,
            Ok(_) => ExitCode::FAILURE,
            Err(error) => {
                eprintln!("scenarios: {error}");
                ExitCode::from(2)
            }
        },
    }
}

fn wish(mut arguments: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut wish = Wish { names: Vec::new(), all: false, targets: Target::all(), repeat: 1, keep: false };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--all" => wish.all = true,
            "--keep" => wish.keep = true,
            "--target" => wish.targets = vec![Target::named(&value()?)],
            "--repeat" => wish.repeat = value()?.parse().map_err(|e| format!("--repeat: {e}"))?,
            flag if flag.starts_with('-') => return Err(format!("there is no flag {flag}")),
            name => wish.names.push(name.to_owned()),
        }
    }
    Ok(wish)
}

fn list() -> ExitCode {
    for scenario in ALL {
        let when = if scenario.is_usual { "./x test" } else { "--all" };
        println!("{:<28} {when}", scenario.name);
    }
    ExitCode::SUCCESS
}

fn shell(arch: &str) -> ExitCode {
    eprintln!(
        "a board of {arch}: its disk is empty and gone afterwards; images are in /payload; Ctrl-A X ends it"
    );
    let stage = Stage::new(&Target::named(arch));
    let status = board::by_hand(&stage.spec(), &stage.next_place());
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
