//! Which source goes to which destination.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use enhancer_core::{Container, is_enhanced_name, split_extension};

use crate::container::{Usual, by_extension};
use crate::failure::{Code, Failure, Side};
use crate::folder::Found;
use crate::streams;

/// A source and the destination of its result.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) source: PathBuf,
    pub(crate) destination: PathBuf,
    /// Whether the folder of the destination is created if it is missing.
    pub(crate) creates_folder: bool,
    /// Whether the content of the source decides the kind of the result.
    follows_content: bool,
}

/// Where the results go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target<'a> {
    /// Beside their sources; to standard output if the source is a pipe.
    Beside,
    /// To one file, or standard output.
    File(&'a Path),
    /// Into a folder.
    Folder(&'a Path),
}

impl Target<'_> {
    /// The meaning of a path for one or for `many` results.
    pub(crate) fn of(path: &Path, many: bool) -> Target<'_> {
        let ends_in_separator =
            path.to_str().is_some_and(|text| text.ends_with(std::path::is_separator));
        let must_be_folder =
            many && by_extension(path).is_none() && !streams::is_standard_output(path);
        if ends_in_separator || must_be_folder || path.is_dir() {
            Target::Folder(path)
        } else {
            Target::File(path)
        }
    }
}

/// Pairs sources with destinations, and rejects pairs that would lose a file. `usual` returns the
/// container of a source's result, which decides its name.
pub(crate) fn plan(
    sources: Vec<Found>,
    target: Target<'_>,
    usual: &dyn Fn(&Path) -> Usual,
) -> Result<Vec<Job>, Failure> {
    if let (Target::File(path), [_, _, ..]) = (target, &sources[..]) {
        return Err(usage(anyhow!(
            "more than one source needs a folder for the results, not {}; name one with -o DIR/",
            streams::destination_name(path)
        )));
    }
    let mut jobs: Vec<_> =
        sources.into_iter().map(|source| Job::new(source, target, usual)).collect();
    drop_results(&mut jobs);
    check(&jobs)?;
    Ok(jobs)
}

/// Removes each job whose source is the result of another job: `*.wav` also finds the results of
/// the previous run.
fn drop_results(jobs: &mut Vec<Job>) {
    let others = jobs.iter().filter(|job| job.real_source() != Some(job.real_destination()));
    let results: HashSet<_> = others.map(Job::real_destination).collect();
    let is_result = |source: &Path| {
        let name = source.file_name().and_then(OsStr::to_str);
        name.is_some_and(is_enhanced_name) && results.contains(source)
    };
    jobs.retain(|job| job.real_source().is_none_or(|source| !is_result(&source)));
}

/// Rejects a destination that is also a source, or that two sources share.
fn check(jobs: &[Job]) -> Result<(), Failure> {
    let sources: HashSet<_> = jobs.iter().filter_map(Job::real_source).collect();
    let mut destinations = HashSet::new();
    for job in jobs {
        let destination = job.real_destination();
        if sources.contains(&destination) {
            return Err(usage(anyhow!(
                "{} is a source; the result would overwrite it, so name another destination",
                job.destination_name()
            )));
        }
        if !destinations.insert(destination) {
            return Err(usage(anyhow!(
                "{} and another source would both be written to {}",
                job.source_name(),
                job.destination_name()
            )));
        }
    }
    Ok(())
}

impl Job {
    fn new(source: Found, target: Target<'_>, usual: &dyn Fn(&Path) -> Usual) -> Job {
        let Found { path, below } = source;
        let mut follows_content = false;
        let mut name = || {
            let usual = usual(&path);
            follows_content = usual.is_of_content;
            enhanced_name(&path, usual.container)
        };
        let destination = match target {
            Target::Beside if streams::is_stream(&path) => PathBuf::from("-"),
            Target::Beside => path.with_file_name(name()),
            Target::File(file) => file.into(),
            Target::Folder(folder) => folder.join(below).join(name()),
        };
        let creates_folder = matches!(target, Target::Folder(_));
        Job { source: path, destination, creates_folder, follows_content }
    }

    /// The source, for messages.
    pub(crate) fn source_name(&self) -> String {
        streams::source_name(&self.source)
    }

    /// The destination, for messages.
    pub(crate) fn destination_name(&self) -> String {
        streams::destination_name(&self.destination)
    }

    /// Whether the result goes to standard output.
    pub(crate) fn is_to_standard_output(&self) -> bool {
        streams::is_standard_output(&self.destination)
    }

    /// Whether the destination already exists.
    pub(crate) fn destination_exists(&self) -> bool {
        !self.is_to_standard_output() && self.destination.exists()
    }

    /// The real path of the source, if it exists.
    fn real_source(&self) -> Option<PathBuf> {
        let is_file = self.source != Path::new("-");
        is_file.then(|| fs::canonicalize(&self.source).ok()).flatten()
    }

    /// The real path of the destination, which may not exist yet.
    fn real_destination(&self) -> PathBuf {
        let path = &self.destination;
        if self.is_to_standard_output() {
            return PathBuf::from("-");
        }
        let in_folder = || Some(fs::canonicalize(folder_of(path)).ok()?.join(path.file_name()?));
        fs::canonicalize(path).ok().or_else(in_folder).unwrap_or_else(|| path.clone())
    }

