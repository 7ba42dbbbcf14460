//! The scripts, as far as they can be judged without a shell; bash itself is asked where it is installed.

use super::script;
use crate::cli::command::Shell;
use std::io::Write as _;
use std::process::{Command, Stdio};

#[test]
fn every_script_knows_verbs_flags_and_names() {
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let script = script(shell);
        for word in [
            "run",
            "container",
            "memory-reservation",
            "limpet ps -a --format",
            "limpet images --format",
            "limpet app ls -q",
        ] {
            assert!(script.contains(word), "{shell:?}: {word}");
        }
        assert!(!script.contains("publish"), "{shell:?}");
    }
}

/// What bash offers for `line` with the cursor at its end; `limpet` itself is a function that names two things.
fn offered(line: &str) -> Option<Vec<String>> {
    let mut bash =
        Command::new("bash").arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut input = String::from(
        "limpet() { case $1 in ps) echo web; echo db ;; app) echo shop; echo blog ;; images) echo redis:7; echo redis:8 ;; esac; }\n",
    );
    input.push_str(&script(Shell::Bash));
    input.push_str(&format!(
        "COMP_LINE='{line}' COMP_POINT={} _limpet\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        line.len()
    ));
    bash.stdin.take()?.write_all(input.as_bytes()).ok()?;
    let output = bash.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

#[test]
fn bash_offers_what_fits() {
    for (line, expected) in [
        ("limpet ru", vec!["run"]),
        ("limpet container pr", vec!["prune"]),
        ("limpet run --memory-s", vec!["--memory-swap"]),
        ("limpet stop ", vec!["web", "db"]),
        ("limpet stop web d", vec!["db"]),
        ("limpet --root /x stop w", vec!["web"]),
        ("limpet exec -it w", vec!["web"]),
        ("limpet exec web w", vec![]),
        ("limpet down s", vec!["shop"]),
        ("limpet app re", vec!["restart"]),
        ("limpet app logs -f b", vec!["blog"]),
        ("limpet run -m 64m red", vec!["redis:7", "redis:8"]),
        ("limpet run --name ", vec![]),
        ("limpet completion f", vec!["fish"]),
        ("limpet container rm d", vec!["db"]),
    ] {
        // A machine without bash has nothing to complete for.
        let Some(offered) = offered(line) else { return };
        assert_eq!(offered, expected, "{line}");
    }
}
