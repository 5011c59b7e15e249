//! The recordings in folders.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use enhancer_core::{Container, ErrorCode, is_enhanced_name};

use crate::failure::{Failure, Side};

/// Further extensions of recordings, besides the usual extension of each container.
const FURTHER: [&str; 7] = ["m4b", "m4v", "mp1", "mp2", "mpga", "wave", "weba"];

/// A source.
#[derive(Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// The folders between the given folder and this file. Results keep them.
    pub(crate) below: PathBuf,
}

impl Found {
    /// A source that the user named.
    pub(crate) fn given(path: &Path) -> Found {
        Found { path: path.into(), below: PathBuf::new() }
    }
}

/// Replaces each folder among the sources by the recordings in it.
pub(crate) fn expand<'a>(given: impl Iterator<Item = &'a Path>) -> Result<Vec<Found>, Failure> {
    let mut sources = Vec::new();
    for path in given {
        if !path.is_dir() {
            sources.push(Found::given(path));
            continue;
        }
        let before = sources.len();
        walk(path, Path::new(""), &mut sources)
            .map_err(|error| Failure::new(Side::Source, ErrorCode::Read, error))?;
        if sources.len() == before {
            let error = anyhow!("there are no recordings in the folder {}", path.display());
            return Err(Failure::new(Side::Source, ErrorCode::Read, error));
        }
    }
    Ok(sources)
}

/// Appends the recordings in a folder, by name. Links to folders are not followed, because they can
/// form loops.
fn walk(folder: &Path, below: &Path, sources: &mut Vec<Found>) -> anyhow::Result<()> {
    let cannot = || format!("cannot read the folder {}", folder.display());
    let entries: Result<Vec<_>, _> = fs::read_dir(folder).with_context(cannot)?.collect();
    let mut entries = entries.with_context(cannot)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (name, path) = (entry.file_name(), entry.path());
        if is_hidden(&name) {
            continue;
        }
        if entry.file_type().with_context(cannot)?.is_dir() {
            walk(&path, &below.join(name), sources)?;
        } else if is_recording(&path) && path.is_file() {
            sources.push(Found { path, below: below.into() });
        }
    }
    Ok(())
}

fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Whether a file has the name of a recording and not the name of a result.
fn is_recording(path: &Path) -> bool {
    let is_result = path.file_name().and_then(OsStr::to_str).is_some_and(is_enhanced_name);
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    let is_known = Container::from_extension(extension).is_some()
        || FURTHER.iter().any(|known| known.eq_ignore_ascii_case(extension));
    is_known && !is_result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_recognised_by_their_names() {
        for (name, expected) in [
            ("talk.wav", true),
            ("talk.M4B", true),
            ("film.mkv", true),
            ("talk.one.mp3", true),
            ("enhanced.wav", true),
            ("talk.enhanced.wav", false),
            ("cover.jpg", false),
            ("notes", false),
        ] {
            assert_eq!(is_recording(Path::new(name)), expected, "{name}");
        }
    }
}
