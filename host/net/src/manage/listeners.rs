//! `/_channels`, `/_subscribers`, `/_global`, `/_forwarders`, `/_ids`: who is connected, and what they listen to.

use tega_engine::SessionScope;

use super::shown::as_json;
use crate::answer::response::Response;
use crate::server::Server;

/// `/_channels`: `{"a\\.b": ["bob"]}`.
pub(super) fn channels(server: &Server) -> Response {
    as_json(&server.roster.channels())
}

/// `/_subscribers`: `{"bob": ["a\\.b"]}`.
pub(super) fn subscribers(server: &Server) -> Response {
    as_json(&server.roster.subscribers())
}

/// `/_global`: `[["a\\.b", "global"]]`.
pub(super) fn global(server: &Server) -> Response {
    let channels = server.roster.global();
    as_json(&channels.iter().map(|channel| [channel.as_str(), "global"]).collect::<Vec<_>>())
}

/// `/_forwarders`: `["node1"]`, the sessions of global scope.
pub(super) fn forwarders(server: &Server) -> Response {
    as_json(&server.engine.sessions().names_reaching(SessionScope::Global))
}

/// `/_ids`: `["bob"]`.
pub(super) fn ids(server: &Server) -> Response {
    as_json(&server.engine.sessions().names())
}
