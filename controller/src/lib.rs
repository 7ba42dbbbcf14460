//! The fleet's two programs: the server `limpet-controller`, which stores and delivers what operators sign, and the tool
//! `limpetctl`, with which they sign. Neither can make a board run what no operator signed.
#![forbid(unsafe_code)]

pub mod api;
pub mod client;
pub mod operator;
pub mod server;
