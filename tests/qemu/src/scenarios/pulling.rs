//! Images from a registry on this machine, past a network that breaks and somebody who changes what passes.

use crate::host::from_board;
use crate::{Board, Network, Stage};
use native_tests::places;
use native_tests::registry::Registry;
use native_tests::registry::forwarder::{Forwarder, Pass};

const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
/// Less than each of redis's layers but the last.
const CUT_AT: usize = 100_000;

pub(super) fn from_a_registry(stage: &Stage) {
    let registry = Registry::open();
    for image in ["busybox", "redis", "probe"] {
        registry.push(&format!("oci-archive:{}", places::multi(image).display()), &format!("{image}:1"));
    }
    let forwarder = Forwarder::start(&registry, |asked, before| match asked.target() {
        target if target.contains("/probe/blobs/") => Pass::Retouched,
        target if target.contains("/redis/blobs/") => match before {
            0 => Pass::Cut(CUT_AT),
            1 => Pass::Instead(BUSY.to_owned()),
            _ => Pass::Whole,
        },
        _ => Pass::Whole,
    });
    let spec = stage.spec().network(Network::User).words(&["limpet.network=dhcp"]).reboots();
    let mut board = stage.boot(&spec);
    board.until_connected();
    let host = from_board(forwarder.address());
    only_named_hosts_are_plain(&mut board, &host);
    breaks_are_mended(&mut board, &host, &forwarder);
    what_was_changed_is_refused(&mut board, &host);
    an_app_of_it(&mut board, &host);
    drop((forwarder, registry));
    board.reboot();
    board.until_status("far-one-1", "running");
    board.power_off();
}

fn only_named_hosts_are_plain(board: &mut Board, host: &str) {
    let name = format!("{host}/busybox:1");
    board.limpet(&["pull", &name]).refused(1, &[host, "plain-http"]);
    board.names_registry(host);
}

fn breaks_are_mended(board: &mut Board, host: &str, forwarder: &Forwarder) {
    let name = format!("{host}/redis:1");
    board.limpet(&["pull", "-q", &name]).ok();
    board.limpet(&["image", "verify", "-q", &name]).ok();
    let asked = forwarder.asked("/redis/blobs/");
    let wanted = format!("range: bytes={CUT_AT}-");
    let goes_on = asked.iter().any(|head| head.to_lowercase().contains(&wanted));
    assert!(goes_on, "nobody asked for the rest: {asked:#?}");
    let said = board.limpet(&["run", "--rm", "-m", "48m", &name, "redis-server", "--version"]).ok();
    assert!(said.text().contains("Redis server"), "{said:#?}");
}

/// The contents are what they were; the bytes that the manifest names are not.
fn what_was_changed_is_refused(board: &mut Board, host: &str) {
    let name = format!("{host}/probe:1");
    board.limpet(&["pull", &name]).refused(1, &["sha256:"]);
    assert_eq!(board.limpet(&["images", "-q", &name]).ok().text(), "");
    assert_eq!(board.sh("ls -A /var/lib/limpet/staging"), "", "something of it is left");
}

fn an_app_of_it(board: &mut Board, host: &str) {
    let file = format!(
        "name: far\nservices:\n  one:\n    image: {host}/busybox:1\n    restart: always\n    init: true\n    \
         command: sh -c 'echo open; exec sleep 100000'\n"
    );
    board.write("/root/compose.yaml", file.as_bytes());
    board.limpet(&["up", "-f", "/root/compose.yaml"]).ok();
    board.until_logged("far-one-1", "open");
}
