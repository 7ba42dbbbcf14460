//! Files laid over files; the examples of the specification's "Merge" among them.

use super::{merge, settle};
use crate::node::Node;
use crate::problem::Report;
use crate::yaml::{Budget, documents};

fn tree(text: &str) -> Node {
    let (mut budget, mut report) = (Budget::new(), Report::default());
    documents(text, 0, &mut budget, &mut report).expect("YAML").pop().expect("one")
}

/// What the files come to, in the form of `expected`; places do not count.
fn merged(texts: &[&str]) -> Result<String, String> {
    let mut report = Report::default();
    let trees = texts.iter().map(|text| tree(text));
    let mut node = trees.reduce(|base, over| merge(base, over, &mut report)).expect("a file");
    settle(&mut node);
    report.finish(Some(shown(&node))).map(|(shown, _)| shown).map_err(|problems| problems.to_string())
}

fn shown(node: &Node) -> String {
    if let Ok(entries) = node.map() {
        let entries = entries.iter().map(|entry| format!("{}: {}", entry.key, shown(&entry.value)));
        return format!("{{{}}}", entries.collect::<Vec<_>>().join(", "));
    }
    match node.list() {
        Ok(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Err(_) if node.is_null() => "null".to_owned(),
        Err(_) => node.letters().unwrap_or_default().to_owned(),
    }
}

fn service(fields: &str) -> String {
    format!("services: {{foo: {fields}}}")
}

#[test]
fn fields_of_a_service_meet_by_their_own_rules() {
    for (base, over, result) in [
        // The specification's.
        (
            "{key1: value1, key2: value2}",
            "{key2: VALUE, key3: value3}",
            "{key1: value1, key2: VALUE, key3: value3}",
        ),
        ("{DNS: [1.1.1.1]}", "{DNS: [8.8.8.8]}", "{DNS: [1.1.1.1, 8.8.8.8]}"),
        ("{command: [echo, foo]}", "{command: [echo, bar]}", "{command: [echo, bar]}"),
        ("{volumes: [\"foo:/work\"]}", "{volumes: [\"bar:/work\"]}", "{volumes: [bar:/work]}"),
        (
            "{image: myapp, ports: [\"8080:80\"], environment: {FOO: BAR}}",
            "{image: myapp, ports: !reset [], environment: {FOO: !reset null}}",
            "{image: myapp, environment: {}}",
        ),
        ("{ports: [\"8080:80\"]}", "{ports: !override [\"8443:443\"]}", "{ports: [8443:443]}"),
        // Of mappings and lists of pairs.
        (
            "{environment: {A: 1, B: 2}}",
            "{environment: [\"B=3\", C]}",
            "{environment: {A: 1, B: 3, C: null}}",
        ),
        ("{environment: [\"A=1\", \"A=2\"]}", "{environment: {B: 3}}", "{environment: {A: 2, B: 3}}"),
        ("{labels: [a=b]}", "{labels: {a: c}}", "{labels: {a: c}}"),
        (
            "{depends_on: [db]}",
            "{depends_on: {db: {condition: x}, cache: {condition: y}}}",
            "{depends_on: {db: {condition: x}, cache: {condition: y}}}",
        ),
        (
            "{depends_on: {db: {condition: x, restart: true}}}",
            "{depends_on: {db: {condition: y}}}",
            "{depends_on: {db: {condition: y, restart: true}}}",
        ),
        ("{sysctls: [net.a=1]}", "{sysctls: {net.a: 2}}", "{sysctls: {net.a: 2}}"),
        // Of lists with keys.
        (
            "{volumes: [\"./a:/x:ro\", /y]}",
            "{volumes: [{type: volume, target: /y}, \"./b:/x/\"]}",
            "{volumes: [./b:/x/, {type: volume, target: /y}]}",
        ),
        (
            "{configs: [a, {source: b, target: /t}]}",
            "{configs: [{source: c, target: /t}, a, d]}",
            "{configs: [a, {source: c, target: /t}, d]}",
        ),
        (
            "{devices: [\"/dev/a:/dev/b\", /dev/c]}",
            "{devices: [{source: /dev/d, target: /dev/b}, \"/dev/c:r\"]}",
            "{devices: [{source: /dev/d, target: /dev/b}, /dev/c:r]}",
        ),
        (
            "{env_file: a.env}",
            "{env_file: [b.env, {path: a.env, required: false}]}",
            "{env_file: [{path: a.env, required: false}, b.env]}",
        ),
        ("{tmpfs: /run}", "{tmpfs: [\"/run:size=1m\", /tmp]}", "{tmpfs: [/run:size=1m, /tmp]}"),
        ("{cap_add: [A, B]}", "{cap_add: [B, C]}", "{cap_add: [A, B, C]}"),
        // Of their own kind.
        (
            "{healthcheck: {test: [CMD, a], retries: 3}}",
            "{healthcheck: {test: b, interval: 1s}}",
            "{healthcheck: {test: b, retries: 3, interval: 1s}}",
        ),
        (
            "{ulimits: {nofile: {soft: 1, hard: 2}, nproc: 1}}",
            "{ulimits: {nofile: 5}}",
            "{ulimits: {nofile: 5, nproc: 1}}",
        ),
        (
            "{logging: {driver: a, options: {x: 1}}}",
            "{logging: {driver: a, options: {y: 2}}}",
            "{logging: {driver: a, options: {x: 1, y: 2}}}",
        ),
        ("{logging: {driver: a, options: {x: 1}}}", "{logging: {driver: b}}", "{logging: {driver: b}}"),
        (
            "{logging: {driver: a, options: {x: 1}}}",
            "{logging: {options: {x: 2}}}",
            "{logging: {driver: a, options: {x: 2}}}",
        ),
        ("{command: a}", "{command: }", "{command: null}"),
        ("{environment: {A: 1}}", "{environment: }", "{environment: {A: 1}}"),
        ("{environment: }", "{environment: {A: 1}}", "{environment: {A: 1}}"),
        (
            "{deploy: {resources: {limits: {cpus: 1}}}}",
            "{deploy: {resources: {limits: {memory: 1}}}}",
            "{deploy: {resources: {limits: {cpus: 1, memory: 1}}}}",
        ),
        ("{init: true}", "{init: !reset true}", "{}"),
        ("{x: {a: 1}}", "{x: !override {b: 2}}", "{x: {b: 2}}"),
        ("{cap_add: [A]}", "{cap_add: [B, !reset C]}", "{cap_add: [A, B]}"),
    ] {
        let result = format!("{{services: {{foo: {result}}}}}");
        assert_eq!(merged(&[&service(base), &service(over)]), Ok(result), "{base} {over}");
    }
}

#[test]
fn marks_reach_through_several_files_and_leave_none_behind() {
    assert_eq!(merged(&["a: [1]", "a: !override [2]", "a: [3]"]).as_deref(), Ok("{a: [2, 3]}"));
    assert_eq!(merged(&["a: [1]", "a: !reset [2]", "a: [3]"]).as_deref(), Ok("{a: [3]}"));
    assert_eq!(merged(&["a: !reset 1\nb: !override {c: !reset 1, d: 2}"]).as_deref(), Ok("{b: {d: 2}}"));
}

#[test]
fn what_does_not_fit_is_refused() {
    for (base, over) in
        [("a: [1]", "a: {b: 1}"), ("a: {b: 1}", "a: [1]"), ("a: {b: 1}", "a: c"), ("a: 1", "a: [1]")]
    {
        let said = merged(&[base, over]).expect_err(over);
        assert!(said.contains("what it is laid over (line 1)") && said.contains("!override"), "{said}");
    }
    let said =
        merged(&[&service("{environment: a}"), &service("{environment: {B: c}}")]).expect_err("a text");
    assert!(said.contains("laid over"), "{said}");
}
