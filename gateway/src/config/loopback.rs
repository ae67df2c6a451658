//! Until trust is complete (TLS on every wire), the gateway listens on this machine and dials this machine alone.

use std::net::IpAddr;

/// An address of another machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{option}` names {host}, which is not this machine: until trust is complete (TLS on every wire) the gateway \
     listens on and dials loopback only; use 127.0.0.1, [::1] or localhost"
)]
pub struct NotLoopback {
    /// The option, or what the address is for.
    pub option: String,
    /// The host.
    pub host: String,
}

/// Lets pass a host of this machine: `127.0.0.1`, `[::1]`, `localhost`, or any other loopback address.
///
/// # Errors
/// [`NotLoopback`] for every other host. Names are not resolved: what they resolve to may change.
pub fn require_loopback(option: &str, host: &str) -> Result<(), NotLoopback> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let local = bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    if local { Ok(()) } else { Err(NotLoopback { option: option.to_owned(), host: host.to_owned() }) }
}

/// The hosts that a store's address dials; none for a store of this process.
pub(super) fn store_hosts(store: &str) -> Vec<String> {
    let Some((_, rest)) = store.split_once("://") else { return Vec::new() };
    let rest = rest.rsplit_once('@').map_or(rest, |(_, hosts)| hosts);
    let hosts = rest.split(['/', '?']).next().unwrap_or(rest);
    hosts.split(',').map(|host| without_port(host).to_owned()).collect()
}

/// The host of `host:port`, `[v6]:port` or `host`.
fn without_port(host: &str) -> &str {
    if let Some(end) = host.find(']') {
        return &host[..=end];
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_passes() {
        for host in ["127.0.0.1", "127.8.8.8", "[::1]", "::1", "localhost", "LOCALHOST", "::ffff:127.0.0.1"] {
            assert!(require_loopback("desk", host).is_ok(), "{host}");
        }
        for host in ["0.0.0.0", "[::]", "10.0.0.1", "example.org", "localhost.example.org", ""] {
            let error = require_loopback("desk", host).unwrap_err().to_string();
            assert!(error.contains("`desk`") && error.contains("until trust is complete"), "{error}");
        }
    }

    #[test]
    fn every_host_of_a_store_is_found_behind_its_password() {
        assert_eq!(store_hosts("embedded:./x"), Vec::<String>::new());
        assert_eq!(store_hosts("redis://me:a@b@127.0.0.1:6379/2"), ["127.0.0.1"]);
        assert_eq!(store_hosts("redis-cluster://[::1]:7000,far.example:7001"), ["[::1]", "far.example"]);
    }
}
