//! Completions and the manual pages.

pub(crate) use clap_complete::Shell;

/// The script that completes the arguments of `command` in a shell.
pub(crate) fn completions(shell: Shell, mut command: clap::Command) -> Vec<u8> {
    let (name, mut script) = (command.get_name().to_owned(), Vec::new());
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}

/// The manual page of a program, for man(1), or that of one of its commands, if it has that.
pub(crate) fn man_page(mut program: clap::Command, of: Option<&str>) -> Option<Vec<u8>> {
    // This gives each command the name of its page, such as `enhancer-serve`.
    program.build();
    let release = program.render_version();
    let of = match of {
        None => program,
        Some(command) => program.find_subcommand(command)?.clone(),
    };
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(with_short_synopsis(of)).source(release.trim());
    // Writing to memory does not fail.
    let _ = man.render(&mut page);
    Some(page)
}

/// The command with the usage of its help, which does not list all options once more and says what
/// can be given many times.
fn with_short_synopsis(mut command: clap::Command) -> clap::Command {
    let usage = command.render_usage().to_string();
    command.override_usage(usage.trim_start_matches("Usage: ").to_owned())
}
