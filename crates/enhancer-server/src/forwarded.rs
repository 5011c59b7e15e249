//! The client behind a proxy.

use std::net::{IpAddr, SocketAddr};

use axum::http::HeaderMap;

use crate::network::Network;

/// The client that sent a request which came from `peer`. If `peer` is a trusted proxy, the client
/// is the last address in `X-Forwarded-For`, which the proxy added; if that is a trusted proxy too,
/// the address before it, and so on. Anything further left cannot be trusted: clients can send the
/// header themselves.
pub(crate) fn sender(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let values = headers.get_all("x-forwarded-for").iter().rev();
    // A part that is not text can only come from the client itself.
    let named = values.flat_map(|value| value.as_bytes().rsplit(|byte| *byte == b','));
    let mut sender = peer;
    for address in named.map(|text| parse(str::from_utf8(text).unwrap_or_default().trim())) {
        let (Some(address), true) = (address, is_trusted(sender, trusted)) else { break };
        sender = address;
    }
    sender
}

/// Whether an address belongs to a trusted proxy.
pub(crate) fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// An address, with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    text.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn sent(peer: &str, values: &[&'static str]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("X-Forwarded-For", HeaderValue::from_static(value));
        }
        sender(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_name_the_client() {
        assert_eq!(sent("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
        assert_eq!(sent("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(sent("::ffff:10.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(sent("fd00::1", &["[2001:db8::7]:443"]), "2001:db8::7");
        // Two proxies, in one header or in two.
        assert_eq!(sent("10.0.0.1", &["198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(sent("10.0.0.1", &["198.51.100.7", "10.0.0.2"]), "198.51.100.7");
    }

    #[test]
    fn addresses_from_the_client_itself_do_not_count() {
        assert_eq!(sent("10.0.0.1", &["10.0.0.9, 203.0.113.1, 198.51.100.7"]), "198.51.100.7");
        let mut headers = HeaderMap::new();
        let value = HeaderValue::from_bytes(b"\xff, 198.51.100.7").unwrap();
        headers.append("X-Forwarded-For", value);
        let trusted = ["10.0.0.1".parse().unwrap()];
        let found = sender("10.0.0.1".parse().unwrap(), &headers, &trusted);
        assert_eq!(found.to_string(), "198.51.100.7");
        for nothing in ["", "unknown", "198.51.100.7, _hidden", "198.51.100.7,"] {
            assert_eq!(sent("10.0.0.1", &[nothing]), "10.0.0.1", "{nothing}");
        }
        assert_eq!(sent("10.0.0.1", &[]), "10.0.0.1");
    }
}
