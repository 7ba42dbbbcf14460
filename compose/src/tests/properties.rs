//! Properties over made-up files: reading is total, the same twice, and what comes out is valid.

use super::{DIRECTORY, options, project};
use crate::{Source, Variables, parse};

/// A generator that is the same on every machine (xorshift64*, Vigna 2016).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// Words that mean something somewhere, and pieces of syntax.
const PIECES: &[&str] = &[
    "services",
    "web",
    "image",
    "volumes",
    "environment",
    "command",
    "deploy",
    "resources",
    "limits",
    "memory",
    "cpus",
    "healthcheck",
    "test",
    "depends_on",
    "extends",
    "secrets",
    "configs",
    "file",
    "x-limpet",
    "ulimits",
    "nofile",
    ": ",
    ":\n",
    "\n  ",
    "\n    ",
    "\n      ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "\"",
    "'",
    "|",
    ">",
    "&a ",
    "*a",
    "<<: *a",
    "!reset ",
    "!override ",
    "!!str ",
    "# c",
    "$A",
    "${A:-b}",
    "${",
    "}",
    "$$",
    "true",
    "null",
    "~",
    "0440",
    "64m",
    "1.5",
    "-1",
    "10s",
    "/data",
    "./a:/b:ro",
    "a=b",
    "host",
    "none",
    "always",
    "\t",
    "\u{feff}",
    "é",
    "\0",
    "---\n",
    "...\n",
    "%",
];

/// Values that fields are tried with.
const VALUES: &[&str] = &[
    "a",
    "\"1\"",
    "1",
    "-1",
    "1.5",
    "true",
    "false",
    "null",
    "",
    "[]",
    "{}",
    "[a]",
    "[\"a=b\"]",
    "{a: b}",
    "[{a: b}]",
    "10s",
    "64m",
    "/a",
    "./a:/a",
    "[\"./a:/a\"]",
    "[/dev/a]",
    "host",
    "none",
    "always",
    "\"on-failure:3\"",
    "SIGTERM",
    "0440",
    "${A}",
    "$A$B",
    "!reset a",
    "[CMD, a]",
    "{test: a}",
    "{replicas: 2}",
    "{nofile: 5}",
    "{driver: none}",
    "{limits: {cpus: \"1\"}}",
    "[{source: a, target: b}]",
    "[{type: bind, source: a, target: /b}]",
    "[ALL]",
    "0-3",
    "{condition: service_healthy}",
    "{web: {condition: service_started}}",
    "[[[]]]",
    "{a: {b: {c: d}}}",
];

fn fields() -> Vec<&'static str> {
    let said = super::problems("services: {web: {image: a, \u{1}: 1}}");
    assert!(said.contains("there is no field"), "{said}");
    crate::service::field_names().collect()
}

/// Whatever comes out is valid, and the same again.
fn holds(texts: &[&str]) -> bool {
    let variables = [("A", "alpha"), ("B", "")];
    let first = project(texts, &variables, &[]);
    assert_eq!(first, project(texts, &variables, &[]), "{texts:?}");
    match first {
        Ok(parsed) => {
            assert_eq!(parsed.app.validate(), Ok(()), "{texts:?}");
            true
        }
        Err(problems) => {
            assert!(!problems.list.is_empty(), "{texts:?}");
            let shown = problems.to_string();
            let lines = problems.list.len() + usize::from(problems.left_out > 0);
            assert_eq!(shown.lines().count(), lines, "a problem is one line: {shown:?} of {texts:?}");
            false
        }
    }
}

#[test]
fn any_text_is_read_to_an_end() {
    let mut random = Random(0x5eed_0001);
    for _ in 0..8000 {
        let count = random.below(40);
        let text: String = (0..count).map(|_| random.pick(PIECES)).collect();
        holds(&[&text]);
    }
}

#[test]
fn any_value_in_any_field_is_taken_or_refused() {
    let fields = fields();
    let mut random = Random(0x5eed_0002);
    let mut taken = 0;
    for field in &fields {
        for value in VALUES {
            taken += u32::from(holds(&[&format!("services:\n  web:\n    image: a\n    {field}: {value}\n")]));
        }
    }
    for _ in 0..3000 {
        let mut text = String::from("services:\n  web:\n    image: a\n");
        for _ in 0..=random.below(4) {
            let (field, value) = (random.pick(&fields), random.pick(VALUES));
            text.push_str(&format!("    {field}: {value}\n"));
        }
        let over = text.replace("image: a", "image: b");
        taken += u32::from(holds(&[&text, &over]));
    }
    // The generator would prove nothing if all of it were refused.
    assert!(taken > 500, "{taken}");
}

#[test]
fn any_bytes_as_a_file_are_taken_or_refused() {
    let mut random = Random(0x5eed_0003);
    for _ in 0..2000 {
        let length = random.below(200);
        let bytes: Vec<u8> = (0..length).map(|_| u8::try_from(random.below(256)).expect("a byte")).collect();
        let text =
            "services: {web: {image: a, env_file: f, secrets: [s]}}\nsecrets: {s: {file: f}}\n".to_owned();
        let source = Source { path: format!("{DIRECTORY}/compose.yaml"), text };
        let result = parse(&[source], &Variables::default(), &options(), &mut |_| Ok(Some(bytes.clone())));
        if let Ok(parsed) = result {
            assert_eq!(parsed.app.workloads[0].files[0].contents, bytes);
        }
    }
}

#[test]
fn any_text_survives_interpolation_when_its_dollars_are_doubled() {
    let mut random = Random(0x5eed_0004);
    const LETTERS: &[&str] = &["$", "{", "}", "A", ":", "-", "?", "+", "_", "1", " ", "é", "$$", "${A", "\\"];
    for _ in 0..20_000 {
        let count = random.below(12);
        let text: String = (0..count).map(|_| random.pick(LETTERS)).collect();
        let doubled = text.replace('$', "$$");
        let variables = Variables::new(vec![("A".to_owned(), "x".to_owned())]);
        let replaced = crate::interpolate::substitute(&doubled, &variables, &mut Vec::new());
        assert_eq!(replaced.map(|text| text.unwrap_or(doubled)), Ok(text));
    }
}

#[test]
fn any_words_survive_being_quoted_for_a_command() {
    let mut random = Random(0x5eed_0005);
    const LETTERS: &[&str] = &["a", " ", "'", "\"", "\\", "&", "|", ";", "\n", "é", "-"];
    for _ in 0..20_000 {
        let words: Vec<String> = (0..random.below(4))
            .map(|_| (0..random.below(6)).map(|_| random.pick(LETTERS)).collect())
            .collect();
        let quoted: Vec<String> =
            words.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
        assert_eq!(crate::shell_words::split(&quoted.join(" ")), Ok(words));
    }
}
