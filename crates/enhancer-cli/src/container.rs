//! The container of a result whose destination does not choose one.

use std::fs::{self, File};
use std::path::Path;

use enhancer_core::{Container, Destination, EnhanceOptions, OpenOptions, open};

use crate::source::ReadArgs;

/// The container of the result for a source, by its extension, and by its content where the
/// extension does not decide it.
pub(crate) fn usual(source: &Path, reading: &ReadArgs, options: &EnhanceOptions) -> Container {
    let known = by_extension(source);
    let [lossy, lossless] =
        [true, false].map(|lossy| known.map_or(Container::Wav, |found| found.of_result(lossy)));
    if known.is_some() && lossy == lossless {
        return lossless;
    }
    // What cannot be read fails later, and says why.
    by_content(source, reading, options).unwrap_or(lossy)
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
    let open_options = OpenOptions {
        raw: reading.raw_format(source).map(Into::into),
        limits: options.limits,
        track: options.track,
        ..OpenOptions::default()
    };
    let reader = open(File::open(source).ok()?, &open_options).ok()?;
    let asked = Destination { sample_format: options.sample_format, ..Destination::default() };
    Some(asked.format(*reader.format()).container)
}
