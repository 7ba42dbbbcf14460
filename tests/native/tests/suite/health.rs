//! Health checks, and what follows from them.

use native_tests::{Limpet, Supervisor, until};

const PACE: [&str; 6] = ["--health-interval", "100ms", "--health-timeout", "5s", "--health-retries", "2"];

/// Runs a container that is restarted when it is not well.
fn watched(limpet: &Limpet, check: &[&str], script: &str) {
    let flags = ["--name", "cc", "--on-unhealthy", "restart"];
    limpet.detached(&[&flags, &PACE[..], check, &["busybox", "sh", "-c", script]].concat());
}

/// It begins again, although it never ends by itself.
fn until_restarted(limpet: &Limpet) {
    until("it has begun again", || (limpet.logged("cc", "begun") >= 2).then_some(()));
}

#[test]
fn a_command_that_fails_is_noticed() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let script = "echo begun; touch /well; sleep 1; rm /well; exec sleep 1000";
    watched(&limpet, &["--health-cmd", "test -e /well"], script);
    until_restarted(&limpet);
}

#[test]
fn a_command_that_hangs_is_ended_with_all_that_it_started() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let hang = "echo $$ >> /probes; sleep 1234 & sleep 1234";
    let flags =
        ["--name", "cc", "--health-cmd", hang, "--health-interval", "100ms", "--health-timeout", "300ms"];
    limpet.detached(&[&flags[..], &["busybox", "sleep", "1000"]].concat());
    until("four probes were begun", || {
        let count = limpet.try_to(&["exec", "cc", "wc", "-l", "/probes"]);
        count.stdout.split(' ').next()?.parse::<u32>().ok().filter(|count| *count >= 4)
    });
    let left = limpet.ok(&["exec", "cc", "sh", "-c", "pgrep -f 1234 | wc -l"]);
    let left: u32 = left.text().trim().parse().expect("a number");
    // One probe may be at work: its shell, and two that sleep; pgrep's own shell is another.
    assert!(left <= 4, "{left} processes of probes are left");
}

#[test]
fn an_http_server_is_asked_in_its_own_network() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let script = "echo begun; mkdir /www; echo well > /www/health; httpd -p 127.0.0.1:8080 -h /www; \
                  sleep 2; rm /www/health; exec sleep 1000";
    watched(&limpet, &["--health-http", "8080/health"], script);
    let first = limpet.pid_of("cc").expect("it runs");
    std::thread::sleep(std::time::Duration::from_millis(1000));
    assert_eq!(limpet.pid_of("cc"), Some(first), "it was restarted while it was well");
    until_restarted(&limpet);
}

#[test]
fn ps_says_that_it_is_stopped_for_its_health() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let flags = ["--stop-timeout", "3"];
    let check = [&flags[..], &["--health-cmd", "test -e /well"]].concat();
    watched(&limpet, &check, "trap 'echo asked' TERM; echo begun; while :; do sleep 0.1; done");
    limpet.until_logged("cc", "asked");
    let shown = limpet.ok(&["ps", "--format", "{{.Status}}"]);
    assert!(shown.text().starts_with("Up ") && shown.text().ends_with(" (unhealthy)"), "{shown:#?}");
}

fn until_health(limpet: &Limpet, health: &str) {
    let shown = || limpet.ok(&["ps", "--format", "{{.Health}}"]).text() == health;
    until(&format!("it is {health}"), || shown().then_some(()));
}

#[test]
fn a_port_that_closes_is_noticed() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let script =
        "httpd -f -p 127.0.0.1:8080 & while [ ! -e /close ]; do sleep 0.1; done; kill $!; exec sleep 1000";
    let flags = ["--name", "cc", "--health-tcp", "8080"];
    limpet.detached(&[&flags, &PACE[..], &["busybox", "sh", "-c", script]].concat());
    until_health(&limpet, "healthy");
    let pid = limpet.pid_of("cc");
    limpet.ok(&["exec", "cc", "touch", "/close"]);
    until_health(&limpet, "unhealthy");
    assert_eq!(limpet.pid_of("cc"), pid, "nobody asked for a restart");
}

#[test]
fn the_start_period_has_its_own_pace_and_failures_do_not_count_in_it() {
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    // By the interval no probe would ever come, and one failure that counts would be enough.
    let pace = ["--health-interval", "1h", "--health-start-period", "1h", "--health-start-interval", "100ms"];
    let check = ["--health-retries", "1", "--health-cmd", "echo >> /probes; test -e /well"];
    limpet.detached(&[&["--name", "cc"], &pace[..], &check, &["busybox", "sleep", "1000"]].concat());
    until("four probes were made", || {
        let count = limpet.try_to(&["exec", "cc", "sh", "-c", "wc -l < /probes"]);
        count.stdout.trim().parse::<u32>().ok().filter(|count| *count >= 4)
    });
    assert_eq!(limpet.ok(&["ps", "--format", "{{.Health}}"]).text(), "starting");
    limpet.ok(&["exec", "cc", "touch", "/well"]);
    until_health(&limpet, "healthy");
}

/// One wake-up begins a probe and takes the answer of the one before; what is asked here for the count wakes it, too.
#[test]
fn what_is_well_wakes_the_supervisor_once_for_each_probe() {
    const PROBES: u64 = 40;
    let limpet = Limpet::with(&["busybox"]);
    let _supervisor = Supervisor::start(&limpet);
    let check = ["--health-cmd", "echo >> /probes", "--health-interval", "200ms", "--health-timeout", "5s"];
    limpet.detached(&[&["--name", "cc"], &check[..], &["busybox", "sleep", "1000"]].concat());
    let probes = || {
        let count = limpet.try_to(&["exec", "cc", "wc", "-l", "/probes"]);
        count.stdout.split(' ').next().and_then(|count| count.parse::<u64>().ok())
    };
    let wakeups = || {
        let text = limpet.ok(&["metrics"]).stdout;
        let line = text.lines().find(|line| line.starts_with("limpet_supervisor_wakeups_total "));
        line.and_then(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).expect("it is counted")
    };
    until("two probes were made", || probes().filter(|count| *count >= 2));
    let (woken, probed) = (wakeups(), probes().expect("it runs"));
    let mut looks = 0;
    let last = until("more probes were made", || {
        looks += 1;
        std::thread::sleep(std::time::Duration::from_secs(1));
        probes().filter(|count| *count >= probed + PROBES)
    });
    let (woken, made) = (wakeups() - woken, last - probed);
    println!("{woken} wake-ups for {made} probes");
    // Asking for the metrics takes a few, and a probe that is slower than the one before is looked for twice.
    assert!(woken <= made + made / 4 + 12, "{woken} wake-ups for {made} probes");
    assert!(looks > 0);
}
