//! Enrolling: one connection, one request, one answer, which the parent judges.

use crate::control::Control;
use crate::limits::ENROLLED_BYTES_MAX;
use crate::line::Controller;
use crate::process::{Halt, fail, line, unwanted};
use crate::wire::Said;
use limpet_fetcher::trouble::{Trouble, shown};
use limpet_protocol::fleet::enrol::{Enrolled, ROOTS_MAX};
use limpet_protocol::fleet::link::ENROL;
use std::io;

pub(crate) fn enrol(control: &mut Control, controller: &Controller) -> io::Result<()> {
    match attempt(control, controller) {
        Ok(Ok(enrolled)) => {
            for root in &enrolled.roots {
                control.say(&Said::Root(root))?;
            }
            control.say(&Said::Enrolled(&shown(&enrolled.name)))
        }
        Ok(Err(why)) => control.say(&Said::Refused(&shown(&why))),
        Err(Halt::Trouble(trouble)) => fail(control, &trouble),
        Err(Halt::Parent(error)) => Err(error),
    }
}

fn attempt(control: &mut Control, controller: &Controller) -> Result<Result<Enrolled, String>, Halt> {
    let (mut line, request) = line(control, controller, &mut false, |control| control.heard.enrol.take())?;
    let head = line.ask("POST", ENROL, Vec::new(), &request)?;
    match head.status {
        200 => {
            let bytes = line.connection().read_all(ENROLLED_BYTES_MAX as u64)?;
            Ok(Ok(parse(&bytes).ok_or_else(|| Trouble::passing("its answer makes no sense"))?))
        }
        _ => Ok(Err(unwanted(&mut line, &head).message)),
    }
}

fn parse(bytes: &[u8]) -> Option<Enrolled> {
    let (enrolled, rest) = postcard::take_from_bytes::<Enrolled>(bytes).ok()?;
    (rest.is_empty() && enrolled.roots.len() <= ROOTS_MAX).then_some(enrolled)
}
