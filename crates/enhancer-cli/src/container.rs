//! The container of a result whose destination does not choose one.

use std::fs::{self, File};
use std::path::Path;

use enhancer_core::{Container, EnhanceOptions, result_format};

use crate::source::ReadArgs;

/// The container of the result if the user does not choose one.
#[derive(Clone, Copy)]
pub(crate) struct Usual {
    pub(crate) container: Container,
    /// Whether the content of the source decided it. When the source is enhanced, the content
    /// always decides.
    pub(crate) is_of_content: bool,
}

impl From<Container> for Usual {
    fn from(container: Container) -> Usual {
        Usual { container, is_of_content: false }
    }
}

/// The container of the result for a source: by its content, or by its extension if the content
/// cannot be read yet.
pub(crate) fn usual(source: &Path, reading: &ReadArgs, options: &EnhanceOptions) -> Usual {
    if let Some(container) = by_content(source, reading, options) {
        return Usual { container, is_of_content: true };
    }
    // If the source cannot be read, a later step fails and says why.
    by_extension(source).map_or(Container::Wav, |found| found.of_result(true)).into()
}

/// The container that a path's extension selects.
pub(crate) fn by_extension(path: &Path) -> Option<Container> {
    Container::from_extension(path.extension()?.to_str()?)
}

/// `None` if the source cannot be opened, or is a pipe, which can be read only once.
fn by_content(source: &Path, reading: &ReadArgs, options: &EnhanceOptions) -> Option<Container> {
    if !fs::metadata(source).ok()?.is_file() {
        return None;
    }
    let mut options = options.clone();
    options.raw = reading.raw_format(source);
    Some(result_format(File::open(source).ok()?, &options).ok()?.container)
}
