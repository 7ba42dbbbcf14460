//! `limpetctl` as people use it, against the real server.

use crate::desk::{Desk, IMAGE_1};
use limpet_controller::api;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

#[test]
fn a_fleet_is_connected_to_only_by_its_own_pin_and_root() {
    let desk = Desk::new();
    let pin: String = desk.rig.connect().pin.iter().map(|byte| format!("{byte:02x}")).collect();
    let wrong = format!("{}{}", &pin[2..], &pin[..2]);
    let url = desk.url();
    let said = desk.bad(&["connect", &url, "--pin", &wrong, "--root", "root-1.doc", "--key", "deploy.key"]);
    assert!(said.contains("another than the pinned one"), "{said}");
    let other = desk.rig.keys.sealed_root(1, &crate::rig::secret(9));
    std::fs::write(desk.path("other.doc"), other).expect("written");
    let said = desk.bad(&["connect", &url, "--pin", &pin, "--root", "other.doc", "--key", "deploy.key"]);
    assert!(said.contains("another fleet"), "{said}");
    assert!(desk.good(&["version"]).contains("limpet-controller"));
    desk.key("stranger.key", "deploy", &crate::rig::secret(9), 9);
    desk.bad(&["connect", &url, "--pin", &pin, "--root", "root-1.doc", "--key", "stranger.key"]);
}

#[test]
fn a_controller_that_forgot_what_was_signed_is_refused() {
    let mut desk = Desk::new();
    let _board = desk.join(23, "one", &[]);
    let file = desk.path("backup");
    let data = desk.rig.data();
    let backup =
        Command::new(crate::rig::controller()).arg("backup").arg("--data").arg(&data).arg(&file).output();
    assert!(backup.expect("it runs").status.success());
    desk.compose("web", IMAGE_1);
    desk.good(&["apply", "-f", "web.yaml", "--all", "--detach"]);
    desk.rig.server = None;
    std::fs::rename(&data, desk.path("old")).expect("moved");
    let restore =
        Command::new(crate::rig::controller()).arg("restore").arg("--data").arg(&data).arg(&file).output();
    let restore = restore.expect("it runs");
    assert!(restore.status.success(), "{restore:?}");
    // Its certificate stays: a controller that lies has it, too.
    for name in ["certificate.pem", "certificate.key"] {
        std::fs::copy(desk.path("old").join(name), data.join(name)).expect("copied");
    }
    desk.rig.start();
    let text = std::fs::read_to_string(desk.path("fleet.json")).expect("a file");
    let mut context: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    context["url"] = desk.url().into();
    std::fs::write(desk.path("fleet.json"), context.to_string()).expect("written");
    let said = desk.bad(&["get", "boards"]);
    assert!(said.contains("generation 2 under root 1 was signed from here"), "{said}");
}

#[test]
fn a_tag_is_resolved_by_its_registry_once_for_all_boards() {
    let desk = Desk::new();
    let boards = [desk.join(26, "one", &[]), desk.join(27, "two", &[])];
    let manifest =
        br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        // It speaks no TLS: it closes, and is asked again without.
        let mut first = [0; 1];
        stream.read_exact(&mut first).expect("a byte");
        let (mut stream, first) = match first[0] {
            b'G' => (stream, "G"),
            _ => {
                stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n").expect("sent");
                drop(stream);
                (listener.accept().expect("a connection").0, "")
            }
        };
        let mut head = first.as_bytes().to_vec();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a byte");
            head.push(byte[0]);
        }
        let length = manifest.len();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.index.v1+json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).and_then(|()| stream.write_all(manifest)).expect("sent");
        String::from_utf8_lossy(&head).into_owned()
    });
    desk.compose("web", &format!("127.0.0.1:{port}/web:1.2"));
    let insecure = format!("127.0.0.1:{port}");
    let said =
        desk.good(&["apply", "-f", "web.yaml", "--all", "--dry-run", "--insecure-registry", &insecure]);
    assert!(asked.join().expect("it was asked").starts_with("GET /v2/web/manifests/1.2 "));
    use sha2::Digest as _;
    let digest: String =
        sha2::Sha256::digest(manifest).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    assert!(said.contains(&format!("web@{digest}")), "{said}");
    assert!(said.contains("2 boards (one, two):"), "{said}");
    drop(boards);
}

#[test]
fn boards_are_approved_changed_and_shown() {
    let desk = Desk::new();
    let board = desk.join(28, "one", &["site=north"]);
    desk.good(&["board", "label", "one", "rack=1", "site-"]);
    desk.good(&["cordon", "one"]);
    let wide = desk.good(&["get", "boards", "-o", "wide"]);
    assert!(wide.contains("Cordoned") && wide.contains("rack=1") && !wide.contains("site="), "{wide}");
    desk.compose("web", IMAGE_1);
    desk.bad(&["apply", "-f", "web.yaml", "--all"]);
    desk.good(&["uncordon", "-l", "rack=1"]);
    desk.good(&["board", "rename", "one", "first"]);
    assert_eq!(desk.good(&["get", "boards", "-o", "name"]).trim(), "first");
    desk.good(&["board", "approve", "SN-1", "SN-2"]);
    desk.good(&["board", "revoke", "first"]);
    assert!(desk.good(&["get", "boards"]).contains("Revoked"));
    let json: Vec<api::Board> =
        serde_json::from_str(&desk.good(&["get", "boards", "-o", "json"])).expect("JSON");
    assert_eq!(json[0].id, board.id().to_string());
    desk.bad(&["get", "boards", "nosuch"]);
    assert_eq!(desk.run(&["get", "nosuch"]).status.code(), Some(2));
    assert_eq!(desk.run(&["apply", "-f", "web.yaml"]).status.code(), Some(2));
    let mut child = desk.begin(&["get", "audit"]);
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{output:?}");
}
