//! Completions and the manual pages.

pub(crate) use clap_complete::Shell;

/// The script that completes the arguments of `command` in a shell.
pub(crate) fn completions(shell: Shell, mut command: clap::Command) -> Vec<u8> {
    let (name, mut script) = (command.get_name().to_owned(), Vec::new());
    clap_complete::generate(shell, &mut command, name, &mut script);
    script
}

/// The manual page, for man(1), of a program or of one of its commands. `None` if there is no such
/// command.
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

/// Gives the command the usage line of its help. It does not list all options again, and says which
/// arguments can be repeated.
fn with_short_synopsis(mut command: clap::Command) -> clap::Command {
    let usage = command.render_usage().to_string();
    command.override_usage(usage.trim_start_matches("Usage: ").to_owned())
}
