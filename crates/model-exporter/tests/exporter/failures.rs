use std::fs;
use std::path::{Path, PathBuf};

use model_exporter::tflite::{encode, export_to_tflite};
use model_exporter::{ExportError, passthrough_model};
use tempfile::TempDir;
use tract_nnef::internal::*;
use tract_nnef::tract_core::ops::array::{Gather, TypedConcat};

use crate::onnx::{Dim, Graph, constant, node};
use crate::support::{names, repository};

/// A folder with a source that must be refused.
struct Refused {
    scratch: TempDir,
    source: PathBuf,
}

impl Refused {
    fn named(name: &str) -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let source = scratch.path().join(name);
        Self { scratch, source }
    }

    fn file(name: &str, content: impl AsRef<[u8]>) -> Self {
        let refused = Self::named(name);
        fs::write(&refused.source, content).unwrap();
        refused
    }

    fn folder_with(name: &str, content: &str) -> Self {
        let refused = Self::named("model");
        fs::create_dir(&refused.source).unwrap();
        fs::write(refused.source.join(name), content).unwrap();
        refused
    }

    fn onnx(graph: Graph) -> Self {
        let refused = Self::named("model.onnx");
        graph.write(&refused.source);
        refused
    }

    /// Returns the error, after checking that neither a new nor an existing destination changed.
    fn error(&self) -> ExportError {
        let before = names(self.scratch.path());
        let fresh = self.scratch.path().join("out.tflite");
        let error = export_to_tflite(&self.source, &fresh).unwrap_err();
        assert_eq!(names(self.scratch.path()), before, "something was left behind");

        let existing = self.scratch.path().join("existing.tflite");
        fs::write(&existing, "precious").unwrap();
        export_to_tflite(&self.source, &existing).unwrap_err();
        assert_eq!(fs::read(&existing).unwrap(), b"precious");
        assert_eq!(names(self.scratch.path()).len(), before.len() + 1);
        fs::remove_file(existing).unwrap();
        error
    }
}

fn assert_says(error: &ExportError, words: &[&str]) {
    let message = error.to_string();
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
}

fn x_to_y(input: Vec<Dim>, op_type: &str) -> Graph {
    Graph { input, constants: vec![], nodes: vec![node(op_type, &["x"], "y")] }
}

#[test]
fn missing_source() {
    let error = Refused::named("nowhere").error();
    assert!(matches!(error, ExportError::SourceMissing { .. }), "{error:?}");
    assert_says(&error, &["nowhere", "NNEF folder", "ONNX"]);
}

#[test]
fn sources_of_another_kind_are_named() {
    let mut tflite = b"\0\0\0\0".to_vec();
    tflite.extend(b"TFL3 and more");
    let refused = [
        (Refused::folder_with("saved_model.pb", ""), "a TensorFlow SavedModel"),
        (Refused::folder_with("notes.txt", ""), "a folder without graph.nnef"),
        (Refused::file("model.tflite", tflite), "a TFLite file already"),
        (Refused::file("model.h5", b"\x89HDF\r\n\x1a\n"), "HDF5"),
        (Refused::file("model.pt", b"PK\x03\x04"), "a zip file"),
        (Refused::file("frozen.pb", "graph"), "a TensorFlow graph"),
        (Refused::file("notes.txt", "hello"), "a file of an unknown kind"),
        (Refused::file("empty", ""), "a file of an unknown kind"),
    ];
    for (refused, found) in refused {
        let error = refused.error();
        assert!(matches!(error, ExportError::SourceKind { .. }), "{error:?}");
        assert_says(&error, &[found, "give an NNEF folder", ".nnef.tgz", ".onnx"]);
    }
}

#[test]
fn broken_sources_of_an_accepted_kind() {
    let mut cut_off = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    tract_nnef::nnef().write(&passthrough_model::build().unwrap(), &mut cut_off).unwrap();
    let mut cut_off = cut_off.finish().unwrap();
    cut_off.truncate(cut_off.len() / 2);
    let refused = [
        (Refused::folder_with("graph.nnef", "version 1.0;\n\ngraph half("), "an NNEF folder"),
        (Refused::file("model.nnef.tgz", cut_off), "an NNEF archive"),
        (Refused::file("model.onnx", "not protobuf"), "an ONNX file"),
        (Refused::file("model.onnx", ""), "an ONNX file"),
    ];
    for (refused, kind) in refused {
        let error = refused.error();
        assert!(matches!(error, ExportError::SourceUnreadable { .. }), "{error:?}");
        assert_says(&error, &["looks like", kind, "cannot be read"]);
    }
}

