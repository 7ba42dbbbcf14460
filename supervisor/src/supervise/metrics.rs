//! The supervisor's picture as metrics, in Prometheus's text form (exposition format 0.0.4).

pub(crate) mod door;
mod http;
#[cfg(test)]
mod tests;

use limpet_protocol::control::{Health, Instance, Report, State};
use std::fmt::Write;

/// Name and meaning of a metric that each container has, and its value.
type Gauge = (&'static str, &'static str, fn(&Instance) -> u64);

/// All metrics.
#[must_use]
pub(crate) fn text(report: &Report) -> String {
    let mut text = String::new();
    family(
        &mut text,
        "limpet_disk_reserve_reached",
        "gauge",
        "Whether less of the disk is free than the reserve.",
    );
    sample(&mut text, "limpet_disk_reserve_reached", "", u64::from(report.disk_is_low));
    family(
        &mut text,
        "limpet_containers_turned_away",
        "counter",
        "Containers for which the supervisor has no room.",
    );
    sample(&mut text, "limpet_containers_turned_away", "", u64::from(report.turned_away));
    let gauges: [Gauge; 3] = [
        ("limpet_container_running", "Whether the container runs.", |one| {
            u64::from(one.state == State::Running)
        }),
        (
            "limpet_container_restarts",
            "Restarts since it was last started by hand, by up or at boot.",
            |one| u64::from(one.restarts),
        ),
        ("limpet_container_unhealthy", "Whether its health check says that it is not well.", |one| {
            u64::from(one.health == Health::Unhealthy)
        }),
    ];
    for (name, help, value) in gauges {
        family(&mut text, name, "gauge", help);
        for instance in &report.instances {
            sample(&mut text, name, &labels(instance), value(instance));
        }
    }
    text
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string does not fail.
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}").ok();
}

fn sample(text: &mut String, name: &str, labels: &str, value: u64) {
    writeln!(text, "{name}{labels} {value}").ok();
}

fn labels(instance: &Instance) -> String {
    let mut labels = format!("{{name=\"{}\"", escaped(&instance.name));
    if let Some((app, service, replica)) = &instance.member {
        write!(labels, ",app=\"{}\",service=\"{}\",replica=\"{replica}\"", escaped(app), escaped(service))
            .ok();
    }
    labels.push('}');
    labels
}

/// A label's value may hold anything but these three unescaped.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
