//! Descriptions, right and wrong.

use super::*;
use crate::grants::Granted;

const ALL: Interfaces = Interfaces::all();

fn told() -> described::Description {
    described::Description {
        name: "probe".into(),
        version: "0.1.0".into(),
        summary: "Probes.".into(),
        methods: vec![method(&["probe", "echo"])],
        subscriptions: vec![
            described::Subscription::Commits("a.*".into()),
            described::Subscription::Channel("c".into()),
        ],
        transforms: vec![],
        guards: vec![],
        views: vec![],
        timers: vec![],
        grants: described::Grants {
            read: vec!["b".into()],
            write: vec!["b.c".into()],
            methods: vec!["x.y".into()],
            channels: vec!["c".into()],
            hosts: vec!["example.org".into()],
            environment: vec!["HOME".into()],
            folders: vec!["/var/lib/x:rw".into()],
        },
        extra: vec![],
    }
}

fn method(path: &[&str]) -> described::Method {
    described::Method {
        path: path.iter().map(|&name| name.to_owned()).collect(),
        summary: "Does.".into(),
        parameters: None,
        returns: None,
    }
}

#[test]
fn what_is_wished_and_not_granted_is_named() {
    let description = Description::check(told(), ALL).unwrap();
    let none = Grants::default();
    assert_eq!(
        description.grants_lacking(&none),
        [
            "read b",
            "read a.*",
            "write b.c",
            "methods x.y",
            "channels c",
            "hosts example.org",
            "environment HOME",
            "folders /var/lib/x:rw"
        ]
    );
    let some = Grants {
        read: vec![Granted::new("a".parse().unwrap())],
        write: vec![Granted::new("**".parse().unwrap())],
        methods: vec![Granted::new("x.*".parse().unwrap())],
        channels: vec![Granted::new("c".into())],
        hosts: vec![Granted::new(HostGrant::parse("*.org").unwrap())],
        ..Grants::default()
    };
    assert_eq!(description.grants_lacking(&some), ["read b", "environment HOME", "folders /var/lib/x:rw"]);
}

#[test]
fn a_wrong_description_is_refused_in_a_sentence() {
    type Spoil = fn(&mut described::Description);
    let cases: &[(Spoil, &str)] = &[
        (|told| told.name = "Bad Name!".into(), "describes itself wrongly: \"Bad Name!\" is no name of a plugin"),
        (|told| told.name = String::new(), "describes itself wrongly: \"\" is no name of a plugin"),
        (
            |told| told.grants.hosts.push("http://a".into()),
            "describes itself wrongly: its wish for hosts: \"http://a\" is no host",
        ),
        (
            |told| told.grants.folders.push("x".into()),
            "describes itself wrongly: its wish for folders: \"x\" is no folder",
        ),
        (|told| told.version = "1.0".into(), "describes itself wrongly: \"1.0\" is no version"),
        (|told| told.summary = "x".repeat(5000), "describes itself wrongly: the summary of 5000 bytes"),
        (|told| told.methods.push(method(&[])), "describes itself wrongly: the method \"\" has no good path"),
        (|told| told.methods.push(method(&["_x"])), "describes itself wrongly: the method \"_x\" has no good path"),
        (|told| told.methods.push(method(&["%a", "b"])), "describes itself wrongly: the method %a.b is at a path of"),
        (
            |told| told.methods.push(method(&["probe", "echo"])),
            "describes itself wrongly: the method probe.echo is there twice",
        ),
        (
            |told| told.methods[0].parameters = Some("{".into()),
            "describes itself wrongly: the JSON Schema of the parameters of the method probe.echo is no JSON",
        ),
        (
            |told| told.methods[0].returns = Some("1".into()),
            "describes itself wrongly: the JSON Schema of the result of the method probe.echo is neither",
        ),
        (
            |told| told.guards.push(described::Hook { pattern: "**.a".into(), order: 1 }),
            "describes itself wrongly: a guard has the pattern \"**.a\": not a pattern",
        ),
        (
            |told| {
                let view = |path: &[&str]| described::View {
                    path: path.iter().map(ToString::to_string).collect(),
                    summary: String::new(),
                };
                told.views = vec![view(&["a", "b"]), view(&["a", "b", "c"])];
            },
            "describes itself wrongly: the views a.b and a.b.c are the same node, or one is below the other",
        ),
        (
            |told| told.timers.push(described::Timer { name: "tick".into(), interval_ms: 1 }),
            "describes itself wrongly: the interval of the timer \"tick\": 1 ms is not from 100 to 604800000",
        ),
        (|told| told.grants.read = vec!["a".into(); 20_000], "describes itself wrongly: it names 20009 things"),
        (|told| told.grants.hosts = vec!["a".into(); 20_000], "describes itself wrongly: it names 20009 things"),
        (
            |told| told.grants.read = vec!["~\"a\".~\"b\"".into(); 33],
            "describes itself wrongly: its patterns have 66 regular expressions",
        ),
    ];
    for (spoil, expected) in cases {
        let mut told = told();
        spoil(&mut told);
        let refusal = Description::check(told, ALL).unwrap_err().to_string();
        assert!(refusal.starts_with(expected), "{refusal}");
    }
}

#[test]
fn what_is_described_without_its_interface_is_refused() {
    let refusal = Description::check(told(), Interfaces::default()).unwrap_err().to_string();
    assert_eq!(refusal, "describes the method probe.echo, but does not export tega:plugin/methods@0.1.0");
}

#[test]
fn versions_are_semantic() {
    for good in ["0.0.0", "1.2.3", "1.2.3-rc.1", "1.2.3-0a+build.01", "10.20.30+x-y"] {
        assert!(is_semver(good), "{good}");
    }
    for bad in ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.3-", "1.2.3-01", "1.2.3+", "v1.2.3", "1.2.3-a..b", "1.2.x"] {
        assert!(!is_semver(bad), "{bad}");
    }
}
