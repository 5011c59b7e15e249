use std::fs;

use model_exporter::passthrough_model;
use model_exporter::tflite::export_to_tflite;
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

/// Paths below `models/`, in files or in one level of folders, of what is not documentation.
fn model_files() -> Vec<String> {
    let models = repository().join("models");
    let mut files = Vec::new();
    for name in names(&models) {
        if models.join(&name).is_dir() {
            files.extend(names(&models.join(&name)).iter().map(|file| format!("{name}/{file}")));
        } else if name != "README.md" && name != ".gitattributes" {
            files.push(name);
        }
    }
    files
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
