//! Templates, right and wrong.

use super::{Template, TemplateError};
use serde_json::{Value, json};

fn container() -> Value {
    json!({
        "Id": "abc", "Pid": 7, "Running": true, "Error": null,
        "State": { "Status": "running", "ExitCode": 0 },
        "Args": ["a", "b c"],
        "Labels": { "app": "web", "a.b": "dotted" },
    })
}

fn render(text: &str) -> Result<String, TemplateError> {
    Template::parse(text)?.render(&container())
}

#[test]
fn fields_and_functions_are_filled_in() {
    for (text, filled) in [
        ("", ""),
        ("plain", "plain"),
        ("{{.Id}}", "abc"),
        ("{{ .Id }}: {{.State.Status}}", "abc: running"),
        ("{{.Pid}}\\t{{.Running}}", "7\ttrue"),
        ("{{.Error}}", "<nil>"),
        ("{{.Args}}", "[a b c]"),
        ("{{.Labels.app}}", "web"),
        ("{{index .Labels \"a.b\"}}", "dotted"),
        ("{{index .Args 1}}", "b c"),
        ("{{json .Args}}", "[\"a\",\"b c\"]"),
        ("{{.State | json}}", "{\"ExitCode\":0,\"Status\":\"running\"}"),
        ("{{upper .Id}}{{.Id | upper | lower}}", "ABCabc"),
        ("{{len .Args}}", "2"),
        ("{{join .Args \" | \"}}", "a | b c"),
        ("a {{- .Id -}} b", "aabcb"),
        ("a {{- .Id}} b", "aabc b"),
        ("{{.State}}", "map[ExitCode:0 Status:running]"),
    ] {
        assert_eq!(render(text).as_deref(), Ok(filled), "{text}");
    }
    assert_eq!(
        Template::parse("{{json .}}").and_then(|whole| whole.render(&json!([1]))).as_deref(),
        Ok("[1]")
    );
}

#[test]
fn what_is_not_understood_is_refused() {
    let supported = "is not supported; there are fields (.A.B), index, json, upper, lower, len and join; or use --format json";
    for (text, why) in [
        ("{{.Id", String::from("template: {{ without }}")),
        ("{{range .Args}}{{.}}{{end}}", format!("template: range {supported}")),
        ("{{if .Running}}x{{end}}", format!("template: if {supported}")),
        ("{{}}", format!("template: {{{{}}}} {supported}")),
        ("{{.Id | title}}", format!("template: title {supported}")),
        (
            "{{.Nope}}",
            String::from(
                "template: there is no field .Nope; there are Args, Error, Id, Labels, Pid, Running, State",
            ),
        ),
        (
            "{{.State.Nope}}",
            String::from("template: there is no field .State.Nope; there are ExitCode, Status"),
        ),
        ("{{.Id.Nope}}", String::from("template: there is no field .Id.Nope")),
        ("{{join .Id \",\"}}", String::from("template: join cannot be used on .Id")),
        ("{{len .Pid}}", String::from("template: len cannot be used on .Pid")),
    ] {
        assert_eq!(render(text).expect_err(text).to_string(), why, "{text}");
    }
    assert_eq!(Template::parse(&"x".repeat(20_000)), Err(TemplateError::TooLong));
}
