//! `limpetctl renew`: what boards have already, signed once more.
//!
//! Who signed it may count no more. So nothing of it is taken for granted: all of it is shown, and a person says yes.

use super::change::{Belief, deliver, targets_by};
use super::cli::{Global, Renew};
use super::content::Content;
use super::differences::{differences, grouped};
use super::encoding::shown;
use super::failure::{Failure, Outcome};
use super::screen::say;
use super::session::Session;
use super::sign::is_wanted;
use limpet_fleet::rollout::PROGRAM;

/// Carries it out.
pub(crate) async fn run(global: &Global, mut args: Renew) -> Outcome<()> {
    // A board whose state cannot be read has nothing to renew.
    args.change.anew = false;
    let (mut session, secret) = Session::open(global).await?;
    let mut targets = targets_by(&mut session, &args.change, Belief::Once).await?;
    targets.retain(|target| target.after != Content::default());
    let all = targets
        .iter()
        .map(|target| (shown(&target.board.name), differences(&Content::default(), &target.after)));
    for (names, lines) in grouped(&all.collect::<Vec<_>>()) {
        say!("all that {} has:", names.join(", "));
        lines.iter().for_each(|line| say!("  {line}"));
    }
    if targets.is_empty() {
        say!("there is nothing to renew");
    }
    if targets.is_empty() || args.change.dry_run {
        return Ok(());
    }
    if !args.yes && !is_wanted()? {
        return Err(Failure::new("renew: it was not wanted"));
    }
    deliver(&mut session, &secret, &targets, &args.change, PROGRAM).await
}
