use std::path::Path;

use assert_cmd::Command;
use predicates::prelude::*;

use crate::support::names;

fn exporter(folder: &Path, arguments: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("model-exporter"));
    // Errors must be readable even if a developer switched on backtraces.
    command.env("RUST_BACKTRACE", "1").current_dir(folder).args(arguments).assert()
}

#[test]
fn defaults_make_both_files_and_say_so() {
    let scratch = tempfile::tempdir().unwrap();
    std::fs::create_dir(scratch.path().join("models")).unwrap();
    for [passthrough, export] in
        [["passthrough-model", "export-to-tflite"], ["passthrough_model", "export_to_tflite"]]
    {
        exporter(scratch.path(), &[passthrough])
            .success()
            .stdout(
                predicate::str::is_match("^Wrote models/passthrough_model: .* bytes\n$").unwrap(),
            )
            .stderr("");
        exporter(scratch.path(), &[export])
            .success()
            .stdout(
                predicate::str::is_match(
                    "^Wrote models/passthrough_model_lite.tflite: .* bytes\n$",
                )
                .unwrap(),
            )
            .stderr("");
    }
    let models = names(&scratch.path().join("models"));
    assert_eq!(models, ["passthrough_model", "passthrough_model_lite.tflite"]);
}

#[test]
fn failure_is_one_message_and_a_status() {
    let scratch = tempfile::tempdir().unwrap();
    exporter(scratch.path(), &["export-to-tflite", "--saved-model-path", "nowhere"])
        .code(1)
        .stdout("")
        .stderr(predicate::str::starts_with("error: there is no model at `nowhere`"))
        .stderr(predicate::str::contains("\n").count(1));
}

#[test]
fn a_contained_panic_prints_no_backtrace() {
    use crate::onnx::{Dim, Graph, node};
    let scratch = tempfile::tempdir().unwrap();
    let nodes = vec![node("Asin", &["x"], "y")];
    let graph = Graph { input: vec![Dim::Number(4)], constants: vec![], nodes };
    graph.write(&scratch.path().join("asin.onnx"));
    let arguments =
        ["export-to-tflite", "--saved-model-path", "asin.onnx", "--destination", "asin.tflite"];
    exporter(scratch.path(), &arguments)
        .code(1)
        .stderr(predicate::str::contains("Asin"))
        .stderr(predicate::str::contains("panicked").not())
        .stderr(predicate::str::contains("\n").count(1));
    assert_eq!(names(scratch.path()), ["asin.onnx"]);
}

#[test]
fn unknown_subcommand_is_a_usage_error() {
    let scratch = tempfile::tempdir().unwrap();
    exporter(scratch.path(), &["export"]).code(2).stderr(predicate::str::contains("Usage"));
}
