//! zsh, as an autoloaded `_limpet` or by `source <(limpet completion zsh)`.

use super::{APPS, CONTAINERS, IMAGES, calls, global_flags, shown_flags, spellings, takes_value};
use crate::cli::table::{self, Flag, GROUPS, Subject, Takes, Verb};

pub(super) fn script() -> String {
    let mut script =
        String::from("#compdef limpet\n# zsh completion for limpet, made by: limpet completion zsh\n");
    script.push_str(&format!(
        "_limpet_containers() {{ local -a names=(${{(f)\"$({CONTAINERS})\"}}); compadd -a names }}\n\
         _limpet_images() {{ local -a names=(${{(f)\"$({IMAGES})\"}}); compadd -a names }}\n\
         _limpet_apps() {{ local -a names=(${{(f)\"$({APPS})\"}}); compadd -a names }}\n"
    ));
    verbs(&mut script);
    script.push_str("_limpet_verb() {\n    case \"$1\" in\n");
    for (group, name, verb) in calls() {
        arguments(&mut script, format!("{group} {name}").trim_start(), verb);
    }
    script.push_str("    esac\n}\n");
    members(&mut script);
    script.push_str(
        "_limpet() {\n    local context state state_descr line\n    typeset -A opt_args\n    _arguments -C",
    );
    for flag in global_flags() {
        script.push_str(&specs(flag));
    }
    script.push_str(MAIN);
    script
}

fn verbs(script: &mut String) {
    script.push_str("_limpet_verbs() {\n    local -a verbs=(\n");
    let own = table::verbs().map(|verb| (verb.name, verb.purpose));
    for (name, purpose) in own.chain(GROUPS.iter().map(|group| (group.name, group.purpose))) {
        script.push_str(&format!("        {}\n", quoted(&format!("{name}:{purpose}"))));
    }
    script.push_str("    )\n    _describe verb verbs\n}\n");
}

fn members(script: &mut String) {
    script.push_str("_limpet_group() {\n    local -a verbs\n    case \"$1\" in\n");
    for group in GROUPS {
        let names = group.members.iter().map(|(name, verb)| quoted(&format!("{name}:{}", verb.purpose)));
        script.push_str(&format!("    {}) verbs=({}) ;;\n", group.name, names.collect::<Vec<_>>().join(" ")));
    }
    script.push_str("    esac\n    _describe verb verbs\n}\n");
}

fn arguments(script: &mut String, call: &str, verb: &'static Verb) {
    let stop = if verb.operands.end_flags { " -A '-*'" } else { "" };
    script.push_str(&format!("    '{call}') _arguments -s{stop}"));
    for flag in shown_flags(verb) {
        script.push_str(&specs(flag));
    }
    let action = action(verb.operands.subject);
    let rest = if verb.operands.end_flags {
        format!(" '1: :{action}' '*:: :_normal'")
    } else {
        format!(" '*: :{action}'")
    };
    if verb.operands.max > 0 {
        script.push_str(&rest);
    }
    script.push_str(" ;;\n");
}

/// One specification for each spelling of the flag, which exclude each other unless it may be repeated.
fn specs(flag: &Flag) -> String {
    let all = spellings(flag);
    let repeated = matches!(flag.takes, Takes::Values(_));
    let lead = if repeated { String::from("*") } else { format!("({})", all.join(" ")) };
    let value = if takes_value(flag) { format!(":value:{}", action(flag.subject())) } else { String::new() };
    let help = flag.help.replace('[', "\\[").replace(']', "\\]").replace(':', "\\:");
    all.iter().map(|spelling| format!(" {}", quoted(&format!("{lead}{spelling}[{help}]{value}")))).collect()
}

fn action(subject: Subject) -> &'static str {
    match subject {
        Subject::Text => " ",
        Subject::Container => "_limpet_containers",
        Subject::App => "_limpet_apps",
        Subject::Image => "_limpet_images",
        Subject::Path => "_files",
        Subject::Shell => "(bash zsh fish)",
        Subject::Verb => "_limpet_verbs",
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

const MAIN: &str = r#" '1: :_limpet_verbs' '*:: :->rest'
    [[ $state == rest ]] || return
    local verb=$line[1]
    case $verb in
    app|container|image|system)
        if (( CURRENT == 2 )); then
            _limpet_group $verb
        else
            verb="$verb $words[2]"
            shift words; (( CURRENT -= 1 ))
            _limpet_verb "$verb"
        fi ;;
    *) _limpet_verb "$verb" ;;
    esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _limpet "$@"; else compdef _limpet limpet; fi
"#;
