//! `login` and `logout`.
//!
//! A password comes from a terminal without being shown, or from standard input; never from an argument, which every
//! user of the board could read.

use crate::board::Board;
use crate::cli::fetching::LoginArgs;
use crate::failure::{Failure, Outcome};
use crate::pulling::{SELF, variable};
use crate::screen;
use limpet_fetcher::auth::Credentials;
use limpet_fetcher::config::{Places, Registries, log_in, log_out, login_terms};
use limpet_fetcher::lane::Lane;
use limpet_fetcher::proxy::ProxyVariables;
use limpet_store::Reference;
use rustix::stdio::stdin;
use rustix::termios::{LocalModes, OptionalActions, isatty, tcgetattr, tcsetattr};
use std::io::{self, BufRead, Read, Write};
use std::path::Path;
use std::sync::Arc;

/// Longest password or token that is taken.
const PASSWORD_BYTES_MAX: u64 = 16 * 1024;
const HUB: &str = "docker.io";

/// `login`
pub(super) fn login(_board: &Board, args: &LoginArgs) -> Outcome {
    let domain = domain(args.registry.as_deref())?;
    let user = args.user.clone().map_or_else(|| ask_user(&domain), Ok)?;
    let password = if args.password_from_stdin { password_from_stdin()? } else { ask_password()? };
    let credentials = Credentials::Basic { user, password };
    let places = Places::of(variable);
    let registries = Registries::of(&places)?;
    let terms = login_terms(&domain, &credentials, &places, &registries, ProxyVariables::of(variable))?;
    let mut lane = Lane::open(Path::new(SELF), &terms, Arc::new(screen::complain))?;
    lane.check().map_err(|error| Failure::new(format!("login {domain}: {error}")))?;
    let path = log_in(&domain, &credentials, &places)?;
    screen::line(&format!("Login Succeeded; kept in {}", path.display()));
    Ok(0)
}

/// `logout`
pub(super) fn logout(_board: &Board, registry: Option<&str>) -> Outcome {
    let domain = domain(registry)?;
    let found = log_out(&domain, &Places::of(variable))?;
    let line = if found { "Removed the login for" } else { "There is no login for" };
    screen::line(&format!("{line} {domain}"));
    Ok(0)
}

/// The registry as references name it; people also paste its URL.
fn domain(registry: Option<&str>) -> Result<String, Failure> {
    let Some(text) = registry else { return Ok(HUB.to_owned()) };
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = host.split('/').next().unwrap_or_default();
    let reference = Reference::parse(&format!("{host}/x"))?;
    if reference.domain() == HUB && !matches!(host, HUB | "index.docker.io" | "registry-1.docker.io") {
        return Err(Failure::new(format!("{text}: write a registry as host or host:port")));
    }
    Ok(if host == "registry-1.docker.io" { HUB.to_owned() } else { reference.domain().to_owned() })
}

fn ask_user(domain: &str) -> Result<String, Failure> {
    if !isatty(stdin()) {
        return Err(Failure::new(
            "login: standard input is no terminal; give --username and --password-stdin",
        ));
    }
    ask(&format!("Username for {domain}: "))
}

fn ask_password() -> Result<String, Failure> {
    let before = tcgetattr(stdin()).map_err(|_| {
        Failure::new("login: standard input is no terminal; give the password with --password-stdin")
    })?;
    let mut silent = before.clone();
    silent.local_modes -= LocalModes::ECHO;
    tcsetattr(stdin(), OptionalActions::Flush, &silent)?;
    let password = ask("Password: ");
    tcsetattr(stdin(), OptionalActions::Flush, &before)?;
    writeln!(io::stderr()).ok();
    password
}

fn ask(question: &str) -> Result<String, Failure> {
    // Whoever cannot be asked will not answer either.
    write!(io::stderr(), "{question}").ok();
    let mut line = String::new();
    io::stdin().lock().take(PASSWORD_BYTES_MAX).read_line(&mut line)?;
    let answer = line.trim_end_matches(['\r', '\n']).to_owned();
    if answer.is_empty() { Err(Failure::new("login: nothing was entered")) } else { Ok(answer) }
}

/// All of standard input, without the newline that echo(1) and editors put there.
fn password_from_stdin() -> Result<String, Failure> {
    let mut text = String::new();
    io::stdin().lock().take(PASSWORD_BYTES_MAX).read_to_string(&mut text)?;
    let password = text.trim_end_matches(['\r', '\n']).to_owned();
    if password.is_empty() { Err(Failure::new("login: standard input is empty")) } else { Ok(password) }
}
