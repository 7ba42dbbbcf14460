//! `limpetctl board`: invitations, and what is known of boards.

use super::cli::{Board as Verb, Global, Invite, Names, Output};
use super::encoding::{base64, from_hex};
use super::failure::{During, Failure, Outcome};
use super::screen::say;
use super::session::Session;
use super::words::{label_changes, pairs};
use crate::api::{self, Board, BoardChange, NewInvite, Serials};
use limpet_fleet::selector;
use limpet_protocol::fleet::enrol::{TOKEN_BYTES_MAX, TOKEN_PREFIX, Token};
use limpet_protocol::fleet::{GROUPS_MAX, Group};
use serde::Serialize;
use std::io::IsTerminal;

/// Carries one out.
pub(crate) async fn run(global: &Global, verb: Verb) -> Outcome<()> {
    match verb {
        Verb::Invite(args) => invite(global, args).await,
        Verb::Approve { serials, labels } => {
            let (mut session, _) = Session::open(global).await?;
            let labels = pairs(&labels).map_err(Failure::new)?;
            session.post_only("/serials", &Serials { serials, labels }).await
        }
        Verb::Revoke(names) => {
            change(global, &names, BoardChange { revoked: Some(true), ..BoardChange::default() }, "revoked")
                .await
        }
        Verb::Cordon(names) => cordon(global, &names, true).await,
        Verb::Uncordon(names) => cordon(global, &names, false).await,
        Verb::Label { board, labels, selector } => label(global, board, labels, selector).await,
        Verb::Rename { board, name } => {
            let names = Names { boards: vec![board], selector: None };
            change(global, &names, BoardChange { name: Some(name), ..BoardChange::default() }, "renamed")
                .await
        }
        Verb::ForgetClone(names) => {
            change(
                global,
                &names,
                BoardChange { forget_clone: true, ..BoardChange::default() },
                "clone forgotten",
            )
            .await
        }
    }
}

/// `cordon` and `uncordon`.
pub(crate) async fn cordon(global: &Global, names: &Names, cordoned: bool) -> Outcome<()> {
    let done = if cordoned { "cordoned" } else { "uncordoned" };
    change(global, names, BoardChange { cordoned: Some(cordoned), ..BoardChange::default() }, done).await
}

async fn label(
    global: &Global,
    board: Option<String>,
    mut labels: Vec<String>,
    selector: Option<String>,
) -> Outcome<()> {
    let names = match (selector, board) {
        // With a selector all words are labels.
        (Some(selector), board) => {
            labels.extend(board);
            Names { boards: Vec::new(), selector: Some(selector) }
        }
        (None, Some(board)) => Names { boards: vec![board], selector: None },
        (None, None) => return Err(Failure::new("label: no board was named; give its name, or -l SELECTOR")),
    };
    let labels = label_changes(&labels).map_err(Failure::new)?;
    if labels.is_empty() {
        return Err(Failure::new("label: no label was given; write K=V, or K- to take one away"));
    }
    change(global, &names, BoardChange { labels, ..BoardChange::default() }, "labelled").await
}

async fn change(global: &Global, names: &Names, change: BoardChange, done: &str) -> Outcome<()> {
    let (mut session, _) = Session::open(global).await?;
    let boards = session.boards().await?.boards;
    for board in chosen(&boards, names)? {
        session
            .patch(&format!("/boards/{}", board.id), &change)
            .await
            .during(|| format!("board {}", board.name))?;
        say!("board/{} {done}", super::encoding::shown(&board.name));
    }
    Ok(())
}

/// Those that are named, or meant by the selector.
pub(crate) fn chosen<'a>(boards: &'a [Board], names: &Names) -> Outcome<Vec<&'a Board>> {
    if let Some(text) = &names.selector {
        let selector = selector::parse(text).during(|| format!("selector {text:?}"))?;
        return Ok(boards.iter().filter(|board| selector.selects(&board.labels)).collect());
    }
    names.boards.iter().map(|name| named(boards, name)).collect()
}

