//! What SPECIFICATION.md promises of these figures; a benchmark that misses it fails.

use crate::Contestant;
use crate::memory::Memory;
use crate::rounds::Times;

/// Most of what a container may take, beside those whose names begin so: the kernel calls alone, and another runtime.
const TIMES_MAX: [(&str, f64); 2] = [("floor", 1.3), ("crun", 0.5)];
/// Private memory of an idle keeper.
const KEEPER_KIB_MAX: u64 = 150;

/// Each series of `times` has one entry for each of `all`.
///
/// # Errors
/// Everything that was missed.
pub(crate) fn judge(all: &[Contestant], times: &[Vec<Times>], memory: &[Memory]) -> Result<(), String> {
    let place = |name: &str| all.iter().position(|contestant| contestant.name.contains(name));
    let own = place("limpet run").ok_or("there is no limpet among them")?;
    let mut missed = Vec::new();
    for (other, most) in TIMES_MAX {
        let reference = place(other).ok_or_else(|| format!("there is no {other} among them"))?;
        for series in times {
            let ratio = series[own].median_ms() / series[reference].median_ms();
            if ratio.is_nan() || ratio > most {
                missed.push(format!("it takes {ratio:.2} times {other}, not {most} at most"));
            }
        }
    }
    for keeper in
        memory.iter().filter(|memory| memory.name.contains("keeper") && memory.private_kib > KEEPER_KIB_MAX)
    {
        missed.push(format!(
            "a keeper has {} KiB of its own, not {KEEPER_KIB_MAX} at most",
            keeper.private_kib
        ));
    }
    if missed.is_empty() { Ok(()) } else { Err(missed.join("; ")) }
}
