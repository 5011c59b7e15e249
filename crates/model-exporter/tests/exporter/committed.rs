use std::fs;

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

/// The files in `models/` and one level of folders below it, without the documentation.
fn model_files() -> Vec<String> {
    let models = repository().join("models");
    let mut files = Vec::new();
    for name in names(&models) {
        if models.join(&name).is_dir() {
            let files_in_folder = names(&models.join(&name)).into_iter();
            let files_in_folder = files_in_folder.filter(|file| !file.starts_with("LICENSE"));
            files.extend(files_in_folder.map(|file| format!("{name}/{file}")));
        } else if name != "README.md" && name != ".gitattributes" {
            files.push(name);
        }
    }
    files
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