/// The board of that name or id.
pub(crate) fn named<'a>(boards: &'a [Board], name: &str) -> Outcome<&'a Board> {
    let found = boards.iter().find(|board| board.name == name || board.id == name);
    found.ok_or_else(|| Failure::new(format!("board {name} is not known; see limpetctl get boards")))
}

/// An invitation as JSON.
#[derive(Serialize)]
struct Invited<'a> {
    token: &'a str,
    #[serde(flatten)]
    invite: &'a api::Invite,
}

async fn invite(global: &Global, args: Invite) -> Outcome<()> {
    let labels = pairs(&args.labels).map_err(Failure::new)?;
    let groups = groups(&args.groups)?;
    let (mut session, _) = Session::open(global).await?;
    let new = NewInvite { labels, ttl_s: args.ttl, uses: args.uses, serials_only: args.serials_only };
    let invite: api::Invite = session.post("/invites", &new).await?;
    let url = args.url.as_deref().unwrap_or(&session.context.url);
    if crate::client::parse_url(url).is_none() {
        return Err(Failure::new(format!(
            "{url:?} is no address of a controller; write https://HOST[:PORT]"
        )));
    }
    let token = Token {
        url: url
            .trim_end_matches('/')
            .try_into()
            .map_err(|()| Failure::new("the address is too long for a token"))?,
        pin: session.context.pin()?,
        root: session.chain.digest(),
        groups,
        invite: from_hex(&invite.invite)
            .or_else(|| super::encoding::from_base64(&invite.invite)?.try_into().ok())
            .ok_or_else(|| Failure::new("the controller's invitation is not 16 bytes"))?,
    };
    let text = token_text(&token)?;
    match args.output {
        Output::Json => {
            say!("{}", serde_json::to_string_pretty(&Invited { token: &text, invite: &invite })?);
        }
        Output::Table | Output::Wide | Output::Name => {
            say!("{text}");
            if !args.no_qr && std::io::stdout().is_terminal() {
                say!("{}", code(&text)?);
            }
            eprintln!("On the board: limpet join TOKEN (good for {} boards, {} s)", args.uses, args.ttl);
        }
    }
    Ok(())
}

fn groups(names: &[String]) -> Outcome<heapless::Vec<Group, GROUPS_MAX>> {
    let group = |name: &String| {
        Group::try_from(name.as_str()).map_err(|()| Failure::new(format!("group {name:?} is too long")))
    };
    let groups = names.iter().map(group).collect::<Outcome<Vec<_>>>()?;
    heapless::Vec::from_slice(&groups)
        .map_err(|()| Failure::new(format!("a board is in at most {GROUPS_MAX} groups")))
}

/// What `limpet join` takes.
pub(crate) fn token_text(token: &Token) -> Outcome<String> {
    let text = format!("{TOKEN_PREFIX}{}", base64(&postcard::to_allocvec(token)?));
    if text.len() > TOKEN_BYTES_MAX {
        Err(Failure::new("the token is too long; give it fewer groups"))
    } else {
        Ok(text)
    }
}

/// A code to scan, two dots in one character.
fn code(text: &str) -> Outcome<String> {
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::L)?;
    let (width, dots) = (code.width(), code.to_colors());
    let quiet = 2;
    let dark = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(quiet).filter(|at| *at < width);
        matches!((inside(x), inside(y)), (Some(x), Some(y)) if dots[y * width + x] == qrcode::Color::Dark)
    };
    // Light is drawn: terminals are dark more often, and readers take both.
    let glyph = |x, y| match (dark(x, y), dark(x, y + 1)) {
        (false, false) => '█',
        (false, true) => '▀',
        (true, false) => '▄',
        (true, true) => ' ',
    };
    let side = width + 2 * quiet;
    let line = |y: usize| (0..side).map(|x| glyph(x, y)).collect::<String>();
    Ok((0..side).step_by(2).map(line).collect::<Vec<_>>().join("\n"))
}
