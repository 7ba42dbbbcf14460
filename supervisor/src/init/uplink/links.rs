//! What is missing of the wanted state of the interfaces. Pure.

#[cfg(test)]
mod tests;

use super::wish::{self, How, Settings, Wish};

/// An interface as the kernel shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// Its name.
    pub(super) name: String,
    /// Its hardware address, as text.
    pub(super) hardware: String,
    /// Whether it is up, which does not mean that a cable is in it.
    pub(super) is_up: bool,
}

/// An interface that something was done for before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    /// Its name.
    pub(super) name: String,
    /// A process asks for its address; otherwise it has a fixed one.
    pub(super) is_leasing: bool,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Bring it up.
    BringUp(String),
    /// Give it this address.
    Fix(String, Settings),
    /// Start asking for its address.
    Lease(Seen),
    /// It is gone.
    Forget(String),
}

/// Everything that is missing. An interface that is fixed or leased once stays so: the kernel keeps the address of one
/// that goes down and up, and the DHCP client asks for as long as it takes.
pub(super) fn decide(wishes: &[Wish], seen: &[Seen], held: &[Held]) -> Vec<Act> {
    let gone = held.iter().filter(|held| !seen.iter().any(|seen| seen.name == held.name));
    let mut acts: Vec<Act> = gone.map(|held| Act::Forget(held.name.clone())).collect();
    for seen in seen {
        let how = wish::of(wishes, &seen.name);
        if *how == How::Off {
            continue;
        }
        if !seen.is_up {
            acts.push(Act::BringUp(seen.name.clone()));
        }
        if held.iter().any(|held| held.name == seen.name) {
            continue;
        }
        acts.push(match how {
            How::Fixed(settings) => Act::Fix(seen.name.clone(), settings.clone()),
            How::Dhcp | How::Off => Act::Lease(seen.clone()),
        });
    }
    acts
}
