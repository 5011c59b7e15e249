//! Settings that must not be shown.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

use clap::builder::TypedValueParser;
use clap::error::ErrorKind;
use clap::{Arg, Command, Error};

/// A setting that never appears in logs or messages.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// The secret itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Secret, Infallible> {
        Ok(Secret(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Reads a setting with a function. Shows its error without the value, which clap would print.
#[derive(Clone)]
pub(crate) struct Concealed<F>(pub(crate) F);

impl<F, T> TypedValueParser for Concealed<F>
where
    F: Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    type Value = T;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<T, Error> {
        let text = value.to_str().ok_or_else(|| "expected UTF-8 text".to_owned());
        text.and_then(&self.0).map_err(|reason| {
            let name = arg.map(ToString::to_string).unwrap_or_default();
            let variable = arg.and_then(Arg::get_env).map(OsStr::to_string_lossy);
            let variable = variable.map(|name| format!(" ({name})")).unwrap_or_default();
            let message = format!("invalid value for '{name}'{variable}: {reason}\n");
            Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::settings::{AccessSettings, JobSettings};

    #[derive(Debug, Parser)]
    struct Settings {
        #[command(flatten)]
        access: AccessSettings,
        #[command(flatten)]
        jobs: JobSettings,
    }

    #[test]
    fn a_wrong_secret_is_not_shown() {
        for (flag, value, expected) in [
            ("--auth-token", "S3CRET", "at least 16 visible ASCII characters"),
            ("--database-url", "mysql://user:S3CRET@db/x", "expected postgres://"),
        ] {
            let error = Settings::try_parse_from(["", flag, value]).unwrap_err().to_string();
            assert!(error.contains(flag) && error.contains(expected), "{error}");
            assert!(!error.contains("S3CRET"), "{error}");
        }
        let sound = ["", "--auth-token", "0123456789abcdef,fedcba9876543210"];
        assert_eq!(Settings::try_parse_from(sound).unwrap().access.auth_token.len(), 2);
    }
}
