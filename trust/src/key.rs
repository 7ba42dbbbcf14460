//! Keys for which anybody can sign.
//!
//! A point whose order is 8 or less meets the equation of a signature for at least one message in eight, without any
//! secret. `ring` verifies with such a key as with any other, so no root may name one. On the curve there are eight of
//! these points, with five values of y (RFC 8032, 5.1.2, for the form); 0 and 1 have a second form each, beyond the
//! field's prime.

use limpet_protocol::fleet::PublicKey;

/// y of the four points of order 8: the roots of d y^4 + 2 y^2 - 1, which follows from y = 0 at the double of such a point.
const EIGHTH: [[u8; 32]; 2] = [
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// Whether anybody can sign for it.
pub(crate) fn is_weak(key: &PublicKey) -> bool {
    let mut y = key.0;
    // The highest bit is x's sign.
    y[31] &= 0x7f;
    let small = y[0] <= 1 && y[1..].iter().all(|byte| *byte == 0);
    // The prime ends in ed: one less is -1, itself is 0, one more is 1.
    let near = (0xec..=0xee).contains(&y[0]) && y[1..31].iter().all(|byte| *byte == 0xff) && y[31] == 0x7f;
    small || near || EIGHTH.contains(&y)
}
