//! The scenarios: what is true of a board, each a short story of boards, steps and expectations.

mod apps;
mod boot;
mod clocks;
mod fleet;
mod init;
mod lacking;
mod limits;
mod memory;
mod native;
mod network;
mod policies;
mod power;
mod pulling;
mod stopping;
mod systemd;
mod together;
mod upgrading;
mod watchdog;

use crate::Stage;

/// One of them.
#[derive(Clone, Copy)]
pub struct Scenario {
    /// As it is asked for.
    pub name: &'static str,
    /// Whether `./x test` plays it; the others would take it too long, and each has a cousin among the usual ones.
    pub is_usual: bool,
    /// Plays it; a panic is its failure.
    pub play: fn(&Stage),
}

const fn usual(name: &'static str, play: fn(&Stage)) -> Scenario {
    Scenario { name, is_usual: true, play }
}

const fn unusual(name: &'static str, play: fn(&Stage)) -> Scenario {
    Scenario { name, is_usual: false, play }
}

/// All of them.
pub const ALL: &[Scenario] = &[
    usual("boot", boot::boots_and_powers_off),
    usual("kernel-6.1", boot::on_the_older_kernel),
    unusual("reboot", boot::reboots_leave_disks_clean),
    unusual("init", init::looks_after_the_board),
    usual("limits", limits::hold),
    usual("together", together::are_the_first),
    usual("memory", memory::neighbours_live),
    usual("stop", stopping::asks_then_kills),
    usual("policies", policies::over_a_reboot),
    usual("dhcp", network::address_by_dhcp),
    unusual("fixed-address", network::address_by_the_maker),
    unusual("no-network", network::nobody_answers),
    unusual("clock-1970", clocks::in_1970),
    unusual("clock-2038", clocks::in_2038),
    usual("no-memory-controller", lacking::no_memory_controller),
    unusual("no-memory-controller-6.1", lacking::no_memory_controller_of_the_older),
    usual("cgroup-v1", lacking::cgroup_v1),
    unusual("cgroup-v1-6.12", lacking::cgroup_v1_of_the_newer),
    usual("no-user-namespaces", lacking::no_user_namespaces),
    unusual("app", apps::from_a_file),
    usual("pull", pulling::from_a_registry),
    usual("fleet", fleet::joins_follows_and_outlives),
    usual("fleet-wire", fleet::two_on_a_wire),
    unusual("fleet-upgrade", fleet::is_upgraded_by_its_fleet),
    usual("upgrade", upgrading::good_and_bad),
    unusual("upgrade-cut", upgrading::cut_off_on_trial),
    usual("systemd", systemd::keeps_what_limpet_installs),
    usual("native-short", native::short),
    usual("power-cuts", power::a_few_cuts),
    unusual("power-cuts-systemd", power::of_systemd),
    unusual("watchdog", watchdog::resets_a_board_that_hangs),
    unusual("native-short-6.1", native::short_on_the_older),
    unusual("native-short-v1", native::short_of_v1),
    unusual("native-io", native::io),
    unusual("native", native::suite),
    unusual("native-survival", native::survival),
];
