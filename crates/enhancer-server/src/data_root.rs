//! The folder for the server's own data: recordings, results and webhook addresses.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

/// The permission bits of other users of this machine.
const OTHERS: u32 = 0o077;

/// Creates the data root if it is missing, closed to other users. An existing folder of ours is
/// closed to others if it is empty or was a data root before.
///
/// # Errors
/// If it cannot be created; `PermissionDenied` if it is ours, open to others, and contains other
/// files.
pub(crate) fn prepare(data_root: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(data_root)?;
    let found = fs::metadata(data_root)?;
    // The owner of files that this process creates.
    let ours = tempfile::tempfile_in(data_root)?.metadata()?.uid();
    if found.uid() != ours || found.mode() & OTHERS == 0 {
        return Ok(());
    }
    let is_data_root = data_root.join("spool").is_dir();
    if !is_data_root && fs::read_dir(data_root)?.next().is_some() {
        let reason = format!(
            "other users of this machine can open it (mode {:03o}) and it holds other files; \
             give a folder of its own, or close it with chmod 700",
            found.mode() & 0o777
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
    }
    fs::set_permissions(data_root, Permissions::from_mode(0o700))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(folder: &Path) -> u32 {
        fs::metadata(folder).unwrap().mode() & 0o777
    }

    fn open_to_all(folder: &Path) {
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn a_new_or_an_older_data_root_is_closed_to_others() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path().join("a/b");
        prepare(&root).unwrap();
        assert_eq!(mode(&root), 0o700);
        open_to_all(&root);
        prepare(&root).unwrap();
        assert_eq!(mode(&root), 0o700);
        fs::create_dir(root.join("spool")).unwrap();
        fs::write(root.join("jobs.sqlite"), "").unwrap();
        open_to_all(&root);
        prepare(&root).unwrap();
        assert_eq!(mode(&root), 0o700);
    }

    #[test]
    fn a_folder_with_other_files_is_not_changed() {
        let temporary = tempfile::tempdir().unwrap();
        let root = temporary.path();
        fs::write(root.join("letter.txt"), "").unwrap();
        open_to_all(root);
        let error = prepare(root).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert!(error.to_string().contains("mode 755") && error.to_string().contains("chmod 700"));
        assert_eq!(mode(root), 0o755);
        fs::set_permissions(root, Permissions::from_mode(0o700)).unwrap();
        prepare(root).unwrap();
    }
}
