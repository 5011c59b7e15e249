use std::io;
use std::path::{Path, PathBuf};

/// The sources that [`export_to_tflite`](crate::tflite::export_to_tflite) reads, in words.
macro_rules! accepted {
    () => {
        "an NNEF folder (it holds graph.nnef), an NNEF archive (.nnef.tar or .nnef.tgz) \
         or an ONNX file (.onnx)"
    };
}

/// The reason why a model could not be saved or exported.
///
/// After any error, the destination is unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// There is nothing at the source's path.
    #[error("there is no model at `{}`; give {}", .path.display(), accepted!())]
    SourceMissing {
        /// The path that was given.
        path: PathBuf,
    },

    /// The source is not of a kind that can be read.
    #[error("`{}` is {found}; give {}", .path.display(), accepted!())]
    SourceKind {
        /// The path that was given.
        path: PathBuf,
        /// What was found there, judged by its first bytes and its name.
        found: &'static str,
    },

    /// The source is of an accepted kind, but its content is broken or unknown.
    #[error("`{}` looks like {kind} but cannot be read: {reason}", .path.display())]
    SourceUnreadable {
        /// The path that was given.
        path: PathBuf,
        /// The assumed kind.
        kind: &'static str,
        /// The message of the reader.
        reason: String,
    },

    /// A file of published weights is missing.
    #[error("there are no weights at `{}`; `make models` fetches them", .path.display())]
    WeightsMissing {
        /// The expected file.
        path: PathBuf,
    },

    /// The published weights are not those that the network is built from.
    #[error("the weights do not fit the network: {reason}; `make models` fetches the right ones")]
    WeightsUnusable {
        /// Which weights, and what was expected.
        reason: String,
    },

    /// A dimension is symbolic or unknown; TFLite files hold numbers only.
    #[error(
        "tensor `{tensor}` has shape [{shape}], and a TFLite file needs a number for each \
         dimension; save the model with concrete input shapes"
    )]
    ShapeUnknown {
        /// The first tensor found with such a shape, inputs first.
        tensor: String,
        /// Its dimensions, separated by commas; `?` is an unknown one.
        shape: String,
    },

    /// An operator, or this use of it, cannot be written as TFLite.
    #[error(
        "node `{node}` (operator {operator}) cannot be written as TFLite; \
         rewrite that part of the model with other operators (the cause: {reason})"
    )]
    OperatorUnsupported {
        /// The node's name in the source model.
        node: String,
        /// The operator's name.
        operator: String,
        /// The message of the writer.
        reason: String,
    },

    /// A node of an ONNX file cannot be imported.
    #[error("the operator {operator} of the node `{node}` cannot be imported: {reason}")]
    OperatorNotImported {
        /// The node's name in the file, or the name of its first output if it has none.
        node: String,
        /// The operator's name.
        operator: String,
        /// The unsupported part.
        reason: String,
    },

    /// The description of a model to import is not usable.
    #[error("`{}`: {reason}", .path.display())]
    DescriptionUnusable {
        /// The path of the description.
        path: PathBuf,
        /// The place in it, and what was expected.
        reason: String,
    },

    /// A model cannot be compiled.
    #[error("the model `{}` cannot be compiled: {reason}", .path.display())]
    NotCompiled {
        /// The folder or the file.
        path: PathBuf,
        /// The operator without a kernel, or what is wrong with the model.
        reason: String,
    },

    /// The TFLite writer failed on the whole graph, but on no single node.
    #[error("the model cannot be written as TFLite: {reason}")]
    WriterFailed {
        /// The message of the writer.
        reason: String,
    },

    /// The written file, read back, differs from the model.
    #[error("the model was not kept by its TFLite form, so nothing was written: {reason}")]
    NotEquivalent {
        /// The first difference.
        reason: String,
    },

    /// The model cannot be saved as an NNEF folder.
    #[error("the model cannot be saved as NNEF: {reason}")]
    SaveFailed {
        /// The message of the writer.
        reason: String,
    },

    /// The destination cannot be replaced by the result.
    #[error("cannot write to `{}`: {problem}", .path.display())]
    Destination {
        /// The path that was given.
        path: PathBuf,
        /// The reason.
        problem: String,
    },

    /// The file system refused.
    #[error("cannot {action} `{}`", .path.display())]
    Io {
        /// The failed action, as a verb: "read", "write", "replace".
        action: &'static str,
        /// The path of the file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl ExportError {
    /// For `map_err`: an I/O error of `action` on `path`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// For `map_err`: building a network from published weights failed.
    pub(crate) fn weights_unusable(reason: String) -> Self {
        Self::WeightsUnusable { reason }
    }

    pub(crate) fn destination(path: &Path, problem: impl Into<String>) -> Self {
        Self::Destination { path: path.to_owned(), problem: problem.into() }
    }
}
