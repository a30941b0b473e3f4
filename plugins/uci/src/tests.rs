//! Both directions, with texts as they are found on devices, and with anything at all.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use tega_plugin::{Path, path};

use crate::apply::{Step, steps};
use crate::json::Json;
use crate::{parse, render};

/// A configuration as `uci export` writes it.
const EXPORT: &str = include_str!("../fixtures/router.uci");
/// The same as JSON.
const ROUTER: &str = include_str!("../fixtures/router.json");
/// The same as somebody writes it: comments, other quotes, another order.
const BY_HAND: &str = include_str!("../fixtures/by-hand.uci");

fn place() -> Path {
    path!["config", "ne1"]
}

fn read(json: &str) -> Json {
    Json::read(json).unwrap()
}

fn rendered(json: &Json) -> Result<String, String> {
    render::packages(&place(), json).map_err(|error| error.message)
}

fn parsed(text: &str) -> Result<Json, String> {
    parse::packages(text, None).map_err(|error| error.message)
}

#[test]
fn a_routers_configuration_is_the_same_in_both_forms() {
    assert_eq!(rendered(&read(ROUTER)).unwrap(), EXPORT);
    assert_eq!(parsed(EXPORT).unwrap(), read(ROUTER));
    assert_eq!(parsed(BY_HAND).unwrap(), read(ROUTER));
}

