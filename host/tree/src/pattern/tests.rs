//! What patterns find, cover and refuse.

use super::*;
use crate::{Draft, Value};

fn tree() -> Tree {
    let mut draft = Draft::new(Tree::default());
    for (path, value) in [
        ("inventory.ne1", r#"{"name":"a","ports":{"1":{"up":true},"2":{"up":false}}}"#),
        ("inventory.ne2", r#"{"name":"b"}"#),
        ("hosts.\"10.0.0.1\"", r#"{"name":"c"}"#),
    ] {
        draft.put(Path::parse(path).unwrap(), Value::from_json(value.as_bytes()).unwrap()).unwrap();
    }
    draft.into_tree()
}

#[test]
fn a_pattern_finds_the_nodes_it_names() {
    for (pattern, found) in [
        ("inventory.ne1.name", "inventory.ne1.name"),
        ("inventory.*", "inventory.ne1 inventory.ne2"),
        ("*.*.name", "hosts.\"10.0.0.1\".name inventory.ne1.name inventory.ne2.name"),
        ("inventory.~\"ne[13]\".name", "inventory.ne1.name"),
        ("inventory.~\"n\"", ""),
        ("hosts.\"10.0.0.1\".**", "hosts.\"10.0.0.1\".name"),
        (
            "inventory.ne1.ports.**",
            "inventory.ne1.ports.1 inventory.ne1.ports.1.up inventory.ne1.ports.2 inventory.ne1.ports.2.up",
        ),
        ("nothing.**", ""),
    ] {
        let mut names = Vec::new();
        Pattern::parse(pattern).unwrap().visit(&tree(), None, |path, _| {
            names.push(path.to_string());
            true
        });
        assert_eq!(names.join(" "), found, "{pattern}");
        assert_eq!(Pattern::parse(pattern).unwrap().to_string(), pattern);
    }
    let mut all = 0;
    Pattern::parse("**").unwrap().visit(&tree(), None, |_, _| {
        all += 1;
        true
    });
    assert_eq!(all, 13);
}

#[test]
fn the_topmost_nodes_are_those_that_are_not_within_another() {
    for (pattern, found) in [
        ("**", "hosts inventory"),
        ("inventory.ne1.**", "inventory.ne1.name inventory.ne1.ports"),
        ("*.*", "hosts.\"10.0.0.1\" inventory.ne1 inventory.ne2"),
        ("nothing", ""),
    ] {
        let mut names = Vec::new();
        Pattern::parse(pattern).unwrap().visit_topmost(&tree(), |path, _| names.push(path.to_string()));
        assert_eq!(names.join(" "), found, "{pattern}");
    }
}

#[test]
fn a_visit_goes_on_after_a_path_and_stops_when_told() {
    for pattern in
        ["inventory.**", "**", "*.*", "*.*.name", "inventory.ne1.ports.*", "hosts.*", "inventory.~\"ne.\".**"]
    {
        pages_add_up(&Pattern::parse(pattern).unwrap());
    }
}

fn pages_add_up(pattern: &Pattern) {
    let (mut all, mut paged, mut after) = (Vec::new(), Vec::new(), None);
    pattern.visit(&tree(), None, |path, _| {
        all.push(path);
        true
    });
    loop {
        let mut page = Vec::new();
        pattern.visit(&tree(), after.as_ref(), |path, _| {
            page.push(path);
            page.len() < 2
        });
        let Some(last) = page.last() else { break };
        after = Some(last.clone());
        paged.extend(page);
    }
    assert_eq!(all, paged, "{pattern}");
    assert!(!all.is_empty(), "{pattern}");
}

#[test]
fn a_path_is_inside_above_or_apart() {
    for (pattern, path, place) in [
        ("a.b", "a.b", Place::Inside),
        ("a.b", "a.b.c", Place::Inside),
        ("a.b", "a", Place::Above),
        ("a.b", "a.c", Place::Apart),
        ("a.b", "a.bb", Place::Apart),
        ("a.*.c", "a.x", Place::Above),
        ("a.**", "a", Place::Above),
        ("a.**", "a.b.c", Place::Inside),
        ("**", "a", Place::Inside),
    ] {
        let place_found = Pattern::parse(pattern).unwrap().place(&Path::parse(path).unwrap());
        assert_eq!(place_found, place, "{pattern} {path}");
    }
}

#[test]
fn ordinary_expressions_fit_and_many_of_them_do_not() {
    assert!(Pattern::parse(r#"a.~"\\w+-\\w+""#).is_ok());
    let many = vec!["~\"a\""; 17].join(".");
    assert!(Pattern::parse(&many).unwrap_err().to_string().contains("17 regular expressions"));
    assert!(Pattern::parse(&["*"; 101].join(".")).is_err());
}

#[test]
fn of_a_pattern_for_all_below_only_the_topmost_nodes_are_told() {
    let tree = tree();
    let found = Pattern::parse("inventory.**").unwrap().nodes_below(&tree, &Path::parse("inventory").unwrap()).len();
    assert_eq!(found, 2);
}

#[test]
fn a_regex_channel_matches_names_from_their_start_and_the_last_one_whole() {
    let pattern = Pattern::parse_regex(r"inv\.ne[0-9]").unwrap();
    for (path, inside) in [("inventory.ne1", true), ("inv.ne1.name", true), ("inventory.ne12", false), ("x.ne1", false)]
    {
        assert_eq!(pattern.covers(&Path::parse(path).unwrap()), inside, "{path}");
        let written = Pattern::parse(&pattern.to_string()).unwrap();
        assert_eq!(written.covers(&Path::parse(path).unwrap()), inside, "{path} of {written}");
    }
}

#[test]
fn text_that_is_no_pattern_is_refused_with_the_fact() {
    for (text, fact) in [
        ("", "empty name"),
        ("a..b", "empty name after \"a.\""),
        ("a.**.b", "last segment"),
        ("a b", "in quotes"),
        ("~\"(\"", "not valid"),
        ("~\"a)|(b\"", "not valid"),
        ("~\"(?=a)\"", "not valid"),
        ("~\"a{1000}{1000}\"", "once compiled"),
        ("\"open", "not one JSON string"),
    ] {
        let error = Pattern::parse(text).unwrap_err().to_string();
        assert!(error.contains(fact), "{text}: {error}");
    }
}

#[test]
fn the_groups_of_a_path_in_the_set_are_told_segment_by_segment() {
    let some = |text: &str| Some(text.to_owned());
    for (pattern, path, groups) in [
        ("a.b", "a.b", Some(vec![])),
        ("a.b", "a.c", None),
        ("a.*", "a.b.c", None),
        (r#"a.~"ne([0-9]+)""#, "a.ne12", Some(vec![vec![some("12")]])),
        (r#"a.~"ne([0-9]+)""#, "a.ne12.x", None),
        (r#"a.~"ne([0-9]+)".x"#, "a.ne12", None),
        (r#"a.~"ne([0-9]+)""#, "a.ne12x", None),
        (r#"~"(a)|b".~"c(d)?(e)?".~"f""#, "b.ce.f", Some(vec![vec![None], vec![None, some("e")]])),
        (r#"~"(?:a)|b".*.~"(.*)""#, "b.ce.f", Some(vec![vec![some("f")]])),
        (r#"a.~"(?P<letter>.)".**"#, "a.b.c.d", Some(vec![vec![some("b")]])),
        (r#"a.~"(?P<letter>.)".**"#, "a.b", None),
        ("**", "a.b", Some(vec![])),
    ] {
        let pattern = Pattern::parse(pattern).unwrap();
        assert_eq!(pattern.groups(&Path::parse(path).unwrap()), groups, "{pattern} {path}");
    }
    let channel = Pattern::parse_regex(r"inv(.)\.ne([0-9])").unwrap();
    let groups = channel.groups(&Path::parse("inventory.ne1").unwrap());
    assert_eq!(groups, Some(vec![vec![some("e")], vec![some("1")]]));
}

#[test]
fn a_search_matches_each_name_from_its_start_and_not_to_its_end() {
    for (expression, found) in [
        ("inv", "inventory"),
        ("nventory", ""),
        (r"i\.ne", "inventory.ne1 inventory.ne2"),
        (r"inventory\.ne[13]\.n", "inventory.ne1.name"),
        (r"h\.10.0\.", "hosts.\"10.0.0.1\".name"),
        ("", "hosts inventory"),
        (r"h|i\.ne2|1", "hosts.\"10.0.0.1\" inventory.ne2"),
        ("inventory.ne1", ""),
    ] {
        let mut names = Vec::new();
        Pattern::parse_find(expression).unwrap().visit(&tree(), None, |path, _| {
            names.push(path.to_string());
            true
        });
        assert_eq!(names.join(" "), found, "{expression}");
    }
    let some = |text: &str| Some(text.to_owned());
    let pattern = Pattern::parse_find(r"in(v.*?)\.ne\.(\d)(x)?").unwrap();
    let groups = pattern.groups(&Path::parse("inventory.ne1.12").unwrap());
    assert_eq!(groups, Some(vec![vec![some("v")], vec![some("1"), None]]));
    for wrong in ["(", r"a)(\.b", r"(?=a)", r"(a)\1"] {
        assert!(Pattern::parse_find(wrong).is_err(), "{wrong}");
    }
}
