//! Real programs from Debian's packages: Redis, nginx, Python.

use native_tests::{Limpet, until};

fn until_it_answers(limpet: &Limpet) {
    until("redis answers", || {
        (limpet.try_to(&["exec", "rr", "redis-cli", "ping"]).text() == "PONG").then_some(())
    });
}

#[test]
fn redis_answers_within_its_limits() {
    let limpet = Limpet::with(&["redis"]);
    limpet.detached(&["--name", "rr", "-m", "64m", "--cpus", "0.5", "redis"]);
    until_it_answers(&limpet);
    limpet.ok(&["exec", "rr", "redis-cli", "set", "tide", "low"]);
    assert_eq!(limpet.ok(&["exec", "rr", "redis-cli", "get", "tide"]).text(), "low");
    limpet.ok(&["stop", "rr"]);
    assert_eq!(limpet.field("rr", "/State/ExitCode"), 0);
    assert_eq!(limpet.field("rr", "/State/OOMKilled"), false);
}

#[test]
fn redis_outlives_a_hog_beside_it() {
    let limpet = Limpet::with(&["redis", "probe"]);
    limpet.detached(&["--name", "rr", "-m", "64m", "redis"]);
    until_it_answers(&limpet);
    let before = limpet.pid_of("rr");
    drop(limpet.try_to(&["run", "--rm", "-m", "32m", "probe", "hog", "268435456"]).code(137));
    assert_eq!(limpet.ok(&["exec", "rr", "redis-cli", "ping"]).text(), "PONG");
    assert_eq!(limpet.pid_of("rr"), before);
}

#[test]
fn nginx_serves_a_page() {
    let limpet = Limpet::with(&["nginx", "busybox"]);
    let id = limpet.detached(&["-m", "64m", "nginx"]);
    limpet.until_status(&id, "running");
    let pid = limpet.field(&id, "/State/Pid").to_string();
    // No network yet that both share: ask from the board, inside its network namespace.
    until("nginx answers", || {
        let args = ["--net", "--target", &pid, "busybox", "wget", "-qO-", "http://127.0.0.1/"];
        let page = std::process::Command::new("nsenter").args(args).output().expect("nsenter(1) is there");
        String::from_utf8_lossy(&page.stdout).to_lowercase().contains("nginx").then_some(())
    });
    limpet.ok(&["stop", &id]);
}

#[test]
fn python_computes() {
    let limpet = Limpet::with(&["python"]);
    let shown = limpet.ok(&["run", "--rm", "-m", "64m", "python", "python3", "-c", "print(sum(range(101)))"]);
    assert_eq!(shown.text(), "5050");
}
