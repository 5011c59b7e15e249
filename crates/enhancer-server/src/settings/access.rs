//! Who may use the server.

use std::fmt;
use std::str::FromStr;

use axum::http::HeaderValue;
use sha2::{Digest, Sha256};
use url::Url;

use super::secret::Concealed;

/// Who may use the server.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Access")]
pub(crate) struct AccessSettings {
    /// A token that requests must send (Authorization: Bearer TOKEN), at least 16
    /// characters; can be repeated [default: no token required]
    #[arg(
        long,
        env = "ENHANCER_AUTH_TOKENS",
        value_name = "TOKEN",
        value_delimiter = ',',
        hide_env_values = true,
        value_parser = Concealed(Token::from_str)
    )]
    pub(crate) auth_token: Vec<Token>,

    /// A token like --auth-token, whose requests may also have the priority high; can be
    /// repeated [default: none; without one, any client may, except if the server listens on
    /// another address than loopback, or has a token, an --allowed-host or a --trusted-proxy]
    #[arg(
        long,
        env = "ENHANCER_PRIORITY_TOKENS",
        value_name = "TOKEN",
        value_delimiter = ',',
        hide_env_values = true,
        value_parser = Concealed(Token::from_str)
    )]
    pub(crate) priority_token: Vec<Token>,

    /// Origin of web pages that may use the API from a browser, such as
    /// https://example.org; * allows all pages; can be repeated [default: only the
    /// server's own]
    #[arg(long, env = "ENHANCER_CORS_ORIGINS", value_name = "ORIGIN", value_delimiter = ',',
          value_parser = origin)]
    pub(crate) cors_origin: Vec<HeaderValue>,

    /// A host name of the server; can be repeated. Requests with other names, except localhost
    /// and addresses of loopback, are rejected to prevent DNS rebinding [default: on loopback
    /// none; elsewhere any name if a token is needed, otherwise any address and the name of the
    /// machine]
    #[arg(long, env = "ENHANCER_ALLOWED_HOSTS", value_name = "NAME", value_delimiter = ',')]
    pub(crate) allowed_host: Vec<String>,
}

impl AccessSettings {
    /// All valid tokens.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = &Token> {
        self.auth_token.iter().chain(&self.priority_token)
    }

    /// Whether requests need a token.
    pub(crate) fn needs_token(&self) -> bool {
        self.tokens().next().is_some()
    }
}

/// An origin as browsers send it; anything else would never match.
fn origin(text: &str) -> Result<HeaderValue, String> {
    let is_origin = || Url::parse(text).is_ok_and(|url| url.origin().ascii_serialization() == text);
    if text != "*" && !is_origin() {
        return Err("expected * or an origin such as https://example.org, without a path".into());
    }
    HeaderValue::from_str(text).map_err(|error| error.to_string())
}

/// A bearer token. Only its hash is kept, so that comparing does not even reveal its length.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Token([u8; 32]);

impl Token {
    /// The hash of a token.
    pub(crate) fn hash(token: &[u8]) -> [u8; 32] {
        Sha256::digest(token).into()
    }

    /// A name for the token that does not reveal it.
    pub(crate) fn name(&self) -> String {
        self.0[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The hash of the token.
    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Token {
    type Err = String;

    fn from_str(token: &str) -> Result<Token, String> {
        const LEAST: usize = 16;
        if token.len() < LEAST || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("a token must have at least {LEAST} visible ASCII characters"));
        }
        Ok(Token(Token::hash(token.as_bytes())))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}
