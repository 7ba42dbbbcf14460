//! `limpetctl apply`: a compose file, for every board that is meant.

use super::change::{carry_out, targets};
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
        let (called, app) = composer.app(&target.board, &variables)?;
        target.after = match app {
            None => target.before.without_app(&called),
            Some(app) => target.before.with_app(by_digest(app, &mut resolver)?)?,
        };
        if *name.get_or_insert_with(|| called.clone()) != called {
            return Err(Failure::new("the app's name is not the same on all boards; give one with -p NAME"));
        }
    }
    carry_out(&mut session, &secret, targets, &args.change, &name.unwrap_or_default()).await
}

fn by_digest(mut app: App, resolver: &mut Resolver) -> Outcome<App> {
    for workload in &mut app.workloads {
        workload.image = resolver.resolve(&workload.image)?;
    }
    Ok(app)
}
