use std::fs;
use std::path::Path;

use model_exporter::{ExportError, Precision, deepfilternet3, dnsmos, dtln};

use crate::onnx::{Dim, Graph, node};
use crate::support::names;

type Export = fn(&Path, &Path, Precision) -> Result<(), ExportError>;

/// Each network with the files of its weights.
const NETWORKS: [(Export, &[&str]); 3] = [
    (deepfilternet3::export, &["enc.onnx", "erb_dec.onnx", "df_dec.onnx"]),
    (dnsmos::export, &["sig_bak_ovr.onnx"]),
    (dtln::export, &["model_1.onnx", "model_2.onnx"]),
];

#[test]
fn missing_weights_are_named() {
    let scratch = tempfile::tempdir().unwrap();
    for (export, files) in NETWORKS {
        let error =
            export(scratch.path(), &scratch.path().join("model"), Precision::Float32).unwrap_err();
        assert!(matches!(error, ExportError::WeightsMissing { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains(files[0]) && message.contains("make models"), "{message}");
        assert!(names(scratch.path()).is_empty());
    }
}

#[test]
fn broken_weights_are_named() {
    for (export, files) in NETWORKS {
        let scratch = tempfile::tempdir().unwrap();
        for file in files {
            fs::write(scratch.path().join(file), "not protobuf").unwrap();
        }
        let error =
            export(scratch.path(), &scratch.path().join("model"), Precision::Float32).unwrap_err();
        assert!(matches!(error, ExportError::SourceUnreadable { .. }), "{error:?}");
        assert!(error.to_string().contains(files[0]), "{error}");
    }
}

/// The first node that is looked up does not exist.
#[test]
fn weights_of_another_network_are_refused() {
    for (export, files) in NETWORKS {
        let scratch = tempfile::tempdir().unwrap();
        for file in files {
            let nodes = vec![node("Relu", &["x"], "y")];
            let other = Graph { input: vec![Dim::Number(1)], constants: vec![], nodes };
            other.write(&scratch.path().join(file));
        }
        let error =
            export(scratch.path(), &scratch.path().join("model"), Precision::Float32).unwrap_err();
        assert!(matches!(error, ExportError::WeightsUnusable { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains("there is no such node"), "{message}");
        assert!(message.contains(files[0]), "{message}");
        assert_eq!(names(scratch.path()).len(), files.len(), "something was left behind");
    }
}
