//! Which source goes to which destination.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use enhancer_core::{Container, split_extension};

use crate::failure::{Failure, Side};

/// A source and the destination of its result.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) source: PathBuf,
    pub(crate) destination: PathBuf,
}

/// Pairs sources with destinations, and rejects pairs that would lose a file.
pub(crate) fn plan(
    sources: &[PathBuf],
    destination: Option<&Path>,
    out_dir: Option<&Path>,
) -> Result<Vec<Job>, Failure> {
    let jobs: Vec<Job> = match (destination, out_dir) {
        (Some(destination), _) => {
            let [source] = sources else {
                return Err(usage(anyhow!(
                    "more than one source needs --out-dir, a folder for the results"
                )));
            };
            vec![Job { source: source.clone(), destination: destination.to_owned() }]
        }
        (None, out_dir) => {
            let out_dir = out_dir.unwrap_or(Path::new("."));
            let job = |source: &PathBuf| Job {
                source: source.clone(),
                destination: out_dir.join(enhanced_name(source)),
            };
            sources.iter().map(job).collect()
        }
    };
    check(&jobs)?;
    Ok(jobs)
}

/// Rejects destinations that are also a source, or that two sources share.
fn check(jobs: &[Job]) -> Result<(), Failure> {
    let mut destinations = HashSet::new();
    for Job { source, destination } in jobs {
        if jobs.iter().any(|other| same_file(&other.source, destination)) {
            let error = anyhow!(
                "{} is a source; the result would overwrite it, so name another destination",
                destination.display()
            );
            return Err(usage(error));
        }
        if !destinations.insert(destination) {
            let error = anyhow!(
                "{} and another source would both be written to {}",
                source.display(),
                destination.display()
            );
            return Err(usage(error));
        }
    }
    Ok(())
}

impl Job {
    /// The container that the destination's extension selects, or `None` for the container
    /// of the source.
    pub(crate) fn container(&self) -> Result<Option<Container>, Failure> {
        match writable(&self.destination) {
            Some(container) => Ok(Some(container)),
            None if self.keeps_extension() => Ok(None),
            None => Err(usage(anyhow!(
                "cannot choose a format by the extension of {}; use .wav, .flac or .raw",
                self.destination.display()
            ))),
        }
    }

    /// Whether the destination has the name given to it by default, or both have the same
    /// extension and it is not one of a container.
    fn keeps_extension(&self) -> bool {
        let named = self.destination.file_name();
        let extension = self.source.extension();
        named.is_some_and(|name| name == enhanced_name(&self.source))
            || (by_extension(&self.source).is_none()
                && extension.is_some()
                && self.destination.extension() == extension)
    }
}

/// The container that a path's extension selects.
fn by_extension(path: &Path) -> Option<Container> {
    Container::from_extension(path.extension()?.to_str()?)
}

/// The same, if that container can be written.
fn writable(path: &Path) -> Option<Container> {
    by_extension(path).filter(|container| container.is_writable())
}

/// Whether a path ends in `.extension`, in upper or lower case.
pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// `talk.wav` becomes `talk.enhanced.wav`; so does `talk.mp3`, which cannot be written.
/// Without an extension there is none for the result: its container is the source's.
fn enhanced_name(source: &Path) -> OsString {
    let container = writable(source).unwrap_or(Container::Wav);
    let name = source.file_name().unwrap_or_default();
    match name.to_str() {
        Some(name) if split_extension(name).1.is_some() => {
            enhancer_core::enhanced_name(name, container).into()
        }
        Some(name) => format!("{name}.enhanced").into(),
        // A name that is not Unicode keeps its bytes.
        None => {
            let mut name = source.file_stem().unwrap_or_default().to_owned();
            name.push(".enhanced.");
            name.push(container.extension());
            name
        }
    }
}

/// Whether both paths lead to the same existing file.
fn same_file(a: &Path, b: &Path) -> bool {
    match (fs::canonicalize(a), fs::canonicalize(b)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

fn usage(error: anyhow::Error) -> Failure {
    Failure::new(Side::Usage, "usage", error)
}

#[cfg(test)]
mod tests {
    use enhancer_core::{AudioFormat, Destination, SampleFormat};

    use super::*;

    fn plan_into(folder: &str, sources: &[&str]) -> Result<Vec<Job>, Failure> {
        let sources: Vec<_> = sources.iter().map(PathBuf::from).collect();
        plan(&sources, None, Some(Path::new(folder)))
    }

    #[test]
    fn results_are_named_after_their_sources() {
        let sources =
            ["a/talk.one.WAV", "b/bare", "talk.flac", "memo.m4a", "pcm.raw", "talk.2026-11-22"];
        let jobs = plan_into("out", &sources).unwrap();
        let names: Vec<_> = jobs.iter().map(|job| job.destination.to_str().unwrap()).collect();
        let expected = [
            "out/talk.one.enhanced.WAV",
            "out/bare.enhanced",
            "out/talk.enhanced.flac",
            "out/memo.enhanced.wav",
            "out/pcm.enhanced.raw",
            "out/talk.2026-11-22.enhanced",
        ];
        assert_eq!(names, expected);
        assert!(jobs.iter().all(|job| job.container().is_ok()));
    }

    #[test]
    fn the_destination_says_what_is_written() {
        let target = |source: &str, destination: &str, container| {
            let job = Job { source: source.into(), destination: destination.into() };
            let raw = AudioFormat::raw(SampleFormat::F32le, 48_000, 1);
            let asked = Destination { container: job.container().ok()?, sample_format: None };
            let target = asked.format(AudioFormat { container, ..raw });
            Some((target.container, target.sample_format))
        };
        use {Container::*, SampleFormat::*};
        assert_eq!(target("a.mp3", "a.wav", Mp3), Some((Wav, F32le)));
        assert_eq!(target("a.wav", "a.FLAC", Wav), Some((Flac, S24le)));
        assert_eq!(target("a.flac", "a.raw", Flac), Some((Raw, F32le)));
        assert_eq!(target("a.pcm", "b.pcm", Raw), Some((Raw, F32le)));
        assert_eq!(target("bare", "out/bare.enhanced", Wav), Some((Wav, F32le)));
        assert_eq!(target("a.mp3", "b.mp3", Mp3), None);
        assert_eq!(target("bare", "other", Wav), None);
        assert_eq!(target("a.wav", "b.ogg", Wav), None);
    }

    #[test]
    fn two_sources_never_share_a_destination() {
        let failure = plan_into("out", &["a/talk.wav", "b/talk.wav"]).unwrap_err();
        assert_eq!(failure.side, Side::Usage);
        assert!(failure.to_string().contains("talk.enhanced.wav"));
    }
}
