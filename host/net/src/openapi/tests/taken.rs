//! What is described is what is taken.

use std::collections::BTreeSet;

use crate::command::Command;
use crate::described::{Argument, Others, Place, Use};
use crate::tests::Server;

fn in_url(used: &'static Use) -> impl Iterator<Item = &'static Argument> {
    used.all_arguments().filter(|argument| argument.place == Place::Query)
}

#[tokio::test]
async fn a_command_that_refuses_arguments_takes_those_that_are_described_and_no_other() {
    let server = Server::start().await;
    let mut count = 0;
    for command in Command::all() {
        for used in command.uses().iter().filter(|used| used.others == Others::Refused) {
            let path = format!("/_{}", command.name());
            let refused = server.send(used.verb, &format!("{path}?nonesuch=1"), "").await;
            let names: Vec<&str> = in_url(used).map(|argument| argument.name).collect();
            let expected = format!("there is no argument \"nonesuch\" here; there are {}\n", names.join(", "));
            assert_eq!((refused.status, refused.body), (400, expected), "{} {path}", used.verb);
            for name in names {
                let answer = server.send(used.verb, &format!("{path}?{name}=1"), "{}").await;
                // A use of several forms may not take it in each of them.
                let is_refused = answer.body.contains("there is no argument");
                assert!(!is_refused || used.note.contains(name), "{} {path} {name}: {}", used.verb, answer.body);
                count += 1;
            }
        }
    }
    assert!(count > 40, "{count}");
}

/// Requests, and what in the answer shows that the argument was heard. `LONG` stands for a name that or a message that is too long.
const HEARD: &[(&str, &str, &str)] = &[
    ("POST", "/_rpc?path=.", "empty name"),
    ("POST", "/_rpc?path=a.b&tega_id=LONG", "a tega_id of 5000 bytes"),
    ("POST", "/_rpc/a.b?tega_id=LONG", "a tega_id of 5000 bytes"),
    ("GET", "/_watch?pattern=a.**.b", "not a pattern"),
    ("POST", "/_begin?tega_id=LONG", "a tega_id of 5000 bytes"),
    ("POST", "/_cand?txid=none", "no transaction none is open"),
    ("POST", "/_commit?txid=none", "no transaction none is open"),
    ("POST", "/_cancel?id=none", "no confirmed commit none is pending"),
    ("POST", "/_cancel?txid=none", "no transaction none is open"),
    ("POST", "/_cancel?id=none&tega_id=LONG", "a tega_id of 5000 bytes"),
    ("GET", "/_livez?verbose=true", "livez check passed"),
    ("GET", "/_readyz?verbose=true", "readyz check passed"),
    ("POST", "/_clear?tega_id=LONG", "a tega_id of 5000 bytes"),
    ("POST", "/_clear?message=LONG", "over the limit of 4096"),
    ("GET", "/_edges?root_oid=none", "there is no root none"),
    ("GET", "/_edges?old_roots=maybe", "old_roots=maybe is wrong"),
];

/// What the log says of why the last commit was made.
async fn last_message(server: &Server) -> String {
    let page = server.send("GET", "/_log?newest_first=true&limit=1", "").await.json();
    page["commits"][0]["message"].as_str().unwrap_or_default().to_owned()
}

async fn begun(server: &Server, arguments: &str) -> String {
    let begun = server.send("POST", &format!("/_begin?{arguments}"), "").await.json();
    let txid = begun["txid"].as_str().unwrap().to_owned();
    server.put(&format!("/a/{txid}?txid={txid}"), "1").await;
    txid
}

/// The beginning of a stream of events, up to its first event.
async fn first_event(server: &Server, path: &str) -> String {
    let mut answer = server.request("GET", path).send().await.unwrap();
    let mut text = String::new();
    while !text.contains("data: ") {
        text.push_str(std::str::from_utf8(&answer.chunk().await.unwrap().unwrap()).unwrap());
    }
    text
}

#[tokio::test]
async fn a_command_that_passes_over_arguments_hears_each_that_is_described() {
    let server = Server::start().await;
    let mut heard: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (verb, path, expected) in HEARD {
        let answer = server.send(verb, &path.replace("LONG", &"n".repeat(5000)), "").await;
        assert!(answer.body.contains(expected), "{verb} {path}: {}", answer.body);
        let (name, arguments) = path[2..].split_once('?').unwrap();
        heard.insert((
            Command::named(name).unwrap().name(),
            arguments.rsplit('&').next().unwrap().split('=').next().unwrap(),
        ));
    }
    let txid = begun(&server, "message=begun").await;
    assert_eq!(server.send("POST", &format!("/_commit?txid={txid}"), "").await.status, 200);
    assert_eq!(last_message(&server).await, "begun");
    let txid = begun(&server, "message=begun").await;
    assert_eq!(server.send("POST", &format!("/_commit?txid={txid}&message=ended"), "").await.status, 200);
    assert_eq!(last_message(&server).await, "ended");
    let body = r#"{"operations": [{"put": "b", "value": 1}], "confirm_within_ms": 60000}"#;
    let made = server.send("POST", "/_transaction", body).await.json();
    let cancel = format!("/_cancel?id={}&message=cancelled", made["confirm"].as_str().unwrap());
    assert_eq!(server.send("POST", &cancel, "").await.status, 200);
    assert_eq!(last_message(&server).await, "cancelled");
    assert!(first_event(&server, "/_watch?pattern=a&present=true").await.contains("event: state"));
    assert!(first_event(&server, "/_watch?pattern=a&since=nowhere").await.contains("event: reset"));
    heard.extend([("begin", "message"), ("commit", "message"), ("cancel", "message")]);
    heard.extend([("watch", "present"), ("watch", "since")]);

    let described: BTreeSet<(&str, &str)> = Command::all()
        .flat_map(|command| command.uses().iter().map(move |used| (command.name(), used)))
        .filter(|(_, used)| used.others == Others::PassedOver)
        .flat_map(|(name, used)| in_url(used).map(move |argument| (name, argument.name)))
        .collect();
    assert_eq!(heard, described);
}
