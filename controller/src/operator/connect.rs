//! `limpetctl connect`: remembers a fleet once it was spoken to.

use super::chain::Chain;
use super::cli::{Connect, Global};
use super::context::{Context, pin};
use super::encoding::{base64, hex};
use super::failure::{During, Outcome};
use super::files;
use super::screen::say;
use super::session::Session;
use limpet_protocol::fleet::ENVELOPE_BYTES_MAX;

/// Connects, checks, and writes the configuration.
pub(crate) async fn run(global: &Global, args: Connect) -> Outcome<()> {
    let root = files::read(&args.root, ENVELOPE_BYTES_MAX as u64)?;
    let chain = Chain::first(&root).during(|| format!("read {}", args.root.display()))?;
    let key = std::path::absolute(&args.key).during(|| format!("find {}", args.key.display()))?;
    let context = Context {
        url: args.url,
        pin: hex(&pin(&args.pin)?),
        fleet: chain.root().fleet.to_string(),
        root: base64(&root),
        key,
    };
    let place = global.place()?;
    let (session, _) = Session::with(place, context, &global.passphrase()).await?;
    session.place.write(&session.context)?;
    say!(
        "fleet {} at {}: root {}, generation {} (controller {})",
        session.context.fleet,
        session.context.url,
        session.shows().root,
        session.shows().generation,
        super::encoding::shown(&session.fleet.version)
    );
    Ok(())
}