    /// The container that the user `asked` for, or the one of the destination's extension. `None`
    /// means the usual container for the source.
    ///
    /// # Errors
    /// If the two differ, or the extension belongs to no container.
    pub(crate) fn container(&self, asked: Option<Container>) -> Result<Option<Container>, Failure> {
        match (written(&self.destination), asked) {
            (_, None) if self.follows_content => Ok(None),
            (Some(found), Some(asked)) if found != asked => Err(usage(anyhow!(
                "{} would be {}, and --to asks for {asked}; use one of them",
                self.destination.display(),
                found
            ))),
            (None, None) if !self.is_to_standard_output() && !self.keeps_name() => {
                Err(usage(anyhow!(
                    "cannot choose a format by the extension of {0}; use .wav, .flac, .opus, .ogg, \
                     .mp3, .m4a, .mp4, .mov, .mkv, .webm or .raw, --to, or {0}/ for a folder",
                    self.destination.display()
                )))
            }
            (found, asked) => Ok(found.or(asked)),
        }
    }

    /// Whether the destination gets its name or extension from a source whose extension belongs to
    /// no container.
    fn keeps_name(&self) -> bool {
        let extension = self.source.extension();
        let named = self.destination.file_name();
        by_extension(&self.source).is_none()
            && (named.is_some_and(|name| name == enhanced_name(&self.source, Container::Wav))
                || (extension.is_some() && self.destination.extension() == extension))
    }
}

/// The container that the extension of a path selects.
fn written(path: &Path) -> Option<Container> {
    by_extension(path)?.written()
}

/// Whether a path ends in `.extension`, in upper or lower case.
pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// `talk.mp3` becomes `talk.enhanced.mp3`. Without an extension the result has none either: its
/// container is that of the source.
fn enhanced_name(source: &Path, container: Container) -> OsString {
    let source = if streams::is_standard_input(source) { Path::new("stdin") } else { source };
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

/// The folder that contains a path.
pub(crate) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

fn usage(error: anyhow::Error) -> Failure {
    Failure::new(Side::Usage, Code::Usage, error)
}

#[cfg(test)]
mod tests {
    use enhancer_core::{AudioFormat, Destination, SampleFormat};

    use super::*;

    /// Like the reader of a file that is compressed with loss.
    fn by_extension_alone(source: &Path) -> Usual {
        by_extension(source).map_or(Container::Wav, |found| found.of_result(true)).into()
    }

    fn plan_into(folder: &str, sources: &[&str]) -> Result<Vec<Job>, Failure> {
        let sources = sources.iter().map(|source| Found::given(Path::new(source))).collect();
        plan(sources, Target::Folder(Path::new(folder)), &by_extension_alone)
    }

    #[test]
    fn results_are_named_after_their_sources() {
        let sources = [
            "a/talk.one.WAV",
            "b/bare",
            "talk.flac",
            "memo.m4a",
            "pcm.raw",
            "talk.2026-11-22",
            "a.opus",
        ];
        let jobs = plan_into("out", &sources).unwrap();
        let names: Vec<_> = jobs.iter().map(|job| job.destination.to_str().unwrap()).collect();
        let expected = [
            "out/talk.one.enhanced.WAV",
            "out/bare.enhanced",
            "out/talk.enhanced.flac",
            "out/memo.enhanced.m4a",
            "out/pcm.enhanced.raw",
            "out/talk.2026-11-22.enhanced",
            "out/a.enhanced.opus",
        ];
        assert_eq!(names, expected);
        assert!(jobs.iter().all(|job| job.container(None).is_ok()));
    }

    #[test]
    fn the_destination_selects_the_container() {
        let target = |source: &str, destination: &str, container| {
            let source = Found::given(Path::new(source));
            let job = Job::new(source, Target::File(Path::new(destination)), &by_extension_alone);
            let raw = AudioFormat::raw(SampleFormat::F32le, 48_000, 1);
            let asked = Destination::default()
                .with_container(job.container(None).ok()?)
                .with_sample_format(None)
                .with_bitrate(None);
            let target = asked.format(raw.with_container(container));
            Some((target.container, target.sample_format))
        };
        use {Container::*, SampleFormat::*};
        assert_eq!(target("a.mp3", "a.wav", Mp3), Some((Wav, F32le)));
        assert_eq!(target("a.wav", "a.FLAC", Wav), Some((Flac, S24le)));
        assert_eq!(target("a.flac", "a.raw", Flac), Some((Raw, F32le)));
        assert_eq!(target("a.wav", "a.opus", Wav), Some((Opus, S16le)));
        assert_eq!(target("a.mp3", "b.mp3", Mp3), Some((Mp3, S16le)));
        assert_eq!(target("a.pcm", "b.pcm", Raw), Some((Raw, F32le)));
        assert_eq!(target("bare", "out/bare.enhanced", Wav), Some((Wav, F32le)));
        assert_eq!(target("a.mp3", "b.m4a", Mp3), Some((M4a, S16le)));
        assert_eq!(target("a.mp3", "b.mp4", Mp3), Some((Mp4, S16le)));
        assert_eq!(target("bare", "other", Wav), None);
        assert_eq!(target("a.wav", "b.ogg", Wav), Some((Opus, S16le)));
        assert_eq!(target("a.wav", "b.caf", Wav), None);
    }

    #[test]
    fn two_sources_never_share_a_destination() {
        let failure = plan_into("out", &["a/talk.wav", "b/talk.wav"]).unwrap_err();
        assert_eq!(failure.side, Side::Usage);
        assert!(failure.to_string().contains("talk.enhanced.wav"));
    }

    #[test]
    fn a_path_is_a_file_or_a_folder() {
        let target = |path, many| Target::of(path, many);
        let paths = ["clean.wav", "clean/", "clean", "-"].map(Path::new);
        let [file, folder, bare, stdout] = paths;
        for many in [false, true] {
            assert_eq!(target(file, many), Target::File(file));
            assert_eq!(target(folder, many), Target::Folder(folder));
            assert_eq!(target(stdout, many), Target::File(stdout));
        }
        assert_eq!(target(bare, false), Target::File(bare));
        assert_eq!(target(bare, true), Target::Folder(bare));
    }
}
