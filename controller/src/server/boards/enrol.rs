//! A board comes into the fleet.

use super::{Ours, Who, body, postcard_answer, strictly};
use crate::api::Labels;
use crate::server::controller::now_s;
use crate::server::limits::BOARDS_MAX;
use crate::server::refused::Refused;
use crate::server::store::{BoardRow, Change, InviteRow, Line, SerialRow};
use crate::server::world::World;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use limpet_protocol::fleet::enrol::{ENROL_BYTES_MAX, Enrol, Enrolled, ROOTS_MAX};

type Decided = Result<(Vec<Change>, Enrolled), Refused>;

pub(super) async fn enrol(
    State(controller): Ours,
    Extension(connection): Who,
    request: Body,
) -> Result<Response, Refused> {
    let address = connection.address;
    if !controller.addresses.may_guess(address, now_s()) {
        return Err(Refused::too_often());
    }
    let bytes = body(request, ENROL_BYTES_MAX).await?;
    let guessed = |_: &Refused| controller.addresses.guessed(address, now_s());
    let asked: Enrol = strictly(&bytes, "request to enrol").inspect_err(guessed)?;
    let exported = &connection.board_exported;
    let proves =
        |instance| limpet_trust::presence::is_signed_by(asked.board, &asked.proof, exported, instance);
    if !proves(&asked.invite) {
        controller.addresses.guessed(address, now_s());
        return Err(Refused::new(
            StatusCode::UNAUTHORIZED,
            "the proof is not the board's, or not for this connection",
        ));
    }
    let board = asked.board;
    let enrolled =
        controller.change(move |world, now_s| decide(world, &asked, now_s)).await.inspect_err(guessed)?;
    controller.metrics.enrolled.inc();
    tracing::debug!(%board, name = enrolled.name, "enrolled");
    postcard_answer(&enrolled)
}

fn decide(world: &World, asked: &Enrol, now_s: u64) -> Decided {
    if let Some(board) = world.boards.get(&asked.board) {
        if board.row.revoked {
            return Err(Refused::forbidden(
                "this board's key was revoked; remove it and join with a new token",
            ));
        }
        // The answer may have been lost.
        let root = world.invites.get(&asked.invite).map_or(1, |invite| invite.root);
        return Ok((Vec::new(), answer(world, root, board.row.name.clone())));
    }
    if world.boards.len() >= BOARDS_MAX {
        return Err(Refused::forbidden(format!("the fleet has {BOARDS_MAX} boards, which is the most")));
    }
    let invite = open_invite(world, asked, now_s)?;
    let serial = approved(world, invite, asked)?;
    let row = new_board(world, invite, serial, asked, now_s);
    let enrolled = answer(world, invite.root, row.name.clone());
    let text = format!("{} {}", asked.arch, row.serial.as_deref().unwrap_or("without a serial number"));
    let mut changes = vec![
        Change::Invite(InviteRow { uses_left: invite.uses_left - 1, ..invite.clone() }),
        Change::Event(Line { at_s: now_s, kind: "enrolled", who: row.name.clone(), text }),
    ];
    if let Some(serial) = serial {
        changes.push(Change::Serial(SerialRow { used_by: Some(asked.board), ..serial.clone() }));
    }
    changes.push(Change::Board(Box::new(row)));
    Ok((changes, enrolled))
}

fn open_invite<'a>(world: &'a World, asked: &Enrol, now_s: u64) -> Result<&'a InviteRow, Refused> {
    let again = "; ask for a new one (limpetctl board invite)";
    let invite = world.invites.get(&asked.invite);
    let invite = invite.ok_or_else(|| Refused::forbidden(format!("the token is not known here{again}")))?;
    if invite.expires_s <= now_s {
        return Err(Refused::forbidden(format!("the token has expired{again}")));
    }
    if invite.uses_left == 0 {
        return Err(Refused::forbidden(format!("the token was used as often as it may be{again}")));
    }
    Ok(invite)
}

/// The approved serial number with which it comes; none is needed unless the invitation says so.
fn approved<'a>(
    world: &'a World,
    invite: &InviteRow,
    asked: &Enrol,
) -> Result<Option<&'a SerialRow>, Refused> {
    let row = asked.serial.as_ref().and_then(|serial| world.serials.get(serial.as_str()));
    let free = row.filter(|row| row.used_by.is_none());
    if free.is_some() || !invite.serials_only {
        return Ok(free);
    }
    Err(Refused::forbidden(match (&asked.serial, row) {
        (None, _) => "the token is for approved serial numbers only, and this board has none".to_owned(),
        (Some(serial), None) => format!("serial number {serial} is not approved; ask for that"),
        (Some(serial), Some(_)) => {
            format!(
                "a board with serial number {serial} has enrolled already; ask to have the number approved again"
            )
        }
    }))
}

fn new_board(
    world: &World,
    invite: &InviteRow,
    serial: Option<&SerialRow>,
    asked: &Enrol,
    now_s: u64,
) -> BoardRow {
    let more: Labels = serial.map(|serial| serial.labels.clone()).unwrap_or_default();
    BoardRow {
        id: asked.board,
        name: free_name(world, &asked.name),
        labels: invite.labels.clone().into_iter().chain(more).collect(),
        serial: asked.serial.as_ref().map(|serial| serial.as_str().to_owned()),
        arch: asked.arch.as_str().to_owned(),
        hostname: asked.name.as_str().to_owned(),
        enrolled_s: now_s,
        root: world.root().generation.min(last_given(world, invite.root)),
        cordoned: false,
        revoked: false,
        cloned_s: None,
        online: true,
        instances: Vec::new(),
        offered: None,
        latest: None,
    }
}

/// Its host name, with a number if that is taken.
fn free_name(world: &World, hostname: &str) -> String {
    let usable =
        |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c.to_ascii_lowercase() } else { '-' };
    let name: String = hostname.chars().map(usable).collect();
    let name = if name.is_empty() { "board".to_owned() } else { name };
    if !world.names.contains_key(&name) {
        return name;
    }
    let numbered = |number: u32| format!("{name}-{number}");
    // There are fewer boards than numbers.
    (2..).map(numbered).find(|name| !world.names.contains_key(name)).unwrap_or(name)
}

/// Generation of the last root that is given to whoever has a token with that one.
fn last_given(world: &World, from: u64) -> u64 {
    let given = world.roots.iter().filter(|row| row.generation >= from).take(ROOTS_MAX);
    given.last().map_or(from, |row| row.generation)
}

fn answer(world: &World, from: u64, name: String) -> Enrolled {
    let given = world.roots.iter().filter(|row| row.generation >= from).take(ROOTS_MAX);
    Enrolled { roots: given.map(|row| row.envelope.to_vec()).collect(), name }
}
