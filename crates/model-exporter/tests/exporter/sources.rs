use std::fs::{self, File};
use std::path::Path;

use flate2::{Compression, write::GzEncoder};
use model_exporter::passthrough_model;
use model_exporter::tflite::export_to_tflite;

use crate::onnx::{Dim, Graph, constant, integers, node};
use crate::support::{names, run_tflite};

/// The passthrough model, exported from its saved folder.
fn export_from_folder(scratch: &Path) -> Vec<u8> {
    let (saved, exported) = (scratch.join("model"), scratch.join("from_folder.tflite"));
    passthrough_model::save(&saved).unwrap();
    export_to_tflite(&saved, &exported).unwrap();
    fs::read(exported).unwrap()
}

#[test]
fn archives_and_folder_give_the_same() {
    let scratch = tempfile::tempdir().unwrap();
    let expected = export_from_folder(scratch.path());
    let model = passthrough_model::build().unwrap();
    let (tar, tgz) = (scratch.path().join("model.nnef.tar"), scratch.path().join("model.nnef.tgz"));
    let nnef = tract_nnef::nnef();
    nnef.write(&model, File::create(&tar).unwrap()).unwrap();
    let gzip = GzEncoder::new(File::create(&tgz).unwrap(), Compression::default());
    nnef.write(&model, gzip).unwrap();
    for archive in [tar, tgz] {
        let exported = scratch.path().join("from_archive.tflite");
        export_to_tflite(&archive, &exported).unwrap();
        assert_eq!(fs::read(exported).unwrap(), expected, "{}", archive.display());
    }
}

#[test]
fn exporting_again_gives_the_same_bytes() {
    let scratch = tempfile::tempdir().unwrap();
    assert_eq!(export_from_folder(scratch.path()), export_from_folder(scratch.path()));
    assert_eq!(names(scratch.path()), ["from_folder.tflite", "model"]);
}

#[test]
fn onnx_keeps_its_arithmetic() {
    let scratch = tempfile::tempdir().unwrap();
    let (source, exported) = (scratch.path().join("m.onnx"), scratch.path().join("m.tflite"));
    Graph {
        input: vec![Dim::Number(1), Dim::Number(3)],
        constants: vec![
            constant("weights", &[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            constant("bias", &[2], &[0.5, -100.0]),
        ],
        nodes: vec![
            node("Identity", &["x"], "same"),
            node("MatMul", &["same", "weights"], "product"),
            node("Add", &["product", "bias"], "sum"),
            node("Relu", &["sum"], "y"),
        ],
    }
    .write(&source);
    export_to_tflite(&source, &exported).unwrap();
    // 1·1 + 2·3 + 3·5 + 0.5 and relu(1·2 + 2·4 + 3·6 − 100)
    assert_eq!(run_tflite(&exported, &[1, 3], &[1.0, 2.0, 3.0]), [22.5, 0.0]);
}

#[test]
fn onnx_identity_is_the_passthrough_model() {
    let scratch = tempfile::tempdir().unwrap();
    let (source, exported) = (scratch.path().join("m.onnx"), scratch.path().join("m.tflite"));
    Graph {
        input: vec![Dim::Number(1), Dim::Number(4)],
        constants: vec![],
        nodes: vec![node("Identity", &["x"], "y")],
    }
    .write(&source);
    export_to_tflite(&source, &exported).unwrap();
    let frame = [1.5, -2.5, 0.0, f32::INFINITY];
    assert_eq!(run_tflite(&exported, &[1, 4], &frame), frame);
}

/// In ONNX the bounds of a slice are tensors. Only decluttering turns them into TFLite's SLICE.
#[test]
fn onnx_slice_is_resolved() {
    let scratch = tempfile::tempdir().unwrap();
    let (source, exported) = (scratch.path().join("m.onnx"), scratch.path().join("m.tflite"));
    Graph {
        input: vec![Dim::Number(1), Dim::Number(4)],
        constants: vec![integers("start", &[1]), integers("end", &[3]), integers("axis", &[1])],
        nodes: vec![node("Slice", &["x", "start", "end", "axis"], "y")],
    }
    .write(&source);
    export_to_tflite(&source, &exported).unwrap();
    assert_eq!(run_tflite(&exported, &[1, 4], &[1.0, 2.0, 3.0, 4.0]), [2.0, 3.0]);
}

#[cfg(unix)]
#[test]
fn results_have_the_usual_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
    let scratch = tempfile::tempdir().unwrap();
    export_from_folder(scratch.path());
    let ordinary_file = scratch.path().join("ordinary");
    fs::write(&ordinary_file, "").unwrap();
    assert_eq!(mode(&scratch.path().join("from_folder.tflite")), mode(&ordinary_file));
    let ordinary_folder = scratch.path().join("ordinary_folder");
    fs::create_dir(&ordinary_folder).unwrap();
    assert_eq!(mode(&scratch.path().join("model")), mode(&ordinary_folder));
}
