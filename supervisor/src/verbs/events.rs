//! `events`: what happens to containers, as the supervisor sees or is told it.

use super::shown;
use crate::board::Board;
use crate::cli::command::app::EventsArgs;
use crate::control::{ControlError, Conversation, Heard};
use crate::failure::{Failure, Outcome};
use crate::output::events::{document, is_wanted};
use crate::output::template::Template;
use crate::screen;
use limpet_protocol::control::{Event, Reply, Request};
use limpet_runner::keeper::now_ns;
use std::time::{Duration, Instant};

/// `events`
pub(super) fn events(board: &Board, args: &EventsArgs) -> Outcome {
    let template = match args.format.as_deref() {
        None | Some("json") => None,
        Some(text) => Some(shown::template(text)?),
    };
    let now = now_ns();
    let since_ns = args.since.map_or(now, |moment| moment.resolve(now));
    let until_ns = args.until.map(|moment| moment.resolve(now));
    let follow = until_ns.is_none_or(|until| until > now);
    let until = until_ns.map(|until| Instant::now() + Duration::from_nanos(until.saturating_sub(now)));
    let mut conversation = Conversation::with(board.state(), &Request::Events { follow })?;
    let wanted = |event: &Event| {
        let in_time = event.at_ns >= since_ns && until_ns.is_none_or(|until| event.at_ns <= until);
        in_time && is_wanted(event, &args.filters)
    };
    loop {
        match conversation.hear(until.filter(|_| follow), None)? {
            Heard::Reply(Reply::Event(event)) if wanted(&event) => show(&event, template.as_ref())?,
            Heard::Reply(Reply::Event(_)) => {}
            Heard::Reply(Reply::Done) | Heard::TimeOut => return Ok(0),
            Heard::Reply(Reply::Refused(why)) => return Err(ControlError::Refused(why).into()),
            Heard::Reply(
                Reply::NoSuchApp
                | Reply::Report(_)
                | Reply::Diff(_)
                | Reply::Progress(_)
                | Reply::Updated(_)
                | Reply::Text(_)
                | Reply::Fleet(..),
            )
            | Heard::Other => return Err(ControlError::Unexpected.into()),
        }
    }
}

fn show(event: &Event, template: Option<&Template>) -> Result<(), Failure> {
    let document = document(event);
    match template {
        Some(template) => screen::line(&template.render(&document)?),
        None => screen::line(&document.to_string()),
    }
    Ok(())
}
