//! The hosts that a plugin may reach, as they are granted and as a request names them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A granted host: `example.org` for the usual port of HTTP and of HTTPS, `example.org:8080`, `[::1]:8080`, or
/// `*.example.org` for every name below that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostGrant {
    /// In lower case; an address of IPv6 without its brackets.
    name: String,
    /// Whether it stands for the names below this one, and not for the name itself.
    below: bool,
    /// None stands for the usual port of the scheme.
    port: Option<u16>,
}

/// The server that a request is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    /// In lower case; an address of IPv6 without its brackets.
    name: String,
    port: u16,
    /// Whether that is the usual port of the request's scheme.
    usual: bool,
}

/// Why a text is no grant for a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no host: those look like `example.org`, `example.org:8080`, `[2001:db8::1]:8080` or `*.example.org`")]
pub(crate) struct NoHost;

impl HostGrant {
    /// Reads a grant as the operator writes it.
    pub(crate) fn parse(text: &str) -> Result<Self, NoHost> {
        let (below, text) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        let (name, port) = split_port(text).ok_or(NoHost)?;
        let name = name_of(name).ok_or(NoHost)?;
        // Below a number there is no name, and `*.0.0.1` must not stand for `127.0.0.1`.
        if below && (name.contains(':') || name.ends_with(|c: char| c.is_ascii_digit())) {
            return Err(NoHost);
        }
        Ok(Self { name, below, port })
    }

    /// Whether a request may go to this server.
    pub(crate) fn covers(&self, server: &Server) -> bool {
        let port = self.port.map_or(server.usual, |port| port == server.port);
        port && self.holds(&server.name)
    }

    /// Whether all that a wish stands for is granted.
    pub(crate) fn includes(&self, wish: &Self) -> bool {
        let named = if wish.below { self.below && self.holds_or_is(&wish.name) } else { self.holds(&wish.name) };
        named && self.port == wish.port
    }

    fn holds(&self, name: &str) -> bool {
        if self.below { is_below(name, &self.name) } else { name == self.name }
    }

    fn holds_or_is(&self, name: &str) -> bool {
        name == self.name || is_below(name, &self.name)
    }
}

impl fmt::Display for HostGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.below { "*." } else { "" })?;
        write_name(f, &self.name)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl Server {
    /// The server of a request's URL; none where it names no host, or names a user too.
    pub(crate) fn of(uri: &http::Uri) -> Option<Self> {
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let (name, port) = split_port(authority.as_str())?;
        let usual = if uri.scheme() == Some(&http::uri::Scheme::HTTP) { 80 } else { 443 };
        let port = port.unwrap_or(usual);
        Some(Self { name: name_of(name)?, port, usual: port == usual })
    }
}

/// Writes it as it would be granted.
impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_name(f, &self.name)?;
        if self.usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if name.contains(':') { write!(f, "[{name}]") } else { f.write_str(name) }
}

fn is_below(name: &str, above: &str) -> bool {
    name.strip_suffix(above).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

/// Splits the port off.
fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    let end = if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (name, rest) = text.split_at_checked(end)?;
    match rest.strip_prefix(':') {
        // `u16` reads `+80` too.
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => Some((name, Some(port.parse().ok()?))),
        Some(_) => None,
        None => rest.is_empty().then_some((name, None)),
    }
}

/// A host's name or address in the one form that is compared.
fn name_of(text: &str) -> Option<String> {
    if let Some(address) = text.strip_prefix('[') {
        let address: Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
        return Some(address.to_string());
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Some(address.to_string());
    }
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    text.split('.').all(label).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Server {
        Server::of(&url.parse().unwrap()).unwrap()
    }

    #[test]
    fn a_grant_covers_its_host_at_its_port_and_nothing_else() {
        let cases = [
            ("example.org", "https://example.org/a", true),
            ("example.org", "http://example.org", true),
            ("Example.org", "https://EXAMPLE.ORG:443/", true),
            ("example.org", "https://example.org:80/", false),
            ("example.org", "https://example.org:8443/", false),
            ("example.org", "https://www.example.org/", false),
            ("example.org", "https://badexample.org/", false),
            ("example.org:8443", "https://example.org:8443/", true),
            ("example.org:8443", "https://example.org/", false),
            ("example.org:443", "https://example.org/", true),
            ("*.example.org", "https://a.b.example.org/", true),
            ("*.example.org", "https://example.org/", false),
            ("*.example.org", "https://badexample.org/", false),
            ("*.example.org:81", "http://a.example.org:81/", true),
            ("127.0.0.1:8080", "http://127.0.0.1:8080/", true),
            ("127.0.0.1:8080", "http://localhost:8080/", false),
            ("[::1]:8080", "http://[0:0::1]:8080/", true),
            ("[::1]", "http://[::2]/", false),
        ];
        for (grant, url, expected) in cases {
            assert_eq!(HostGrant::parse(grant).unwrap().covers(&server(url)), expected, "{grant} {url}");
        }
    }

    #[test]
    fn what_is_no_host_is_no_grant() {
        let texts =
            ["", "*", "*.", "**.a", "a.*", "https://a", "a/b", "a:", "a:x", "a:+80", "a:99999", "::1", "[::1", "a b"];
        for text in texts.into_iter().chain(["*.0.0.1", "*.[::1]", "a..b", ".a", "a.", "u@a", "[a]", "[::1]x"]) {
            assert_eq!(HostGrant::parse(text), Err(NoHost), "{text:?}");
        }
    }

    #[test]
    fn a_request_that_names_a_user_has_no_server() {
        assert_eq!(Server::of(&"https://example.org@evil.org/".parse().unwrap()), None);
        assert_eq!(Server::of(&"/a".parse().unwrap()), None);
    }

    #[test]
    fn a_wish_is_granted_where_a_grant_includes_it() {
        let cases = [
            ("a.org", "a.org", true),
            ("a.org", "a.org:81", false),
            ("*.a.org", "b.a.org", true),
            ("*.a.org", "*.b.a.org", true),
            ("*.a.org", "*.a.org", true),
            ("*.a.org", "a.org", false),
            ("b.a.org", "*.a.org", false),
        ];
        for (grant, wish, expected) in cases {
            let [grant, wish] = [grant, wish].map(|text| HostGrant::parse(text).unwrap());
            assert_eq!(grant.includes(&wish), expected, "{grant} {wish}");
        }
    }

    #[test]
    fn both_are_written_as_they_would_be_granted() {
        assert_eq!(HostGrant::parse("*.A.org:81").unwrap().to_string(), "*.a.org:81");
        assert_eq!(server("https://[::1]:8080/x").to_string(), "[::1]:8080");
        assert_eq!(server("https://a.org:443/x").to_string(), "a.org");
    }
}
