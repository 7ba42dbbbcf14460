//! What Prometheus reads, on a listener of its own.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use std::time::Duration;

/// All of it.
pub(crate) struct Metrics {
    registry: Registry,
    /// Connections that are open.
    pub(crate) connections: Gauge,
    /// Those of boards that have shown who they are.
    pub(crate) boards_connected: Gauge,
    /// Connections that were turned away.
    pub(crate) turned_away: Counter,
    /// Handshakes that failed.
    pub(crate) handshakes_failed: Counter,
    /// Polls that were answered with nothing new.
    pub(crate) polls_unchanged: Counter,
    /// Polls that were answered with something.
    pub(crate) polls_delivered: Counter,
    /// Reports that were taken.
    pub(crate) reports: Counter,
    /// Boards that enrolled.
    pub(crate) enrolled: Counter,
    /// Requests that were refused, of whatever kind.
    pub(crate) refused: Counter,
    boards: Gauge,
    changes: Counter,
    commits_failed: Counter,
    commit_seconds: Histogram,
}

impl Metrics {
    /// All at zero.
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("limpet_controller");
        let mut gauge = |name: &str, help: &str| {
            let gauge = Gauge::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        let connections = gauge("connections", "Connections that are open");
        let boards_connected = gauge("boards_connected", "Connections of boards");
        let boards = gauge("boards", "Boards of the fleet");
        let mut counter = |name: &str, help: &str| {
            let counter = Counter::default();
            registry.register(name, help, counter.clone());
            counter
        };
        let turned_away = counter("connections_refused", "Connections that were turned away");
        let handshakes_failed = counter("handshakes_failed", "TLS handshakes that failed");
        let polls_unchanged = counter("polls_unchanged", "Polls answered with nothing new");
        let polls_delivered = counter("polls_delivered", "Polls answered with a delivery");
        let reports = counter("reports", "Reports that were taken");
        let enrolled = counter("enrolled", "Boards that enrolled");
        let refused = counter("requests_refused", "Requests that were refused");
        let changes = counter("changes", "Changes that were made durable");
        let commits_failed = counter("commits_failed", "Commits that failed");
        let commit_seconds = Histogram::new(exponential_buckets(0.001, 2.0, 12));
        registry.register("commit_seconds", "How long a commit takes", commit_seconds.clone());
        Self {
            registry,
            connections,
            boards_connected,
            turned_away,
            handshakes_failed,
            polls_unchanged,
            polls_delivered,
            reports,
            enrolled,
            refused,
            boards,
            changes,
            commits_failed,
            commit_seconds,
        }
    }

    /// Something was made durable, or not.
    pub(crate) fn committed(&self, changes: usize, took: Duration, well: bool) {
        self.commit_seconds.observe(took.as_secs_f64());
        if well {
            self.changes.inc_by(changes as u64);
        } else {
            self.commits_failed.inc();
        }
    }

    /// As text, in OpenMetrics' form.
    pub(crate) fn text(&self, boards: usize) -> String {
        self.boards.set(i64::try_from(boards).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
