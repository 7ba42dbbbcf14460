//! What several of these tests start from.

use limpet_plan::Spec;
use limpet_protocol::health::OnUnhealthy;
use limpet_protocol::restart::{RestartPolicy, When};

/// Of a container that is always started again and has no health check.
pub(crate) fn spec() -> Spec {
    Spec {
        restart: RestartPolicy::plain(When::Always),
        health: None,
        on_unhealthy: OnUnhealthy::Report,
        grace_ms: Some(10_000),
    }
}
