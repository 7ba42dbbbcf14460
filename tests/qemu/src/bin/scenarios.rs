//! `./x test --qemu` and `./x qemu`: plays scenarios on virtual boards, or gives one to a person.
#![forbid(unsafe_code)]

use qemu_tests::powercut::{Behaviour, Campaign, Kind};
use qemu_tests::runner::{Wish, cut, play};
use qemu_tests::scenarios::ALL;
use qemu_tests::{Init, Network, Stage, Target, board};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--list"] => list(),
        ["--shell", arch, ref words @ ..] => shell(arch, words),
        ["--powercut", ..] => verdict(campaign(arguments.into_iter().skip(1))),
        _ => verdict(wish(arguments.into_iter()).map(|wish| play(&wish))),
    }
}

fn verdict(result: Result<bool, String>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("scenarios: {error}");
            ExitCode::from(2)
        }
    }
}

/// `--powercut [--cycles N] [--seed S] [--moment STEP] [--target T] [--systemd] [--forgetful] [--keep]`
fn campaign(mut arguments: impl Iterator<Item = String>) -> Result<bool, String> {
    let mut campaign =
        Campaign { cycles: 10, seed: 1, moment: None, disk: Behaviour::Honest, init: Init::Limpet };
    let (mut targets, mut keep) = (Target::all(), false);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--cycles" => campaign.cycles = value()?.parse().map_err(|e| format!("--cycles: {e}"))?,
            "--seed" => campaign.seed = value()?.parse().map_err(|e| format!("--seed: {e}"))?,
            "--moment" => campaign.moment = Some(Kind::named(&value()?)?),
            "--target" => targets = vec![Target::named(&value()?)],
            "--systemd" => campaign.init = Init::Systemd,
            "--forgetful" => campaign.disk = Behaviour::Forgetful,
            "--keep" => keep = true,
            other => return Err(format!("./x powercut knows no {other}")),
        }
    }
    Ok(cut(&targets, &campaign, keep))
}

fn wish(mut arguments: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut wish = Wish { names: Vec::new(), all: false, targets: Target::all(), repeat: 1, keep: false };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--all" | "all" => wish.all = true,
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
        let when = if scenario.is_usual { "./x test" } else { "all" };
        println!("{:<28} {when}", scenario.name);
    }
    ExitCode::SUCCESS
}

/// `kernel=6.1` chooses the kernel; other words go on its command line.
fn shell(arch: &str, words: &[&str]) -> ExitCode {
    eprintln!(
        "a board of {arch}: its disk is empty and gone afterwards; images are in /payload; Ctrl-A X ends it"
    );
    let stage = Stage::new(&Target::named(arch));
    let (kernels, words): (Vec<&str>, Vec<&str>) = words.iter().partition(|word| word.starts_with("kernel="));
    let older = kernels.last().is_some_and(|word| *word == "kernel=6.1");
    let spec = stage.spec().network(Network::User).words(&words);
    let spec = if older { spec.kernel("6.1") } else { spec };
    let status = board::by_hand(&spec, &stage.next_place());
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
