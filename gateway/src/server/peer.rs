//! Who is at the other end of a connection.

use std::net::{IpAddr, SocketAddr};

/// Who is at the other end of a connection: in the extensions of each of its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

impl Peer {
    /// The address as one caller: of an IPv6 address its network, for a household has a whole one.
    pub(super) fn network(self) -> [u8; 16] {
        let mut octets = match self.0.ip().to_canonical() {
            IpAddr::V4(address) => return address.to_ipv6_mapped().octets(),
            IpAddr::V6(address) => address.octets(),
        };
        octets[8..].fill(0);
        octets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> [u8; 16] {
        Peer(SocketAddr::new(address.parse().unwrap(), 1)).network()
    }

    #[test]
    fn an_ipv4_address_is_one_caller_and_an_ipv6_network_is_one() {
        assert_ne!(network("10.0.0.1"), network("10.0.0.2"));
        assert_eq!(network("10.0.0.1"), network("::ffff:10.0.0.1"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
    }
}
