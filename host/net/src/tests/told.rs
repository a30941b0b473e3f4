//! Requests and answers as lines, so that a test is a table.

use http::HeaderMap;

use super::Server;

/// The headers that stand in the lines of answers.
const SHOWN: [&str; 13] = [
    "etag",
    "tega-position",
    "link",
    "allow",
    "accept-patch",
    "vary",
    "content-encoding",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "content-length",
];

/// An answer with its headers.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Told {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// What stands for the beginning of an ETag in the lines: it differs from server to server.
pub(super) fn id_of(server: &Server) -> String {
    let position = server.engine.state().position.clone();
    format!("{}.{}", &position.history.as_str()[..8], position.epoch)
}

/// Sends `VERB /path | header: value | ..` with a body.
pub(super) async fn ask(server: &Server, line: &str, body: &str) -> Told {
    let line = line.replace("ID", &id_of(server));
    let mut parts = line.split(" | ");
    let (verb, path) = parts.next().unwrap().split_once(' ').unwrap();
    let mut request = server.request(verb, path).body(body.to_owned());
    for header in parts {
        let (name, value) = header.split_once(": ").unwrap();
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    Told { status, headers, body: answer.bytes().await.unwrap().to_vec() }
}

/// Sends each request and compares the answer with the line expected of it: its status, the headers named there, and its body.
/// Only the headers that the line names are looked at; `-name` says that there is none of that name. A `..` in the body stands for any
/// text.
pub(super) async fn check(server: &Server, rows: &[(&str, &str, &str)]) {
    for (request, body, expected) in rows {
        let told = ask(server, request, body).await;
        let mut parts = expected.split(" | ");
        let status = parts.next().unwrap();
        assert_eq!(told.status.to_string(), status, "{request}: {}", told.text());
        for part in parts {
            if let Some(name) = part.strip_prefix('-').filter(|name| SHOWN.contains(name)) {
                assert_eq!(told.header(name), None, "{request}");
            } else if let Some((name, value)) = part.split_once(": ").filter(|(name, _)| SHOWN.contains(name)) {
                let all: Vec<&str> = told.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
                assert_eq!(all.join(", "), value.replace("ID", &id_of(server)), "{request}: {name}");
            } else {
                assert!(is_like(&told.text(), part), "{request}: {}\n  is not {part}", told.text());
            }
        }
    }
}

fn is_like(text: &str, expected: &str) -> bool {
    let Some((begin, rest)) = expected.split_once("..") else { return text == expected };
    let Some(mut text) = text.strip_prefix(begin) else { return false };
    let parts: Vec<&str> = rest.split("..").collect();
    let (last, between) = parts.split_last().unwrap();
    for part in between {
        let Some(at) = text.find(part) else { return false };
        text = &text[at + part.len()..];
    }
    text.ends_with(last)
}
