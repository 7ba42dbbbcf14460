//! `join` and `leave`.

use crate::board::Board;
use crate::cli::membership::{JoinArgs, TokenSource};
use crate::control::Conversation;
use crate::failure::{Failure, Outcome};
use crate::fleet::{Controller, Files};
use crate::joining::{Place, believe, exchange};
use crate::screen;
use limpet_protocol::control::Request;
use limpet_protocol::fleet::BoardId;
use limpet_protocol::fleet::enrol::{TOKEN_BYTES_MAX, Token};
use limpet_sync::token;
use std::fs::File;
use std::io::{self, Read};

/// `join`
pub(super) fn join(board: &Board, args: &JoinArgs) -> Outcome {
    let token = read(&args.token).map_err(|failure| failure.during("join"))?;
    let place = Place::new(&board.globals.root);
    stands_alone(board, &place)?;
    let lock = place.lock().map_err(|failure| failure.during("join"))?;
    // Another one may have been quicker.
    stands_alone(board, &place)?;
    let secret = place.make_key()?;
    let name = args.name.clone().unwrap_or_else(host_name);
    let answer = exchange(&token, &secret, &name).map_err(|failure| failure.during("join"))?;
    let id = BoardId(secret.public());
    let memory = believe(&token, id, &answer.roots, &crate::fleet::clock())
        .map_err(|failure| failure.during("join"))?;
    let controller = Controller { url: token.url, pin: token.pin };
    place.enter(&memory, &controller)?;
    drop(lock);
    let fingerprint: String = id.to_string().chars().take(16).collect();
    let (name, url) = (&answer.name, &controller.url);
    screen::line(&format!("This board is {name} of the fleet at {url} now (key {fingerprint})."));
    super::fleet::poke(board);
    screen::line(&if Conversation::with(board.state(), &Request::Ping).is_ok() {
        format!("It follows what the fleet's operator signs for it; see: limpetctl describe board {name}")
    } else {
        "No supervisor runs; it follows the fleet as soon as one does: limpet supervise".to_owned()
    });
    Ok(0)
}

fn stands_alone(board: &Board, place: &Place) -> Result<(), Failure> {
    if !place.is_taken() {
        return Ok(());
    }
    let whose =
        files(board).controller()?.map(|controller| format!(" at {}", controller.url)).unwrap_or_default();
    Err(Failure::new(format!(
        "join: this board is in the fleet{whose} already; out of it with: limpet leave"
    )))
}

/// `leave`
pub(super) fn leave(board: &Board, force: bool) -> Outcome {
    let place = Place::new(&board.globals.root);
    if !place.is_taken() {
        return Err(Failure::new("leave: this board is in no fleet"));
    }
    let what =
        "This board's key is removed, and only a new token brings it back into the fleet. Its apps go on.";
    if !force && !super::prune::agreed("leave", what)? {
        return Ok(1);
    }
    place.leave().map_err(|failure| failure.during("leave"))?;
    super::fleet::poke(board);
    screen::line("This board is in no fleet any more; its apps go on.");
    Ok(0)
}

fn read(source: &TokenSource) -> Result<Token, Failure> {
    let text = match source {
        TokenSource::Word(text) => text.clone(),
        TokenSource::File(path) if path == "-" => take(io::stdin().lock(), "standard input")?,
        TokenSource::File(path) => {
            let file = File::open(path).map_err(|error| Failure::from(error).during(path))?;
            take(file, path)?
        }
    };
    token::parse(&text).map_err(|error| Failure::from(error).during("the token"))
}

/// One byte more than a token has is enough to see that it is none.
fn take(from: impl Read, name: &str) -> Result<String, Failure> {
    let mut text = String::new();
    from.take(TOKEN_BYTES_MAX as u64 + 3)
        .read_to_string(&mut text)
        .map_err(|error| Failure::from(error).during(&format!("read {name}")))?;
    Ok(text)
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn files(board: &Board) -> Files {
    Files::new(board.globals.root.as_ref(), board.state())
}
