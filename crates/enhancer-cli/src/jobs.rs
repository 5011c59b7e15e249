//! Which file becomes which.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use enhancer_core::Container;

use crate::failure::{Failure, Side};

/// A source and the destination of its result.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) source: PathBuf,
    pub(crate) destination: PathBuf,
}

/// Pairs sources and destinations, and refuses what would lose a file.
pub(crate) fn plan(
    sources: &[PathBuf],
    destination: Option<&Path>,
    out_dir: Option<&Path>,
) -> Result<Vec<Job>, Failure> {
    let jobs: Vec<Job> = match (destination, out_dir) {
        (Some(destination), _) => {
            let [source] = sources else {
                return Err(usage(anyhow!(
                    "several sources need --out-dir, a folder for the results"
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

/// Refuses destinations that are a source or that two sources share.
fn check(jobs: &[Job]) -> Result<(), Failure> {
    let mut destinations = HashSet::new();
    for Job { source, destination } in jobs {
        if jobs.iter().any(|other| same_file(&other.source, destination)) {
            let error =
                anyhow!("{} is a source; the result would overwrite it", destination.display());
            return Err(usage(error));
        }
        if !destinations.insert(destination) {
            let error = anyhow!(
                "{} and another source would both become {}",
                source.display(),
                destination.display()
            );
            return Err(usage(error));
        }
    }
    Ok(())
}

impl Job {
    /// What the destination's extension asks for, where the source has `source`.
    pub(crate) fn container(&self, source: Container) -> Result<Container, Failure> {
        let destination = &self.destination;
        if has_extension(destination, "wav") {
            return Ok(Container::Wav);
        }
        if has_extension(destination, "raw") {
            return Ok(Container::Raw);
        }
        if destination.extension() == self.source.extension() {
            return Ok(source);
        }
        Err(usage(anyhow!(
            "cannot tell the form of {} by its extension; use .wav or .raw",
            destination.display()
        )))
    }
}

/// Whether a path ends in `.extension`, in upper or lower case.
pub(crate) fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
}

/// `talk.wav` becomes `talk.enhanced.wav`.
fn enhanced_name(source: &Path) -> PathBuf {
    let mut name = source.file_stem().unwrap_or_default().to_owned();
    name.push(".enhanced");
    if let Some(extension) = source.extension() {
        name.push(".");
        name.push(extension);
    }
    name.into()
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
    use super::*;

    fn plan_into(folder: &str, sources: &[&str]) -> Result<Vec<Job>, Failure> {
        let sources: Vec<_> = sources.iter().map(PathBuf::from).collect();
        plan(&sources, None, Some(Path::new(folder)))
    }

    #[test]
    fn results_are_named_after_their_sources() {
        let jobs = plan_into("out", &["a/talk.one.WAV", "b/bare"]).unwrap();
        assert_eq!(jobs[0].destination, Path::new("out/talk.one.enhanced.WAV"));
        assert_eq!(jobs[1].destination, Path::new("out/bare.enhanced"));
    }

    #[test]
    fn two_sources_never_share_a_destination() {
        let failure = plan_into("out", &["a/talk.wav", "b/talk.wav"]).unwrap_err();
        assert_eq!(failure.side, Side::Usage);
        assert!(failure.to_string().contains("talk.enhanced.wav"));
    }
}
