//! HTTP/1.1 as far as registries and controllers need it (RFC 9112): bodies by length, in chunks or until the end.
//!
//! [`head`] writes requests and reads heads of responses, [`framing`] tells where a body ends, [`connection`] moves
//! the bytes and watches the time ([`patience`]), [`dial`] opens connections, through proxies where there are any.

pub mod connection;
pub mod dial;
pub(crate) mod framing;
pub mod head;
pub mod patience;