#[test]
fn a_package_alone_is_its_file() {
    let json = read(r#"{"timeserver": {"ntp": {"server": ["0.pool.ntp.org", "1.pool.ntp.org"], "enabled": true}}}"#);
    let text = "config timeserver 'ntp'\n\toption enabled true\n\tlist server '0.pool.ntp.org'\n\tlist server '1.pool.ntp.org'\n";
    assert_eq!(render::sections(&place(), &json).unwrap(), text);
    let packages = parse::packages(text, Some("system")).unwrap();
    assert_eq!(packages, Json::Map([("system".to_owned(), json)].into()));
}

#[test]
fn what_uci_has_no_form_for_is_refused_with_its_node() {
    let check = |json: &str, expected: &str| assert_eq!(rendered(&read(json)), Err(expected.to_owned()));
    let no = |package: &str, node: &str, why: &str| {
        check(&format!(r#"{{"network": {package}}}"#), &format!("config.ne1.{node} can't be told in UCI: {why}"));
    };
    check("[]", "config.ne1 can't be told in UCI: a container of the packages stands here");
    check(
        r#"{"a.b": {}}"#,
        r#"config.ne1."a.b" can't be told in UCI: a package is called by letters, digits, _ and -"#,
    );
    no("5", "network", "a container of the types of sections stands here");
    no(r#"{"a b": [{}]}"#, r#"network."a b""#, "a type of sections is of printable ASCII, without blanks");
    no(r#"{"route": {}}"#, "network.route", "no sections of a type are told by leaving the type out");
    no(r#"{"route": []}"#, "network.route", "no sections of a type are told by leaving the type out");
    no(r#"{"route": "x"}"#, "network.route", "a type holds sections by name, or a list of those without a name");
    no(r#"{"route": {"@": [{}]}}"#, "network.route", "no section has a name; the list itself stands here then");
    no(
        r#"{"route": {"a": {}, "@": []}}"#,
        "network.route.@",
        "here is a list of the sections without a name, of one at least",
    );
    no(r#"{"route": {"eth0.1": {}}}"#, r#"network.route."eth0.1""#, "a section is called by letters, digits and _");
    no(r#"{"route": [5]}"#, "network.route.0", "a container of options and lists stands here");
    no(r#"{"route": [{"a-b": 1}]}"#, "network.route.0.a-b", "an option is called by letters, digits and _");
    no(r#"{"route": [{"a": null}]}"#, "network.route.0.a", "UCI has no null; leave the node out");
    no(r#"{"route": [{"a": []}]}"#, "network.route.0.a", "an empty list is told by leaving it out");
    no(r#"{"route": [{"a": {"b": 1}}]}"#, "network.route.0.a", "UCI has nothing deeper than an option or a list");
    no(r#"{"route": [{"a": [1, [2]]}]}"#, "network.route.0.a.1", "UCI has nothing deeper than an option or a list");
    let control = "a text in UCI has no control characters but tabs and line ends";
    no(r#"{"route": [{"a": "\u0007"}]}"#, "network.route.0.a", control);
}

#[test]
fn what_is_no_uci_is_refused_with_its_line() {
    let check = |text: &str, expected: &str| assert_eq!(parsed(text), Err(expected.to_owned()), "{text:?}");
    check("config a", "line 1: no `package` is named; give one");
    check("package a\n\noption b c", "line 3: it belongs to no section; `config` comes first");
    check("package a.b", "line 1: \"a.b\" is no name of a package: letters, digits, _ and -");
    check("package", "line 1: `package` wants one name");
    check("package a\nconfig", "line 2: `config` wants a type, and perhaps a name");
    check("package a\nconfig b c d", "line 2: too many words after `config`");
    check("package a\nconfig 'b c'", "line 2: \"b c\" is no type of sections: printable ASCII without blanks");
    check("package a\nconfig b c.d", "line 2: \"c.d\" is no name of a section: letters, digits and _");
    check("package a\nconfig b\noption c", "line 3: `option` wants a name and a value");
    check("package a\nconfig b\nlist c-d e", "line 3: \"c-d\" is no name of an option: letters, digits and _");
    check("package a\nconfig b c\nconfig d c", "line 3: the section c is of the type b already");
    check("package a\nconfig b\n\n# x\noptoin c d", "line 5: \"optoin\" is none of package, config, option and list");
    check("package a\nconfig b\n\toption c 'x\ny", "line 3: what begins with ' does not end");
    check(
        "package a\nconfig b\n\toption c '\u{7}'",
        "line 3: a value has no control characters but tabs and line ends",
    );
}

#[test]
fn quotes_and_escapes_are_a_shells() {
    let value = |text: &str| {
        let json = parsed(&format!("package a; config b; option c {text}")).unwrap().to_string();
        json.strip_prefix(r#"{"a":{"b":[{"c":"#).unwrap().strip_suffix("}]}}").unwrap().to_owned()
    };
    assert_eq!(value("'it'\\''s'"), r#""it's""#);
    assert_eq!(value(r#""a \"b\" \\""#), r#""a \"b\" \\""#);
    assert_eq!(value(r"a\ b"), r#""a b""#);
    assert_eq!(value("a'b c'\"d\" # e"), r#""ab cd""#);
    assert_eq!(value("'two\nlines'"), r#""two\nlines""#);
    assert_eq!(value("\\\n 5"), "5");
    assert_eq!(value("'5'"), r#""5""#);
    assert_eq!(value("''"), r#""""#);
}

#[test]
fn only_what_differs_is_written() {
    let old = read(
        r#"{"interface": {"lan": {"mtu": 1500, "proto": "static"}, "wan": {"proto": "dhcp"}}, "route": [{"a": 1}]}"#,
    );
    let new = read(r#"{"interface": {"lan": {"mtu": 9000, "proto": "static"}, "dmz": {}}, "route": [{"a": 1}]}"#);
    let mut found = Vec::new();
    steps(&path!["n"], Some(&old), &new, &mut found);
    let expected = [
        Step::Put(path!["n", "interface", "dmz"], read("{}")),
        Step::Put(path!["n", "interface", "lan", "mtu"], read("9000")),
        Step::Delete(path!["n", "interface", "wan"]),
    ];
    assert_eq!(found, expected);
    found.clear();
    steps(&path!["n"], Some(&new), &new, &mut found);
    assert_eq!(found, []);
}

fn name() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9_]{1,6}"
}

fn value() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        "(\\PC|[\t\n\r]){0,12}",
        Just("true".to_owned()),
        "-?[0-9]{1,5}(\\.[0-9]{1,3})?",
        "[ '\"\\\\#;a-z\n]{0,8}"
    ];
    let number = "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?".prop_map(Json::Bare);
    prop_oneof![text.prop_map(Json::Text), number, Just(Json::Bare("true".into())), Just(Json::Bare("false".into()))]
}

fn section() -> impl Strategy<Value = Json> {
    let option = prop_oneof![3 => value(), 1 => vec(value(), 1..4).prop_map(Json::List)];
    btree_map(name(), option, 0..5).prop_map(Json::Map)
}

/// The sections of all types of one package. A section's name is unique in it, as in UCI.
fn package() -> impl Strategy<Value = Json> {
    let kind = (vec(section(), 0..3), vec(section(), 0..3));
    btree_map("[!-~]{1,8}", kind, 0..4).prop_map(|kinds| {
        let mut number = 0;
        let mut kind = |(named, unnamed): (Vec<Json>, Vec<Json>)| {
            let mut sections: std::collections::BTreeMap<_, _> = named
                .into_iter()
                .map(|section| {
                    number += 1;
                    (format!("s{number}"), section)
                })
                .collect();
            match (sections.is_empty(), unnamed.is_empty()) {
                (true, true) => None,
                (true, false) => Some(Json::List(unnamed)),
                (false, unnamed_too) => {
                    if !unnamed_too {
                        sections.insert("@".into(), Json::List(unnamed));
                    }
                    Some(Json::Map(sections))
                }
            }
        };
        Json::Map(kinds.into_iter().filter_map(|(name, sections)| Some((name, kind(sections)?))).collect())
    })
}

proptest! {
    #[test]
    fn what_is_rendered_is_parsed_as_what_it_was(packages in btree_map("[a-z0-9_-]{1,6}", package(), 0..4)) {
        let packages = Json::Map(packages);
        prop_assert_eq!(parsed(&rendered(&packages).unwrap()), Ok(packages));
    }

    #[test]
    fn what_is_parsed_can_be_rendered_and_is_the_same(
        text in "(config [ab]( s[0-9])?\n|(option|list) [ab] (0|true|[a-z0-9.]{1,3}|'[ -&(-~]{0,3}'|\"\\\\[ -~]\"|[a-z]\\\\\\\\b)\n){0,12}",
    ) {
        if let Ok(packages) = parsed(&format!("package p\nconfig a\n{text}")) {
            prop_assert_eq!(parsed(&rendered(&packages).unwrap()), Ok(packages));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*|[packgeonfilst '\"\\\\#;\n]*") {
        if let Err(message) = parsed(&text) {
            prop_assert!(message.starts_with("line "));
        }
    }
}
