//! Addresses that may be dialled: until trust is complete, loopback only.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::Uri;

/// The address of an endpoint such as `http://127.0.0.1:50051`. No name is resolved but `localhost`, so that nobody
/// can have it mean another machine later.
///
/// # Errors
/// What is wrong with it, and how it is written.
pub(crate) fn address(uri: &str) -> Result<SocketAddr, String> {
    let bad =
        |what: &str| format!("`{}` {what}; write it as http://127.0.0.1:50051", crate::lowering::shown(uri));
    let parsed: Uri = uri.parse().map_err(|_| bad("is no address"))?;
    if parsed.scheme_str() != Some("http") {
        return Err(bad("is not of the scheme http, the only one that is dialled on loopback"));
    }
    if parsed.path_and_query().is_some_and(|path| path.as_str() != "/") {
        return Err(bad("has a path; gRPC has its own"));
    }
    let authority = parsed.authority().ok_or_else(|| bad("has no host"))?;
    if authority.as_str().contains('@') {
        return Err(bad("has a user; nobody logs in there"));
    }
    let port = authority.port_u16().filter(|port| *port > 0).ok_or_else(|| bad("has no port"))?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    let ip = match host {
        "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
        literal => literal.parse().map_err(|_| bad("names a host; an address of loopback is wanted"))?,
    };
    if !ip.is_loopback() {
        return Err(bad(
            "is not on loopback: other machines are dialled only once both sides are authenticated",
        ));
    }
    Ok(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_dialled() {
        for (uri, address_of) in [
            ("http://127.0.0.1:50051", "127.0.0.1:50051"),
            ("http://127.1.2.3:1/", "127.1.2.3:1"),
            ("http://localhost:50051", "127.0.0.1:50051"),
            ("http://[::1]:50051", "[::1]:50051"),
        ] {
            assert_eq!(address(uri).unwrap().to_string(), address_of, "{uri}");
        }
        for (uri, says) in [
            ("https://127.0.0.1:50051", "scheme"),
            ("127.0.0.1:50051", "scheme"),
            ("http://127.0.0.1", "no port"),
            ("http://127.0.0.1:0", "no port"),
            ("http://10.0.0.1:50051", "not on loopback"),
            ("http://0.0.0.0:50051", "not on loopback"),
            ("http://169.254.169.254:80", "not on loopback"),
            ("http://ministry.example:50051", "names a host"),
            ("http://localhost.example:50051", "names a host"),
            ("http://2130706433:50051", "names a host"),
            ("http://me@127.0.0.1:50051", "user"),
            ("http://127.0.0.1:50051/path", "path"),
            ("", "no address"),
            ("http://", "no address"),
        ] {
            let error = address(uri).expect_err(uri);
            assert!(error.contains(says), "{uri}: {error}");
        }
    }
}
