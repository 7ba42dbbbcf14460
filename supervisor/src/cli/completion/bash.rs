//! bash, with or without the package bash-completion.

use super::{
    APPS, CONTAINERS, IMAGES, calls, first_words, global_flags, shown_flags, spellings, subject_word,
    takes_value,
};
use crate::cli::table::{GROUPS, Subject, Verb};

pub(super) fn script() -> String {
    let mut script = String::from("# bash completion for limpet, made by: limpet completion bash\n");
    script.push_str("_limpet_flags() {\n    case \"$1\" in\n");
    for (group, name, verb) in calls() {
        let flags: Vec<String> = shown_flags(verb).flat_map(spellings).collect();
        script.push_str(&format!("    '{}') echo '{}' ;;\n", call(group, name), flags.join(" ")));
    }
    script.push_str("    esac\n}\n");
    script.push_str("_limpet_valued() {\n    case \"$1 $2\" in\n");
    for (group, name, verb) in calls() {
        valued(&mut script, &call(group, name), verb);
    }
    script.push_str("    *) return 1 ;;\n    esac\n}\n");
    script.push_str("_limpet_operand() {\n    case \"$1\" in\n");
    for (group, name, verb) in calls() {
        if verb.operands.subject != Subject::Text {
            let subject = subject_word(verb.operands.subject);
            script.push_str(&format!("    '{}') echo {subject}:{} ;;\n", call(group, name), limit(verb)));
        }
    }
    script.push_str("    esac\n}\n");
    groups(&mut script);
    let main = MAIN.replace("@CONTAINERS@", CONTAINERS).replace("@IMAGES@", IMAGES);
    script.push_str(&main.replace("@APPS@", APPS));
    script
}

fn call(group: &str, name: &str) -> String {
    format!("{group} {name}").trim_start().to_owned()
}

/// How many operands are of the verb's subject: with a command after it, only the first.
fn limit(verb: &Verb) -> usize {
    if verb.operands.end_flags || verb.operands.subject == Subject::Image && verb.operands.max == 2 {
        return 1;
    }
    verb.operands.max.min(99)
}

/// Flags that take a value, with what the value is.
fn valued(script: &mut String, call: &str, verb: &'static Verb) {
    for (subject, word) in [(Subject::Path, "path"), (Subject::Text, "text")] {
        let flags = shown_flags(verb).filter(|flag| takes_value(flag) && flag.subject() == subject);
        let patterns: Vec<String> =
            flags.flat_map(spellings).map(|flag| format!("'{call} {flag}'")).collect();
        if !patterns.is_empty() {
            script.push_str(&format!("    {}) echo {word} ;;\n", patterns.join("|")));
        }
    }
}

fn groups(script: &mut String) {
    script.push_str("_limpet_members() {\n    case \"$1\" in\n");
    for group in GROUPS {
        let names: Vec<&str> = group.members.iter().map(|(name, _)| *name).collect();
        script.push_str(&format!("    {}) echo '{}' ;;\n", group.name, names.join(" ")));
    }
    let globals: Vec<String> = global_flags().flat_map(spellings).collect();
    script.push_str("    *) return 1 ;;\n    esac\n}\n");
    script.push_str(&format!("_limpet_first='{} {}'\n", first_words().join(" "), globals.join(" ")));
}

/// Finds the verb, the flag before the cursor and how many operands there are already.
const MAIN: &str = r#"_limpet_offer() {
    case "$1" in
    container) COMPREPLY=($(compgen -W "$(@CONTAINERS@)" -- "$2")) ;;
    app) COMPREPLY=($(compgen -W "$(@APPS@)" -- "$2")) ;;
    image) COMPREPLY=($(compgen -W "$(@IMAGES@)" -- "$2")) ;;
    path) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$2")) ;;
    shell) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$2")) ;;
    verb) COMPREPLY=($(compgen -W "$_limpet_first" -- "$2")) ;;
    esac
}
_limpet() {
    local line=${COMP_LINE:0:COMP_POINT} words word call= operands=0 i=1 value subject current
    read -ra words <<<"$line"
    current=
    [[ $line != *[[:space:]] ]] && current=${words[-1]} && unset 'words[-1]'
    COMPREPLY=()
    while ((i < ${#words[@]})); do
        word=${words[i]}
        if [[ -z $call ]]; then
            case $word in
            --root | --state) ((i += 1)) ;;
            -*) ;;
            *) call=$word; if _limpet_members "$word" >/dev/null; then ((i += 1)); call="$word ${words[i]:-}"; fi ;;
            esac
        elif _limpet_valued "$call" "$word" >/dev/null; then
            ((i += 1))
        elif [[ $word != -* || $word == - ]]; then
            ((operands += 1))
        fi
        ((i += 1))
    done
    word=${words[-1]}
    if [[ -z $call ]]; then
        case $word in --root | --state) _limpet_offer path "$current" ;; *) COMPREPLY=($(compgen -W "$_limpet_first" -- "$current")) ;; esac
    elif [[ $call == *' ' ]]; then
        COMPREPLY=($(compgen -W "$(_limpet_members "${call% }")" -- "$current"))
    elif value=$(_limpet_valued "$call" "$word"); then
        _limpet_offer "$value" "$current"
    elif [[ $current == -* ]]; then
        COMPREPLY=($(compgen -W "$(_limpet_flags "$call")" -- "$current"))
    else
        subject=$(_limpet_operand "$call")
        [[ -n $subject ]] && ((operands < ${subject#*:})) && _limpet_offer "${subject%:*}" "$current"
    fi
    # bash parts words at colons: what stands before one in the word is there already.
    if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
        local prefix=${current%"${current##*:}"}
        COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
    fi
}
complete -F _limpet limpet
"#;
