//! fish.

use super::{APPS, CONTAINERS, IMAGES, calls, global_flags, shown_flags, subject_word, takes_value};
use crate::cli::table::{self, Flag, GROUPS, NO, Subject};

pub(super) fn script() -> String {
    let mut script = String::from("# fish completion for limpet, made by: limpet completion fish\n");
    script.push_str(
        &HEAD
            .replace("@CONTAINERS@", CONTAINERS)
            .replace("@IMAGES@", IMAGES)
            .replace("@APPS@", APPS)
            .replace("@GROUPS@", &group_words()),
    );
    script.push_str("complete -c limpet -f\n");
    for flag in global_flags() {
        script.push_str(&line("__limpet_is ''", &flag_words(flag), flag.help));
    }
    let own = table::verbs().map(|verb| (verb.name, verb.purpose));
    for (name, purpose) in own.chain(GROUPS.iter().map(|group| (group.name, group.purpose))) {
        script.push_str(&line("__limpet_is ''", &format!("-a {name}"), purpose));
    }
    for group in GROUPS {
        for (name, verb) in group.members {
            script.push_str(&line(
                &format!("__limpet_is {}", group.name),
                &format!("-a {name}"),
                verb.purpose,
            ));
        }
    }
    for (group, name, verb) in calls() {
        let condition = format!("__limpet_is {}", format!("{group} {name}").trim_start());
        for flag in shown_flags(verb) {
            script.push_str(&line(&condition, &flag_words(flag), flag.help));
        }
        if let Some(offer) = offer(verb.operands.subject) {
            script.push_str(&line(&condition, offer, subject_word(verb.operands.subject)));
        }
    }
    script
}

fn group_words() -> String {
    GROUPS.iter().map(|group| group.name).collect::<Vec<_>>().join(" ")
}

fn line(condition: &str, what: &str, description: &str) -> String {
    format!("complete -c limpet -n {} {what} -d {}\n", quoted(condition), quoted(description))
}

fn flag_words(flag: &Flag) -> String {
    let short = if flag.short == NO { String::new() } else { format!("-s {} ", flag.short) };
    let value = match (takes_value(flag), flag.subject()) {
        (false, _) => "",
        (true, Subject::Path) => " -r -F",
        (true, _) => " -x",
    };
    format!("{short}-l {}{value}", flag.long)
}

fn offer(subject: Subject) -> Option<&'static str> {
    match subject {
        Subject::Text => None,
        Subject::Container => Some("-a '(__limpet_containers)'"),
        Subject::App => Some("-a '(__limpet_apps)'"),
        Subject::Image => Some("-a '(__limpet_images)'"),
        Subject::Path => Some("-F"),
        Subject::Shell => Some("-a 'bash zsh fish'"),
        Subject::Verb => Some("-a '(limpet help | string match -rg \"^  ([a-z]+)  \")'"),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// `__limpet_is WORDS`: the verb of the line, with its group, is these words.
const HEAD: &str = r#"function __limpet_containers; @CONTAINERS@; end
function __limpet_images; @IMAGES@; end
function __limpet_apps; @APPS@; end
function __limpet_is
    set -l words (commandline -opc)[2..]
    set -l call
    while set -q words[1]
        switch $words[1]
            case --root --state
                set -e words[1]
            case '-*'
            case '*'
                set -a call $words[1]
                if test (count $call) -eq 2; or not contains -- $words[1] @GROUPS@
                    break
                end
        end
        set -e words[1]
    end
    test "$call" = "$argv"
end
"#;