/// The ONNX reader panics on a graph whose output nothing computes.
#[test]
fn onnx_without_its_output() {
    let input = vec![Dim::Number(1)];
    let nodes = vec![node("Relu", &["x"], "not_y")];
    let error = Refused::onnx(Graph { input, constants: vec![], nodes }).error();
    assert!(matches!(error, ExportError::SourceUnreadable { .. }), "{error:?}");
}

#[test]
fn symbolic_and_unknown_dimensions() {
    for (dim, word) in [(Dim::Symbol("frames"), "frames"), (Dim::Unknown, "?")] {
        let error = Refused::onnx(x_to_y(vec![Dim::Number(1), dim], "Relu")).error();
        assert!(matches!(error, ExportError::ShapeUnknown { .. }), "{error:?}");
        assert_says(&error, &["`x`", word, "concrete input shapes"]);
    }
}

#[test]
fn symbolic_dimension_in_a_built_model() {
    let mut model = TypedModel::default();
    let frames = model.symbols.sym("frames");
    let input = model.add_source("input", f32::fact(dims!(1, frames))).unwrap();
    model.select_output_outlets(&[input]).unwrap();
    let error = encode(&model).unwrap_err();
    assert!(matches!(error, ExportError::ShapeUnknown { .. }), "{error:?}");
    assert_says(&error, &["`input`", "[1,frames]"]);
}

/// The writer panics on Erf and Asin, and the reader leaves the unknown one for later.
#[test]
fn onnx_operators_without_a_tflite_form_are_named() {
    let shape = || vec![Dim::Number(1), Dim::Number(4)];
    for op_type in ["Erf", "Asin", "NoSuchOperator"] {
        let error = Refused::onnx(x_to_y(shape(), op_type)).error();
        assert!(matches!(error, ExportError::OperatorUnsupported { .. }), "{error:?}");
        assert_says(&error, &["`y_node`", op_type, "cannot be written as TFLite"]);
    }
}

#[test]
fn the_unsupported_operator_is_found_among_supported_ones() {
    let nodes = vec![
        node("Relu", &["x"], "first"),
        node("Add", &["first", "one"], "second"),
        node("Asin", &["second"], "culprit"),
        node("Relu", &["culprit"], "y"),
    ];
    let constants = vec![constant("one", &[1], &[1.0])];
    let error = Refused::onnx(Graph { input: vec![Dim::Number(4)], constants, nodes }).error();
    assert_says(&error, &["node `culprit_node`", "Asin"]);
}

/// The writer knows Concat, but panics on a constant among its inputs.
#[test]
fn concatenation_with_a_constant() {
    let mut model = TypedModel::default();
    let input = model.add_source("input", f32::fact([1, 2])).unwrap();
    let zeros = model.add_const("zeros", tensor2(&[[0f32, 0.]])).unwrap();
    let joined = model.wire_node("joined", TypedConcat::new(1), &[input, zeros]).unwrap();
    model.select_output_outlets(&joined).unwrap();
    let error = encode(&model).unwrap_err();
    assert!(matches!(error, ExportError::OperatorUnsupported { .. }), "{error:?}");
    assert_says(&error, &["`joined`", "Concat"]);
}

/// The writer returns an error for Gather.
#[test]
fn nnef_operator_without_a_tflite_form() {
    let mut model = TypedModel::default();
    let input = model.add_source("input", f32::fact([4])).unwrap();
    let indices = model.add_const("indices", tensor1(&[3i64, 1])).unwrap();
    let picked = model.wire_node("picked", Gather::new(0), &[input, indices]).unwrap();
    model.select_output_outlets(&picked).unwrap();
    let refused = Refused::named("model");
    model_exporter::saved_model::save(&model, &refused.source).unwrap();
    let error = refused.error();
    assert!(matches!(error, ExportError::OperatorUnsupported { .. }), "{error:?}");
    assert_says(&error, &["`picked`", "Gather"]);
}

#[test]
fn destination_that_is_a_folder() {
    let scratch = tempfile::tempdir().unwrap();
    let saved = scratch.path().join("model");
    passthrough_model::save(&saved).unwrap();
    let error = export_to_tflite(&saved, &saved).unwrap_err();
    assert!(matches!(error, ExportError::Destination { .. }), "{error:?}");
    assert_says(&error, &["not a file"]);
    assert_eq!(names(&saved), ["graph.nnef"]);
}

