//! Networks of IP addresses, such as 10.0.0.0/8.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    address: IpAddr,
    /// Bits of the prefix.
    len: u32,
}

impl Network {
    /// Whether the network contains an address. An IPv4 address inside an IPv6 address counts as
    /// the IPv4 address.
    pub(crate) fn contains(self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(prefix), IpAddr::V4(address)) => has_prefix_v4(address, (prefix, self.len)),
            (IpAddr::V6(prefix), IpAddr::V6(address)) => has_prefix_v6(address, (prefix, self.len)),
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    /// Reads an address, or an address and the length of a prefix.
    fn from_str(text: &str) -> Result<Network, String> {
        let (address, len) = text.split_once('/').map_or((text, None), |(a, len)| (a, Some(len)));
        let expected = "expected an address or a network such as 10.0.0.0/8";
        let address: IpAddr = address.parse().map_err(|_| expected.to_owned())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let len = len.map_or(Ok(bits), str::parse).ok().filter(|len| *len <= bits);
        let len = len.ok_or_else(|| format!("expected a prefix of at most {bits} bits"))?;
        Ok(Network { address, len })
    }
}

/// Whether an address begins with the bits of a prefix.
pub(crate) fn has_prefix_v4(address: Ipv4Addr, (prefix, len): (Ipv4Addr, u32)) -> bool {
    (address.to_bits() ^ prefix.to_bits()).leading_zeros() >= len
}

/// Whether an address begins with the bits of a prefix.
pub(crate) fn has_prefix_v6(address: Ipv6Addr, (prefix, len): (Ipv6Addr, u32)) -> bool {
    (address.to_bits() ^ prefix.to_bits()).leading_zeros() >= len
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_contain_addresses_with_their_prefix() {
        let contains = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(address.parse().unwrap())
        };
        assert!(contains("10.1.0.0/16", "10.1.255.255") && !contains("10.1.0.0/16", "10.2.0.0"));
        assert!(contains("10.1.0.7", "10.1.0.7") && !contains("10.1.0.7", "10.1.0.8"));
        assert!(contains("10.1.0.0/16", "::ffff:10.1.2.3"));
        assert!(contains("fd00::/8", "fd12::1") && !contains("fd00::/8", "10.0.0.1"));
        assert!(contains("0.0.0.0/0", "192.0.2.1") && !contains("0.0.0.0/0", "fd12::1"));
        for wrong in ["", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/", "fd00::/129", "host"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
