//! Restart policies: whether, and when, a container that ended is started again.
//!
//! The rules are docker's documentation word for word; `plan/tests/restart.rs` has them case by case. In: the policy,
//! what happened so far, how the run ended. Out: the changed history and a [`Verdict`].

use crate::instance::{Again, History};
use crate::random::Random;
use crate::{Exit, Spec, Tick};
use limpet_protocol::restart::{RestartPolicy, When};

/// docker's first delay before a restart; it doubles with each restart.
pub const BACKOFF_MS_MIN: u64 = 100;
/// docker's longest delay. Jitter never goes beyond it.
pub const BACKOFF_MS_MAX: u64 = 60_000;
/// A run of at least this length resets the delay, as docker's.
pub const GOOD_RUN_MS: u64 = 10_000;
/// Shortest `delay` of `deploy.restart_policy` that is kept: no crash loop without a pause.
pub const DELAY_MS_MIN: u64 = 100;
/// Exit status of a run whose keeper was lost.
pub const EXIT_LOST: u8 = 255;

/// What follows from the end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Start it again at `History::next`.
    Restart,
    /// Leave it.
    Rest,
    /// Leave it: it would be started again, but has had its tries.
    GiveUp,
}

/// Whether the policy asks for a restart after such an end, however often it was tried.
pub(crate) fn asks(policy: &RestartPolicy, exit: Exit) -> bool {
    match policy.when {
        When::No => false,
        When::Always | When::UnlessStopped => true,
        When::OnFailure => exit.code != 0 || planted!(SuccessIsFailure),
    }
}

/// Whether the policy allows one more restart.
pub(crate) fn allows(policy: &RestartPolicy, history: &History) -> bool {
    policy.tries_max.is_none_or(|most| history.tries < most || planted!(TriesAreNotCounted))
}

/// Whether it is to be started because the daemon starts.
pub(crate) fn at_boot(policy: &RestartPolicy, held: bool) -> bool {
    match policy.when {
        When::No | When::OnFailure => false,
        When::Always => true,
        When::UnlessStopped => !held || planted!(HeldStartsAtBoot),
    }
}

/// Judges the end of a run that nobody asked for, or that its bad health led to.
pub(crate) fn judge(
    spec: &Spec,
    history: &mut History,
    exit: Exit,
    now: Tick,
    random: &mut Random,
) -> Verdict {
    let unhealthy = history.again == Again::Unhealthy;
    let policy = &spec.restart;
    history.again = Again::No;
    history.next = None;
    if policy.window_ms.is_some_and(|window| exit.ran_ms >= u64::from(window)) {
        history.tries = history.tries.saturating_sub(1);
    }
    if exit.ran_ms >= GOOD_RUN_MS && !unhealthy && !planted!(BackoffIsNotReset) {
        history.streak = 0;
    }
    if !unhealthy && !asks(policy, exit) {
        return Verdict::Rest;
    }
    if !allows(policy, history) {
        return Verdict::GiveUp;
    }
    if unhealthy {
        history.again = Again::Unhealthy;
    }
    history.next = Some(now.after(delay_ms(policy, history.streak, random)));
    history.restarts = history.restarts.saturating_add(1);
    history.tries = history.tries.saturating_add(1);
    history.streak = history.streak.saturating_add(1);
    Verdict::Restart
}

/// How long to wait before a restart.
fn delay_ms(policy: &RestartPolicy, streak: u16, random: &mut Random) -> u64 {
    match policy.delay_ms {
        Some(delay) => u64::from(delay).max(DELAY_MS_MIN),
        None => backoff_ms(streak, random),
    }
}

/// 100 ms, doubled `streak` times, at most 60 s; a tenth more or less.
pub(crate) fn backoff_ms(streak: u16, random: &mut Random) -> u64 {
    let streak = if planted!(BackoffDoesNotGrow) { 0 } else { streak };
    let doubled = BACKOFF_MS_MIN << streak.min(32);
    random.jitter(doubled.min(BACKOFF_MS_MAX)).min(BACKOFF_MS_MAX)
}
