//! Signed documents: how they are sealed, and the rules by which a board takes or refuses them.
//!
//! In: bytes that somebody delivered, what the board remembers ([`Memory`]), and what it knows of the time ([`Clock`]).
//! Out: a document with the memory to be made durable before anything is done about it, or a [`Refusal`]. The one way
//! there is [`accept`]. Sealing ([`sign`]) is for the operator's tool alone.
//!
//! This crate must never know a file, a socket or a clock: everything comes in as an argument. It is `no_std`.
//!
//! # What whoever delivers documents cannot do
//!
//! Make one, change one, or pass one for another kind ([`envelope`]); bring back an older one, also from a backup; show two
//! boards of one group two states under one generation, without the one that sees both saying so; pass one for another
//! board or fleet; have an expired one taken by a board that knows the time. It can withhold documents: a board then goes on
//! with what it runs.
//!
//! # What a stolen deploy key can do, and how it ends
//!
//! It can sign anything as long as it counts. The next root without it ends that: generations are counted anew under each root,
//! so a used-up count does no harm, and the time that it can pretend ends where the old root expires
//! ([`Refusal::RootExpired`]); what is signed afterwards only has to expire later than that.
//!
//! # Which ed25519
//!
//! `ring` (Apache-2.0 and ISC): the file has it already for TLS, with its SHA-512. New is the curve; verifying needs neither
//! ring's table of multiples of the base point (24 KiB) nor signing. The functions that it does need have 68 KB in an
//! x86_64 library built for speed; the release builds ring for size. `ed25519-dalek` 2 (BSD-3-Clause) does without tables
//! as well, but would bring a second SHA-512, and on x86_64 `curve25519-dalek` comes with an AVX2 half unless a flag of the
//! compiler says otherwise. What either adds to a release build is **still to be measured**, with the first `limpet` that
//! calls [`accept`]; one function of [`envelope`] and one of [`sign`] know which it is.
//!
//! What dalek does besides is `verify_strict`, which refuses keys of small order, for which anybody can sign: here no root
//! may name one. `ring` compares R byte by byte and refuses an S that is not reduced, so a signature has one form.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod accept;
pub mod envelope;
mod key;
mod memory;
pub mod presence;
mod refusal;
pub mod sign;
mod time;

pub use accept::{Accepted, accept};
pub use memory::{MEMORY_BYTES_MAX, Memory, MemoryError, Position, Taken};
pub use refusal::Refusal;
pub use time::{AHEAD_S_MAX, Clock, Quality};
