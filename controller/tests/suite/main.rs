//! Black box: the real `limpet-controller` on a loopback port, spoken to as boards and operators speak to it.

mod board;
mod client;
mod desk;
mod rig;

mod basics;
mod durability;
mod enrolment;
mod hostile;
mod limpetctl;
mod limpetctl_rollouts;
mod load;
mod operating;
mod polls;
mod rollouts;
mod rotation;
mod signatures;
