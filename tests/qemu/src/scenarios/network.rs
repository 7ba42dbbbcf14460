//! The board's own way to a network, and boards without one.

use crate::{Board, Network, Stage};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

pub(super) fn address_by_dhcp(stage: &Stage) {
    let mut board = stage.boot(&stage.spec().network(Network::User).words(&["limpet.network=dhcp"]));
    has_address(&mut board, "10.0.2.15/24");
    assert!(board.show("/etc/resolv.conf").contains("nameserver 10.0.2.3"));
    reaches_this_machine(&mut board);
    no_rights(&mut board);
    board.load("busybox");
    let words = ["run", "--rm", "--network", "host", "busybox", "ip", "route"];
    assert!(board.limpet(&words).ok().stdout.contains("default via 10.0.2.2"));
    board.power_off();
}

pub(super) fn address_by_the_maker(stage: &Stage) {
    let word = "limpet.network=10.0.2.77/24,via=10.0.2.2,dns=10.0.2.3";
    let mut board = stage.boot(&stage.spec().network(Network::User).words(&[word]));
    has_address(&mut board, "10.0.2.77/24");
    reaches_this_machine(&mut board);
    board.power_off();
}

/// Nobody answers on the cable: the board comes up all the same, keeps what it should, and goes off in time.
pub(super) fn nobody_answers(stage: &Stage) {
    let mut board = stage.boot(&stage.spec().network(Network::Silent).reboots());
    board.load("probe");
    board.detached("kept", &["--restart", "always", "probe", "on-term", "0"]);
    board.reboot();
    board.until_status("kept", "running");
    assert!(!board.sh("ip -4 addr show eth0").contains("inet "));
    assert!(board.sh("ip link show eth0").contains("UP"));
    board.power_off();
}

fn has_address(board: &mut Board, address: &str) {
    board.until(
        &format!("the board has {address}"),
        &format!("ip -4 addr show eth0 | grep -q 'inet {address} '"),
    );
    board.until("it knows a way out", "ip route | grep -q 'default via 10.0.2.2 dev eth0'");
}

/// QEMU's network shows this machine's loopback as 10.0.2.2.
fn reaches_this_machine(board: &mut Board) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = listener.local_addr().expect("it listens").port();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept()?;
        let _ = stream.read(&mut [0; 1024])?;
        stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nahoy")
    });
    let fetched = board.sh(&format!("timeout 20 wget -q -O - http://10.0.2.2:{port}/"));
    assert_eq!(fetched, "ahoy");
    server.join().expect("it does not panic").expect("the board's connection holds");
}

/// Who speaks with strangers is nobody, and has no capabilities.
fn no_rights(board: &mut Board) {
    let pid = board.sh("for p in /proc/[0-9]*; do if tr '\\0' ' ' < $p/cmdline | grep -q '^/proc/self/exe lease '; then basename $p; fi; done");
    let status = board.show(&format!("/proc/{pid}/status"));
    for line in [
        "Uid:\t65534\t65534\t65534\t65534",
        "CapEff:\t0000000000000000",
        "CapPrm:\t0000000000000000",
        "NoNewPrivs:\t1",
    ] {
        assert!(status.lines().any(|shown| shown == line), "{line:?} is missing:\n{status}");
    }
}
