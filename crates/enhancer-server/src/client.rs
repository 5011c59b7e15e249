//! The sender of a request.

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::problem::{Problem, Result};
use crate::settings::Token;

/// The sender of a request. Limits apply to each client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    /// The holder of this token.
    Token(Token),
    /// The user of this address, without a token.
    Address(IpAddr),
}

impl Client {
    /// The name under which its jobs are stored; `None` without a token.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Client::Token(token) => Some(token.name()),
            Client::Address(_) => None,
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Problem;

    /// # Errors
    /// 500 if no middleware has stored the client, which would be a bug.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Client> {
        let client = parts.extensions.get::<Client>().cloned();
        client.ok_or_else(|| Problem::internal("the client of a request is not known"))
    }
}

/// The address that a request comes from. The listener adds it to the request's extensions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The address that stands for a client: an IPv6 client has a whole /64.
pub(crate) fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}