/// Files with the right names alone do not make a saved model.
#[test]
fn destination_with_files_of_the_user() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("recordings");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("monday.dat"), "precious").unwrap();
    let error = passthrough_model::save(&folder).unwrap_err();
    assert_says(&error, &["monday.dat", "not part of a saved model"]);
    assert_eq!(fs::read(folder.join("monday.dat")).unwrap(), b"precious");
}

#[test]
fn destination_that_is_the_source() {
    let scratch = tempfile::tempdir().unwrap();
    let source = scratch.path().join("model.onnx");
    x_to_y(vec![Dim::Number(1)], "Relu").write(&source);
    let before = fs::read(&source).unwrap();
    let error = export_to_tflite(&source, &source).unwrap_err();
    assert_says(&error, &["it is the source itself"]);
    assert_eq!(fs::read(&source).unwrap(), before);
}

/// For example a device: replacing it would remove it for all users.
#[cfg(unix)]
#[test]
fn destination_that_is_neither_file_nor_folder() {
    let scratch = tempfile::tempdir().unwrap();
    let (saved, socket) = (scratch.path().join("model"), scratch.path().join("socket"));
    passthrough_model::save(&saved).unwrap();
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    assert_says(&export_to_tflite(&saved, &socket).unwrap_err(), &["not a file"]);
    assert_says(&passthrough_model::save(&socket).unwrap_err(), &["not a folder"]);
    assert_eq!(names(scratch.path()), ["model", "socket"]);
    assert!(!fs::metadata(&socket).unwrap().is_file());
}

#[test]
fn destination_without_its_folder_or_name() {
    let scratch = tempfile::tempdir().unwrap();
    let saved = scratch.path().join("model");
    passthrough_model::save(&saved).unwrap();
    for (destination, problem) in [("missing/out.tflite", "create it first"), ("..", "not a file")]
    {
        let error = export_to_tflite(&saved, &scratch.path().join(destination)).unwrap_err();
        assert!(matches!(error, ExportError::Destination { .. }), "{error:?}");
        assert_says(&error, &[problem]);
    }
    assert_eq!(names(scratch.path()), ["model"]);
}

#[test]
fn saving_does_not_replace_other_files() {
    let refused = |destination: &Path, word: &str| {
        let error = passthrough_model::save(destination).unwrap_err();
        assert!(matches!(error, ExportError::Destination { .. }), "{error:?}");
        assert_says(&error, &[word]);
    };
    let scratch = tempfile::tempdir().unwrap();
    let (folder, file) = (scratch.path().join("folder"), scratch.path().join("file"));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("thesis.txt"), "precious").unwrap();
    fs::write(&file, "precious").unwrap();
    refused(&folder, "thesis.txt");
    refused(&file, "not a folder");
    assert_eq!(names(scratch.path()), ["file", "folder"]);
    assert_eq!(names(&folder), ["thesis.txt"]);
}

#[test]
fn a_model_is_not_compiled_onto_itself() {
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path().join("gtcrn");
    fs::create_dir(&folder).unwrap();
    for name in names(&repository().join("models/gtcrn")) {
        fs::copy(repository().join("models/gtcrn").join(&name), folder.join(&name)).unwrap();
    }
    let before = names(&folder);
    let error = model_exporter::compile(&folder, &scratch.path().join("./gtcrn")).unwrap_err();
    assert_says(&error, &["gtcrn", "it is the source itself"]);
    let error = model_exporter::compile(&folder.join("gtcrn.tflite"), &folder).unwrap_err();
    assert_says(&error, &["it is not a file, and the result is one"]);
    assert_eq!(names(&folder), before);
}

#[test]
fn models_that_cannot_be_compiled_are_named() {
    let scratch = tempfile::tempdir().unwrap();
    let made = scratch.path().join("made");
    let compiled = repository().join("models/compiled/gtcrn");
    let error = model_exporter::compile(&compiled, &made).unwrap_err();
    assert_says(&error, &["compiled/gtcrn", "a compiled network"]);
    let text = scratch.path().join("diary.tflite");
    fs::write(&text, "Dear diary").unwrap();
    let error = model_exporter::compile(&text, &made).unwrap_err();
    assert_says(&error, &["diary.tflite", "neither a .tflite file nor a compiled network"]);
    let error = model_exporter::compile(&scratch.path().join("none"), &made).unwrap_err();
    assert_says(&error, &["cannot read", "none"]);
    assert!(!made.exists());
}
