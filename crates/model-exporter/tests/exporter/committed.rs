use std::fs;
use std::path::Path;

use model_exporter::passthrough_model;
use model_exporter::tflite::export_to_tflite;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{names, repository};

#[test]
fn passthrough_files_are_what_the_commands_make() {
    let models = repository().join("models");
    let scratch = tempfile::tempdir().unwrap();
    let (saved, exported) = (scratch.path().join("model"), scratch.path().join("model.tflite"));
    passthrough_model::save(&saved).unwrap();
    export_to_tflite(&models.join("passthrough_model"), &exported).unwrap();
    let same = |made, committed: &str| {
        assert!(
            fs::read(made).unwrap() == fs::read(models.join(committed)).unwrap(),
            "models/{committed} is not what model-exporter makes; run `make models`"
        );
    };
    assert_eq!(names(&models.join("passthrough_model")), names(&saved));
    same(saved.join("graph.nnef"), "passthrough_model/graph.nnef");
    same(exported, "passthrough_model_lite.tflite");
}

#[test]
fn compiled_models_are_what_the_command_makes() {
    let models = repository().join("models");
    let scratch = tempfile::tempdir().unwrap();
    for name in ["deepfilternet3", "dnsmos", "gtcrn"] {
        let (made, committed) = (scratch.path().join(name), models.join("compiled").join(name));
        model_exporter::compile(&models.join(name), &made).unwrap();
        assert_eq!(names(&made), names(&committed));
        for file in names(&made) {
            assert!(
                fs::read(made.join(&file)).unwrap() == fs::read(committed.join(&file)).unwrap(),
                "models/compiled/{name}/{file} is not what model-exporter makes; run `make models`"
            );
        }
    }
}

#[test]
fn a_single_file_is_compiled_too() {
    let scratch = tempfile::tempdir().unwrap();
    let made = scratch.path().join("passthrough.network");
    let bare = repository().join("models/passthrough_model_lite.tflite");
    model_exporter::compile(&bare, &made).unwrap();
    let model = enhancer_core::Model::from_tflite(&fs::read(made).unwrap()).unwrap();
    let input: Vec<f32> = (0..model.hop()).map(|at| at as f32).collect();
    let mut output = vec![0.0; input.len()];
    model.stream(1).unwrap().step(&input, &mut output).unwrap();
    assert_eq!(output, input);
}

/// A row is `| [name](path) | … | size in bytes | sha256 |`.
#[test]
fn readme_gives_the_size_and_hash_of_every_model_file() {
    let models = repository().join("models");
    let readme = fs::read_to_string(models.join("README.md")).unwrap();
    let files = model_files();
    assert!(!files.is_empty());
    for file in files {
        let bytes = fs::read(models.join(&file)).unwrap();
        let row = readme
            .lines()
            .find(|line| line.starts_with('|') && line.contains(&format!("]({file})")))
            .unwrap_or_else(|| panic!("models/README.md has no row for {file}"));
        let facts = format!("| {} | `{}` |", bytes.len(), sha256(&bytes));
        assert!(row.ends_with(&facts), "models/README.md: the row of {file} must end in {facts}");
    }
}

#[test]
fn descriptions_have_the_hashes_of_their_parts_and_weights() {
    let models = repository().join("models");
    let pins = fs::read_to_string(repository().join("scripts/weights.txt")).unwrap();
    let pins = pins.replace("\\\n", "");
    for name in ["deepfilternet3", "dnsmos", "dtln", "gtcrn"] {
        let folder = models.join(name);
        let description = fs::read(folder.join("model.json")).unwrap();
        let description: Value = serde_json::from_slice(&description).unwrap();
        assert_eq!(description["name"], name);
        for part in description["parts"].as_array().unwrap() {
            let file = folder.join(part["file"].as_str().unwrap());
            assert_eq!(part["sha256"], sha256(&fs::read(file).unwrap()));
        }
        let text = |field: &str| description["origin"][field].as_str().unwrap();
        let pin = format!("{}=={}", text("package"), text("version"));
        let pin = pins.lines().find(|line| line.starts_with(&pin)).expect("not in weights.txt");
        assert!(pin.ends_with(&format!("--hash=sha256:{}", text("sha256"))), "{pin}");
    }
}

/// The files in `models/` and the folders below it, without documentation and licences.
fn model_files() -> Vec<String> {
    files_below(&repository().join("models"), "")
}

fn files_below(models: &Path, folder: &str) -> Vec<String> {
    let mut files = Vec::new();
    for name in names(&models.join(folder)) {
        let path = format!("{folder}{name}");
        if models.join(&path).is_dir() {
            files.extend(files_below(models, &format!("{path}/")));
        } else if !["README.md", ".gitattributes"].contains(&&*name) && !name.starts_with("LICENSE")
        {
            files.push(path);
        }
    }
    files
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
