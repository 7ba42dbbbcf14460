//! Tests of the control groups.
