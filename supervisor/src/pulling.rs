//! Fetches an image: what is asked of whom is looked up here, [`limpet_fetcher`] brings it, [`limpet_store`] keeps it.

mod watch;

use crate::board::Board;
use crate::cli::value::platform::Platform;
use crate::failure::Failure;
use crate::room;
use limpet_fetcher::config::{Places, Registries, terms};
use limpet_fetcher::lane::{Lane, Notice};
use limpet_fetcher::proxy::ProxyVariables;
use limpet_fetcher::wire::Terms;
use limpet_store::Reference;
use limpet_store::pull::supply::{Market, Supplier, SupplyError};
use limpet_store::pull::{Order, Pulled, Repair};
use std::path::Path;
use std::sync::Arc;
pub use watch::Show;
use watch::Watch;

/// The program that fetches and unpacks: this one.
pub const SELF: &str = "/proc/self/exe";

/// Boards with less memory fetch one layer at a time.
const SMALL_BOARD_BYTES: u64 = 1 << 30;
/// Layers that larger ones fetch at a time, as docker.
const LANES_DEFAULT: usize = 3;

/// What to fetch.
pub struct Wish {
    /// Which image.
    pub reference: Reference,
    /// `--platform`
    pub platform: Option<limpet_store::Platform>,
    /// `--max-size`
    pub size_bytes_max: Option<u64>,
    /// `--limit-rate`
    pub rate_bytes_per_s: Option<u64>,
    /// What is damaged of it; it gets no name then.
    pub repair: Option<Repair>,
}

impl Wish {
    /// Of a reference, and nothing more.
    #[must_use]
    pub fn of(reference: Reference) -> Self {
        Self { reference, platform: None, size_bytes_max: None, rate_bytes_per_s: None, repair: None }
    }
}

/// Fetches what is missing of it, and names it.
///
/// # Errors
/// In one line, why not.
pub fn pull(board: &Board, wish: &Wish, show: Show) -> Result<Pulled, Failure> {
    pull_unnamed(board, wish, show)
        .map_err(|failure| failure.during(&format!("pull {}", wish.reference.familiar())))
}

fn pull_unnamed(board: &Board, wish: &Wish, show: Show) -> Result<Pulled, Failure> {
    let places = Places::of(variable);
    let registries = Registries::of(&places)?;
    let mut terms = terms(&wish.reference, &places, &registries, ProxyVariables::of(variable))?;
    let lanes = registries.lanes.unwrap_or_else(lanes);
    let rate = wish.rate_bytes_per_s.or(registries.rate_bytes_per_s);
    terms.rate_bytes_per_s = rate.map(|rate| rate / lanes as u64);
    let order = Order {
        reference: wish.reference.clone(),
        platform: wish.platform.clone(),
        image_bytes_max: wish.size_bytes_max,
        lanes,
        unpacker: SELF.into(),
        repair: wish.repair.clone(),
    };
    let store = board.store()?;
    let watch = Arc::new(Watch::new(show));
    let heard = watch.clone();
    let exchange = Exchange { terms, notice: Arc::new(move |text| heard.notice(text)) };
    watch.during(|| Ok(room::made(board, || store.pull(&order, &exchange, &*watch))?))
}

/// The platform of a flag, as the store has it.
///
/// # Errors
/// The store does not understand it.
pub fn platform(platform: &Platform) -> Result<limpet_store::Platform, Failure> {
    let variant = platform.variant.as_deref().map(|variant| format!("/{variant}")).unwrap_or_default();
    Ok(limpet_store::Platform::parse(&format!("{}/{}{variant}", platform.os, platform.architecture))?)
}

/// An environment variable.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Where fetching processes come from.
struct Exchange {
    terms: Terms,
    notice: Notice,
}

impl Market for Exchange {
    fn supplier(&self) -> Result<Box<dyn Supplier>, SupplyError> {
        Ok(Box::new(Lane::open(Path::new(SELF), &self.terms, self.notice.clone())?))
    }
}

/// How many layers this board fetches at a time.
fn lanes() -> usize {
    let system = rustix::system::sysinfo();
    let memory_bytes = system.totalram.saturating_mul(u64::from(system.mem_unit));
    if memory_bytes < SMALL_BOARD_BYTES {
        return 1;
    }
    std::thread::available_parallelism().map_or(1, usize::from).min(LANES_DEFAULT)
}
