//! `limpetctl apply`: a compose file, for every board that is meant.

use super::change::{Target, carry_out, targets};
use super::cli::{Apply, Global};
use super::failure::{Failure, Outcome};
use super::per_board::Composer;
use super::resolve::Resolver;
use super::session::Session;
use super::values::Values;
use super::words::pairs;
use limpet_protocol::app::App;

/// Carries it out.
pub(crate) async fn run(global: &Global, args: Apply) -> Outcome<()> {
    let set = pairs(&args.set).map_err(Failure::new)?;
    let values = args.values.as_deref().map_or_else(|| Ok(Values::default()), Values::read)?;
    let mut composer = Composer::new(args.files, args.name, args.profiles)?;
    let mut resolver = Resolver::new(&args.insecure_registry)?;
    let (mut session, secret) = Session::open(global).await?;
    let mut targets = targets(&mut session, &args.change).await?;
    let mut name = None;
    for target in &mut targets {
        let mut variables = values.of(&target.board.name, &target.board.labels)?;
        variables.extend(set.clone());
        let mut app = composer.app(&target.board, &variables)?;
        by_digest(&mut app, &mut resolver)?;
        if name.get_or_insert_with(|| app.name.clone()) != &app.name {
            return Err(Failure::new("the app's name is not the same on all boards; give one with -p NAME"));
        }
        place(target, app)?;
    }
    carry_out(&mut session, &secret, targets, &args.change, &name.unwrap_or_default()).await
}

fn place(target: &mut Target, app: App) -> Outcome<()> {
    target.after = target.before.with_app(app)?;
    Ok(())
}

fn by_digest(app: &mut App, resolver: &mut Resolver) -> Outcome<()> {
    for workload in &mut app.workloads {
        workload.image = resolver.resolve(&workload.image)?;
    }
    Ok(())
}
