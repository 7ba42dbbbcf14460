//! HTTP/1.1 as far as registries need it (RFC 9112): GET and POST, bodies by length, in chunks or until the end.
//!
//! [`head`] writes requests and reads heads of responses, [`framing`] tells where a body ends, [`connection`] moves
//! the bytes and watches the time ([`patience`]), [`dial`] opens connections, through proxies where there are any.

pub(crate) mod connection;
pub(crate) mod dial;
pub(crate) mod framing;
pub(crate) mod head;
pub(crate) mod patience;
