//! Literals, and the values they become.

use super::*;

/// The value that a literal becomes as a node, or what was left out.
fn value(literal: &str) -> Result<String, String> {
    let (commits, report) = read_text(&put("a.b", literal)).map_err(whole)?;
    match &commits[0].changes[0] {
        OriginalChange::Put { value, .. } if report.left_out_count == 0 => Ok(value.to_json()),
        change => Err(format!("{change:?}\n{}", left_out(&report))),
    }
}

fn normal(json: &str) -> String {
    Value::from_json(json.as_bytes()).unwrap().to_json()
}

#[test]
fn what_python_wrote_is_read_as_what_json_has_for_it() {
    let text = std::fs::read_to_string(fixture("literals.txt")).unwrap();
    let json = std::fs::read_to_string(fixture("literals.json")).unwrap();
    assert_eq!(text.lines().count(), json.lines().count());
    assert!(text.lines().count() > 100);
    for (literal, json) in text.split('\n').zip(json.split('\n')).filter(|(literal, _)| !literal.is_empty()) {
        assert_eq!(value(literal).as_deref(), Ok(&*normal(json)), "{literal}");
    }
}

#[test]
fn other_spellings_of_the_same_values_are_read() {
    for (literal, json) in [
        ("u'a'", r#""a""#),
        ("U\"a\"", r#""a""#),
        ("b'a\\x00\\xc3\\xa9\\n'", r#""a\u0000é\n""#),
        ("b'\\u0041'", r#""\\u0041""#),
        (r"'\101\0\1\08\7777'", r#""A\u0000\u0001\u00008ǿ7""#),
        (r"'\ud83d\ude00\U0001F600\u00e9\xe9'", r#""😀😀éé""#),
        (r"'\q\ '", r#""\\q\\ ""#),
        (r#"'\a\b\f\v\'\"'"#, r#""\u0007\b\f\u000b'\"""#),
        ("(1)", "1"),
        ("((1),)", "[1]"),
        ("[1,]", "[1]"),
        ("( )", "[]"),
        ("{ 'a' :1 ,'b':( 2 , 3 ) , }", r#"{"a":1,"b":[2,3]}"#),
        ("({1: 'a', None: 'b', True: 'c', 1.5: 'd'},)", r#"[{"1":"a","null":"b","true":"c","1.5":"d"}]"#),
        ("+1", "1"),
        ("1.", "1.0"),
        (".5", "0.5"),
        ("-.5e3", "-0.5e3"),
        ("1E-7", "1E-7"),
        ("0", "0"),
        ("0.0", "0.0"),
        ("1e400", "1e400"),
    ] {
        assert_eq!(value(literal).as_deref(), Ok(&*normal(json)), "{literal}");
    }
}

#[test]
fn what_is_no_literal_stops_the_reading_and_tells_the_place() {
    for (literal, fault) in [
        ("", "'}' was not expected, at character 60"),
        ("'a", "ends too early"),
        ("'a' 'b'", "'\\'' was not expected"),
        ("'''a'''", "'\\'' was not expected"),
        ("r'a'", "\"r\" is no value"),
        ("frozendict({})", "\"frozendict\" is no value"),
        ("__import__('os').system('true')", "\"__import__\" is no value"),
        ("{1, 2}", "',' was not expected"),
        ("(,)", "',' was not expected"),
        ("[1 2]", "'2' was not expected"),
        ("1 + 1", "'+' was not expected"),
        ("%id.f", "'%' was not expected"),
        ("0x1f", "\"0x1f\" is not a decimal number"),
        ("1_000", "\"1_000\" is not"),
        ("1j", "\"1j\" is not"),
        ("1e", "\"1e\" is not"),
        ("007", "\"007\" is not"),
        ("1.2.3", "\"1.2.3\" is not"),
        ("--1", "\"--1\" is not"),
        ("-", "\"-\" is not"),
        (r"'\x4'", "is not an escape"),
        (r"'\uD83'", "is not an escape"),
        (r"'\U00110000'", "is not an escape"),
        (r"'\x+1'", "is not an escape"),
        (r"'\N{BULLET}'", "is not an escape"),
        (r"'\", "ends too early"),
    ] {
        let error = value(literal).unwrap_err();
        assert!(error.contains("log.s.0:2 can't be used") && error.contains(fault), "{literal}: {error}");
    }
}

#[test]
fn what_json_or_the_tree_cannot_hold_is_left_out_with_its_whole_leaf() {
    let long_name = format!("{{'n': ({{'{}': 1}},)}}", "n".repeat(1025));
    for (literal, rest, reason) in [
        ("inf", None, "a.b: inf is no number"),
        ("-inf", None, "a.b: -inf is no number"),
        ("{'x': nan, 'y': 1}", Some(r#"{"y":1}"#), "a.b.x: nan is no number"),
        ("{'x': {'y': (1, [inf])}}", Some(r#"{"x":{}}"#), "a.b.x.y: inf is no number"),
        (&"1".repeat(65), None, "a.b: a number of 65 characters is over the limit of 64"),
        ("'\\ud83d!'", None, "a.b: a string holds half of a surrogate pair, U+D83D"),
        ("'\\ud83d\\ud83d\\ude00'", None, "half of a surrogate pair, U+D83D"),
        ("('\\ude00',)", None, "half of a surrogate pair, U+DE00"),
        ("b'\\xff'", None, "bytes that are not UTF-8"),
        ("{'x': 1, 'x': 2}", Some(r#"{"x":1}"#), "a.b.x: the name \"x\" comes twice"),
        ("({1: 0, '1': 0},)", None, "the name \"1\" comes twice"),
        ("{(1, 2): 0, 'y': 1}", Some(r#"{"y":1}"#), "a.b: the name of a member is neither text"),
        ("'%id.f'", None, "a.b: \"%id.f\" stands for a plugin's function"),
        ("{'c d': {'f': '%id.f(1)', 'g': 1}}", Some(r#"{"c d":{"g":1}}"#), "a.b.\"c d\".f: \"%id.f(1)\""),
        (&long_name, Some("{}"), "a.b.n: a name of 1025 bytes"),
        (&("[".repeat(100) + &"]".repeat(100)), None, "a.b: it would reach 101 levels deep"),
        (&("{'n':".repeat(99) + "0" + &"}".repeat(99)), Some(""), "it would reach 101 levels deep"),
    ] {
        let (commits, report) = read_text(&put("a.b", literal)).unwrap();
        let rest = rest.map_or("delete a.b".to_owned(), |rest| format!("put a.b {rest}"));
        assert!(shown(&commits).contains(&rest), "{literal}: {}", shown(&commits));
        assert!(left_out(&report).contains(reason), "{literal}: {}", left_out(&report));
        assert_eq!((report.left_out_count, commits[0].roots.len()), (1, 1));
    }
    assert!(value(&("[".repeat(99) + &"]".repeat(99))).is_ok());
    assert!(value(&("{'n':".repeat(98) + "0" + &"}".repeat(98))).is_ok());
}

#[test]
fn nesting_without_end_is_refused_and_overflows_nothing() {
    for open in ["[", "(", "{'a':", "({'a':[", "{("] {
        let error = value(&open.repeat(100_000)).unwrap_err();
        assert!(error.contains("nested deeper than 256 levels"), "{open}: {error}");
    }
}

#[test]
fn only_what_looks_like_a_function_in_all_its_parts_is_taken_for_one() {
    for (text, function) in [
        ("%GlobalPlugin1.max", true),
        ("%ae195088-1a9b.max_1", true),
        ("%a.f(1,2,k=\"v.x\")", true),
        ("%a.<lambda>", true),
        ("%a.f()", true),
        ("%d.%m.%Y", false),
        ("%5.2f%%", false),
        ("%1.5", false),
        ("%.f", false),
        ("%a.", false),
        ("%a", false),
        ("% a.f", false),
        ("%a b.f", false),
        ("%a.f(", false),
        ("%a.f(1) of 2", false),
        ("a%b.f", false),
    ] {
        assert_eq!(value(&format!("'{text}'")).is_err(), function, "{text}");
        assert!(value(&format!("('{text}',)")).is_ok());
    }
}
