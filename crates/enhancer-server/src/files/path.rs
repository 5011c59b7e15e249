//! Paths in requests.

use std::path::{Component, Path, PathBuf, is_separator};

/// The longest path that a system accepts.
const MAX_BYTES: usize = 4096;

/// A path of plain names below the folder of files. The file need not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConfinedPath(PathBuf);

impl ConfinedPath {
    /// Reads a path relative to the folder, or an absolute one that starts with one of `roots`.
    ///
    /// # Errors
    /// A text that says what is wrong with the path and what is allowed.
    pub(super) fn new(text: &str, roots: &[PathBuf]) -> Result<ConfinedPath, String> {
        check_text(text)?;
        let path = Path::new(text);
        if path.components().any(|component| component == Component::ParentDir) {
            return Err("contains `..`, which is not allowed".to_owned());
        }
        let relative = if path.has_root() {
            let below = roots.iter().find_map(|root| path.strip_prefix(root).ok());
            below.ok_or("is outside the root folder for files (--files-root)")?
        } else {
            path
        };
        let names = relative.components().filter(|component| *component != Component::CurDir);
        let mut plain = PathBuf::new();
        for name in names {
            match name {
                Component::Normal(name) => plain.push(name),
                _ => {
                    return Err(
                        "is not a path inside the root folder for files (--files-root)".to_owned()
                    );
                }
            }
        }
        if plain.as_os_str().is_empty() {
            return Err("is the root folder for files itself, expected a file inside it".to_owned());
        }
        Ok(ConfinedPath(plain))
    }

    /// The path relative to the folder of files.
    pub(crate) fn relative(&self) -> &Path {
        &self.0
    }

    /// Whether the path is that folder or below it.
    pub(super) fn is_below(&self, folder: &Path) -> bool {
        self.0.starts_with(folder)
    }
}

fn check_text(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("is empty, expected the path of a file".to_owned());
    }
    if text.len() > MAX_BYTES {
        return Err(format!("has {} bytes, expected at most {MAX_BYTES}", text.len()));
    }
    if text.contains('\0') {
        return Err("contains a NUL character, which is not allowed".to_owned());
    }
    if text.ends_with(is_separator) {
        return Err("names a folder, expected a file".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confined(text: &str) -> Result<String, String> {
        let roots = ["/srv/audio".into(), "/mnt/disk/audio".into()];
        let path = ConfinedPath::new(text, &roots)?;
        Ok(path.relative().to_str().unwrap().to_owned())
    }

    #[test]
    fn paths_below_the_folder_are_accepted() {
        for path in ["a/b.wav", "./a//b.wav", "/srv/audio/a/b.wav", "/mnt/disk/audio/./a/b.wav"] {
            assert_eq!(confined(path).as_deref(), Ok("a/b.wav"), "{path}");
        }
        // Names are not decoded, and dots in them have no special meaning.
        for name in ["%2e%2e", "..a", "a..", "..\u{2215}etc", "...", "~"] {
            assert_eq!(confined(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn other_paths_are_refused_with_the_reason() {
        let refused = [
            ("", "empty"),
            (".", "itself"),
            ("/srv/audio", "itself"),
            ("a/", "folder"),
            ("..", "`..`"),
            ("../audio/b.wav", "`..`"),
            ("a/../b.wav", "`..`"),
            ("/srv/audio/../b.wav", "`..`"),
            ("/etc/passwd", "--files-root"),
            ("/srv/audiobook/b.wav", "--files-root"),
            ("a\0.wav", "NUL"),
        ];
        for (path, reason) in refused {
            let error = confined(path).unwrap_err();
            assert!(error.contains(reason), "{path}: {error}");
        }
        assert!(confined(&"a/".repeat(2049)).unwrap_err().contains("4098"));
    }
}
