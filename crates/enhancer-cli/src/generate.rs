//! Completions and the manual page.

pub(crate) use clap_complete::Shell;

/// The script that completes the arguments of `command` in a shell.
pub(crate) fn completions(shell: Shell, mut command: clap::Command) -> Vec<u8> {
    let (name, mut script) = (command.get_name().to_owned(), Vec::new());
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}

/// The manual page of `command`, for man(1).
pub(crate) fn man_page(command: clap::Command) -> Vec<u8> {
    let mut page = Vec::new();
    // Writing to memory does not fail.
    let _ = clap_mangen::Man::new(command).render(&mut page);
    page
}
