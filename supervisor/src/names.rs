//! Names for containers that were given none: an adjective and an animal of the shore, chosen by the id.

use limpet_protocol::id::ContainerId;

const ADJECTIVES: [&str; 32] = [
    "amber", "brave", "briny", "bright", "calm", "clinging", "coastal", "copper", "deep", "drifting",
    "eager", "foamy", "gentle", "golden", "hardy", "humble", "keen", "lively", "misty", "nimble", "patient",
    "proud", "quiet", "rocky", "salty", "silver", "steady", "stormy", "sunny", "swift", "tidal", "wise",
];

const ANIMALS: [&str; 32] = [
    "abalone",
    "anemone",
    "auk",
    "barnacle",
    "clam",
    "cockle",
    "conch",
    "coral",
    "cormorant",
    "crab",
    "cuttlefish",
    "dunlin",
    "eider",
    "gannet",
    "goby",
    "gull",
    "hermit",
    "kelp",
    "lobster",
    "mussel",
    "nautilus",
    "octopus",
    "oyster",
    "petrel",
    "plover",
    "prawn",
    "puffin",
    "seal",
    "sponge",
    "starfish",
    "tern",
    "whelk",
];

/// A name such as `steady_puffin_3f`: the last two digits keep a busy board from running out.
#[must_use]
pub(crate) fn invent(id: &ContainerId) -> String {
    let digits = id.as_str();
    let number = |at: usize| usize::from_str_radix(&digits[at..at + 4], 16).unwrap_or(0);
    format!("{}_{}_{}", ADJECTIVES[number(12) % 32], ANIMALS[number(16) % 32], &digits[20..22])
}
