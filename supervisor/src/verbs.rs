//! One module per family of verbs: from a typed command to its effects.

pub(crate) mod about;
mod app;
mod attach;
mod cp;
pub(crate) mod create;
mod diff;
mod disk_usage;
mod doctor;
mod events;
mod exec;
mod export;
pub(crate) mod fleet;
mod images;
pub(crate) mod info;
mod inspect;
mod install;
mod join;
pub(crate) mod lifecycle;
mod load;
mod login;
mod logs;
mod output_file;
mod pause;
mod power;
pub(crate) mod prune;
mod ps;
mod pull;
mod rename;
mod run;
mod shown;
mod stats;
mod supervisor;
mod top;
mod update;
pub(crate) mod upgrade;
pub(crate) mod verify;

pub(crate) use app::bring_quietly as bring_images;

use crate::board::Board;
use crate::cli::{self, Command};
use crate::failure::{Failure, Outcome};
use crate::output::terminal::Style;
use crate::screen;
use std::ffi::OsString;

/// Carries out the command line; the status to end with.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    run_by(arguments, carry_out)
}

/// Carries out the command line of an `exec` that was started anew from a protected program; see
/// [`limpet_runner::spawn::reenter`].
pub fn enter(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    run_by(arguments, |board, command| match command {
        Command::Exec(args) => exec::exec_protected(board, &args),
        _ => Err(Failure::new("enter: is started by limpet itself")),
    })
}

fn run_by(arguments: impl IntoIterator<Item = OsString>, act: impl FnOnce(&Board, Command) -> Outcome) -> u8 {
    let variable = |name: &str| std::env::var(name).ok();
    let invocation = match cli::parse(arguments, variable) {
        Ok(invocation) => invocation,
        Err(error) => {
            screen::complain(&error.to_string());
            return error.exit_code();
        }
    };
    let board = Board::new(invocation.globals);
    match act(&board, invocation.command) {
        Ok(status) => status,
        Err(failure) => {
            screen::complain(&failure.to_string());
            failure.exit_code()
        }
    }
}

fn carry_out(board: &Board, command: Command) -> Outcome {
    match command {
        Command::Run(args) => run::run(board, &args).map_err(Failure::of_run),
        Command::Create(options) => create::create_verb(board, &options),
        Command::Start(args) => lifecycle::start(board, &args),
        Command::Stop(args) => lifecycle::stop(board, &args),
        Command::Restart(args) => lifecycle::restart(board, &args),
        Command::Kill(args) => lifecycle::kill(board, &args),
        Command::Wait(containers) => lifecycle::wait(board, &containers),
        Command::Rm(args) => lifecycle::remove(board, &args),
        Command::Ps(args) => ps::ps(board, &args),
        Command::Inspect(args) => inspect::inspect(board, &args),
        Command::Logs(args) => logs::logs(board, &args),
        Command::Exec(args) => exec::exec(board, &args),
        Command::Stats(args) => stats::stats(board, &args),
        Command::Top(args) => top::top(board, &args),
        Command::Attach(args) => attach::attach(board, &args),
        Command::Pause(containers) => pause::pause(board, &containers),
        Command::Unpause(containers) => pause::unpause(board, &containers),
        Command::Rename(args) => rename::rename(board, &args),
        Command::Update(args) => update::update(board, &args),
        Command::Pull(args) => pull::pull(board, &args),
        Command::Login(args) => login::login(board, &args),
        Command::Logout(registry) => login::logout(board, registry.as_deref()),
        Command::Images(args) => images::images(board, &args),
        Command::History(args) => images::history(board, &args),
        Command::Tag(args) => images::tag(board, &args),
        Command::Save(args) => images::save(board, &args),
        Command::Rmi(args) => images::remove(board, &args),
        Command::ContainerPrune(args) => prune::containers(board, &args),
        Command::ImageVerify(args) => verify::verify(board, &args),
        Command::ImagePrune(args) => prune::images(board, &args),
        Command::SystemPrune(args) => prune::system(board, &args),
        Command::SystemDf(args) => disk_usage::usage(board, &args),
        Command::Info(args) => info::info(board, &args),
        Command::Version(args) => about::version(&args),
        Command::Power(order) => power::end_board(order),
        Command::Completion(shell) => about::completion(shell),
        Command::Port(args) => about::port(board, &args),
        Command::Load(args) => load::load(board, &args),
        Command::Cp(args) => cp::cp(board, &args),
        Command::Diff(container) => diff::diff(board, &container),
        Command::Export(args) => export::export(board, &args),
        Command::Doctor(args) => doctor::doctor(board, &args),
        Command::Install(args) => install::install(board, &args),
        Command::Upgrade(args) => upgrade::upgrade(board, &args),
        Command::Shutdown(within_ms) => supervisor::shutdown(board, within_ms),
        Command::Apply(files) => fleet::apply(board, &files),
        Command::Lock(reason) => fleet::lock(board, reason.as_deref()),
        Command::Unlock => fleet::unlock(board),
        Command::Join(args) => join::join(board, &args),
        Command::Leave { force } => join::leave(board, force),
        Command::Metrics => supervisor::metrics(board),
        Command::Up(args) => app::up(board, &args),
        Command::Down(args) => app::down(board, &args),
        Command::AppList(args) => app::list(board, &args),
        Command::AppPs(args) => app::ps(board, &args),
        Command::AppLogs(args) => app::logs(board, &args),
        Command::AppRestart(args) => app::restart(board, &args),
        Command::AppDiff(args) => app::diff(board, &args),
        Command::Events(args) => events::events(board, &args),
        Command::Supervise(args) => crate::supervise::supervise(board, &args),
        Command::Help(page) => {
            screen::print(&page.render(style()));
            Ok(0)
        }
    }
}

/// How standard output may be dressed.
fn style() -> Style {
    Style::of(rustix::termios::isatty(rustix::stdio::stdout()), |name| std::env::var(name).ok())
}

/// Does `act` to each container; says each name that worked and each failure, and fails if any did.
fn each(names: &[String], mut act: impl FnMut(&str) -> Result<String, Failure>) -> Outcome {
    let mut status = 0;
    for name in names {
        match act(name) {
            Ok(said) => screen::line(&said),
            Err(failure) => {
                screen::complain(&failure.to_string());
                status = failure.exit_code();
            }
        }
    }
    Ok(status)
}
