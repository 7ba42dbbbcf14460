//! Tests of the control groups: pure parts on text, drivers on plain files, and both on the kernel's own hierarchies.

mod detect;
mod devices;
mod fake;
mod live;
mod policy;
mod settings;
