//! The types of the npm package, generated from the Rust types and their documentation.
//!
//! `make types` writes the file. The test fails if the file is not up to date.

use std::env;
use std::fs;
use std::path::Path;

use ts_rs::{Config, TS};

use crate::audio::{Container, SampleFormat};
use crate::engine::{Priority, Progress};
use crate::error::ErrorCode;
use crate::job::{EnhanceOptions, RawFormat, Summary};
use crate::limits::Limits;
use crate::model::Scores;
use crate::read::{AudioTrack, Damage};
use crate::score::{Comparison, Finding, FindingCode, Measures};
use crate::signal::loudness::Loudness;
use crate::signal::{Controls, InputGain, Output};
use crate::warning::{Warning, WarningCode};
use crate::write::Destination;

const FILE: &str = "../enhancer-wasm/js/generated/core.ts";

/// The maximum length of a line.
const LINE: usize = 100;

const HEAD: &str = "\
// Written from the Rust types of enhancer-core by `make types`. Do not edit it: change those.
";

#[test]
fn the_typescript_types_are_those_of_rust() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let made = document();
    if env::var_os("ENHANCER_WRITE_TYPES").is_some() {
        fs::write(&file, &made).unwrap();
    }
    let there = fs::read_to_string(&file).unwrap_or_default();
    // Not `assert_eq!`: it would print the whole file twice.
    assert!(there == made, "js/generated/core.ts is not up to date: run `make types`");
}

#[test]
fn the_package_explains_each_code_that_it_gives() {
    // The package does not use sessions or names of models.
    let unused =
        ["session_exists", "session_finished", "shut_down", "unknown_model"].map(ToOwned::to_owned);
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../enhancer-wasm/README.md");
    let guide = fs::read_to_string(guide).unwrap();
    let errors = guide.split("\n# ").find(|part| part.starts_with("Errors\n")).unwrap();
    for code in ErrorCode::ALL {
        let code = code.to_string();
        assert_ne!(errors.contains(&format!("`{code}`")), unused.contains(&code), "{code}");
    }
}

fn document() -> String {
    let config = Config::new().with_large_int("number");
    let declared = [
        declaration::<ErrorCode>(&config),
        declaration::<SampleFormat>(&config),
        declaration::<Container>(&config),
        union("AudioContainer", "A container of a result that is sound.", |it| !it.is_video()),
        union("VideoContainer", "A container of a result that is a video.", Container::is_video),
        declaration::<RawFormat>(&config),
        declaration::<Limits>(&config),
        declaration::<Priority>(&config),
        declaration::<InputGain>(&config),
        declaration::<Output>(&config),
        declaration::<Controls>(&config),
        declaration::<Loudness>(&config),
        declaration::<Destination>(&config),
        declaration::<EnhanceOptions>(&config),
        declaration::<Progress>(&config),
        declaration::<AudioTrack>(&config),
        declaration::<Damage>(&config),
        declaration::<WarningCode>(&config),
        declaration::<Warning>(&config),
        declaration::<Summary>(&config),
        declaration::<Scores>(&config),
        declaration::<Measures>(&config),
        declaration::<Comparison>(&config),
        declaration::<FindingCode>(&config),
        declaration::<Finding>(&config),
    ];
    [HEAD.to_owned()].into_iter().chain(declared).collect::<Vec<_>>().join("\n")
}

/// A type with its documentation, formatted as prettier does it.
fn declaration<T: TS>(config: &Config) -> String {
    let docs = first_paragraph(&without_links(&T::docs().unwrap_or_default()));
    let declared = T::decl(config);
    let Some(fields) = declared.strip_suffix(" };") else {
        return format!("{docs}{}", alias(&declared));
    };
    let (head, fields) = fields.split_once(" = { \n").expect("all fields are documented");
    let fields = without_links(fields);
    let fields = fields.lines().map(|line| match line.trim_end().strip_suffix(',') {
        Some(field) if !line.starts_with(" *") => format!("  {field};\n"),
        _ => format!("  {line}\n"),
    });
    let head = head.replacen("type", "interface", 1);
    format!("{docs}export {head} {{\n{}}}\n", fields.collect::<String>())
}

/// A union of the names of all containers that can be written and satisfy `wanted`.
fn union(name: &str, docs: &str, wanted: impl Fn(Container) -> bool) -> String {
    let written = Container::all_written().into_iter().filter(|it| wanted(*it));
    let names: Vec<_> = written.map(|it| format!("\"{it}\"")).collect();
    let declared = format!("type {name} = {};", names.join(" | "));
    format!("/**\n * {docs}\n */\n{}", alias(&declared))
}

/// `type Name = …;`. Parts that do not fit in one line get a line each.
fn alias(declared: &str) -> String {
    let line = format!("export {}", declared.replace('"', "'"));
    if line.len() <= LINE {
        return line + "\n";
    }
    let (head, union) = line.split_once(" = ").expect("it is an alias");
    if union.len() + 2 <= LINE {
        return format!("{head} =\n  {union}\n");
    }
    format!("{head} =\n  | {}\n", union.replace("' | ", "'\n  | "))
}

/// Replaces links to Rust items by their text.
fn without_links(text: &str) -> String {
    let mut parts = text.split("[`");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("`]").expect("a link ends");
        let rest = match rest.strip_prefix('(') {
            Some(target) => target.split_once(')').expect("a target ends").1,
            None => rest,
        };
        plain.extend(["`", &in_javascript(name), "`", rest]);
    }
    plain
}

/// The name of a field, with that of its type.
fn in_javascript(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().replace("::", ".");
    for word in words {
        camel.extend([&word[..1].to_uppercase(), &word[1..]]);
    }
    camel
}

/// The first paragraph of a comment. The rest is for Rust, such as an example.
fn first_paragraph(comment: &str) -> String {
    match comment.split_once(" *\n") {
        Some((first, _)) => format!("{first} */\n"),
        None => comment.to_owned(),
    }
}
