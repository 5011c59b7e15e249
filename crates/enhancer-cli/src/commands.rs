//! The commands and arguments of `enhancer`.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};

use crate::args::{self, Args};
use crate::generate::Shell;
use crate::{batch, formats, generate, list_models, report, score, server, usage};

/// Removes noise from recordings of speech.
#[derive(Parser)]
#[command(
    name = "enhancer",
    version,
    about = "Removes noise from recordings of speech",
    override_usage = "enhancer [OPTIONS] <IN>...\n       enhancer <COMMAND>",
    after_help = args::AFTER_HELP,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    enhance: Args,
}

#[derive(Subcommand)]
enum Command {
    /// Enhances recordings: the older name of `enhancer IN…`
    #[command(hide = true, after_help = args::AFTER_HELP)]
    EnhanceFile(Box<Args>),
    /// Measures recordings: how listeners would rate them, how loud they are, how much is speech
    Score(Box<score::Args>),
    /// Lists the built-in models
    Models(list_models::Args),
    /// Lists the formats that can be read and written
    Formats,
    /// Runs the REST server, which can also serve the web page
    #[cfg_attr(not(feature = "server"), command(hide = true, disable_help_flag = true))]
    Serve(Box<server::ServeSettings>),
    /// Runs queued jobs from a shared database
    #[cfg_attr(not(feature = "server"), command(hide = true, disable_help_flag = true))]
    Worker(Box<server::WorkerSettings>),
    /// Prints the completions of a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Prints the manual page, or that of a command: `enhancer man score | man -l -` shows it
    Man {
        /// The command, such as serve
        command: Option<String>,
    },
}

/// Does what the arguments of this process ask for.
pub(crate) fn run() -> ExitCode {
    let words = std::env::args_os().map(as_path);
    let cli = Cli::try_parse_from(words).unwrap_or_else(|error| exit(error));
    match cli.command {
        None => batch::run(&cli.enhance),
        Some(Command::EnhanceFile(args)) => batch::run(&args),
        Some(Command::Score(args)) => score::run(&args),
        Some(Command::Models(args)) => list_models::run(&args),
        Some(Command::Formats) => report::print(formats::list().as_bytes()),
        Some(Command::Serve(settings)) => server::serve(&settings),
        Some(Command::Worker(settings)) => server::work(&settings),
        Some(Command::Completions { shell }) => {
            report::print(&generate::completions(shell, Cli::command()))
        }
        Some(Command::Man { command }) => print_man(command.as_deref()),
    }
}

fn print_man(of: Option<&str>) -> ExitCode {
    let page = generate::man_page(Cli::command(), of).unwrap_or_else(|| {
        let message = format!("{:?} is not a command", of.unwrap_or_default());
        Cli::command().error(ErrorKind::InvalidSubcommand, message).exit()
    });
    report::print(&page)
}

/// Adds the folder `./` to a file whose name looks like an option: `*.wav` may find such a file.
/// Returns other words unchanged. Options have no dot, and no existing file has their name.
fn as_path(word: OsString) -> OsString {
    let looks_like_option = word.as_encoded_bytes().starts_with(b"-");
    let path = Path::new(&word);
    if looks_like_option && path.extension().is_some() && path.is_file() {
        return Path::new(".").join(path).into_os_string();
    }
    word
}

/// Prints what is wrong with the arguments, or the help that they ask for.
fn exit(mut error: clap::Error) -> ! {
    let first = std::env::args_os().nth(1).filter(|first| !Path::new(first).exists());
    let of_command = first.as_deref().and_then(OsStr::to_str).is_some_and(|word| {
        Cli::command().get_subcommands().any(|command| command.get_name() == word)
    });
    usage::print(&mut error, of_command);
    // Any word can be a file, so clap does not report that it is not a command.
    if let Some(word) = first.filter(|_| error.use_stderr())
        && let Some(command) = similar(&word).filter(|command| word != *command.as_str())
    {
        report::print_tip(&format!("there is a command `enhancer {command}`"));
    }
    std::process::exit(error.exit_code());
}

/// The command that a word names or resembles.
pub(crate) fn similar(word: &OsStr) -> Option<String> {
    let commands: Vec<_> = Cli::command()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
        .cloned()
        .collect();
    if let Some(same) = commands.iter().find(|command| command.get_name() == word) {
        return Some(same.get_name().into());
    }
    let words: [OsString; 2] = ["enhancer".into(), word.into()];
    let parsed = clap::Command::new("enhancer")
        .subcommand_required(true)
        .subcommands(commands)
        .try_get_matches_from(words);
    match parsed.err()?.get(ContextKind::SuggestedSubcommand)? {
        ContextValue::String(name) => Some(name.clone()),
        ContextValue::Strings(names) => names.first().cloned(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }

    #[test]
    fn mistyped_commands_are_recognised() {
        let similar = |word: &str| similar(OsStr::new(word));
        assert_eq!(similar("modles").as_deref(), Some("models"));
        assert_eq!(similar("models").as_deref(), Some("models"));
        assert_eq!(similar("talk.wav"), None);
        assert_eq!(similar("-q"), None);
    }
}
