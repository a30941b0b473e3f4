//! Which numbers are found, and what they come to.

use proptest::prelude::*;
use serde_json::{Value, json};
use tega_plugin::path;

use crate::series::{Series, Written};
use crate::surplus;
use crate::window::Window;

fn series(settings: Value) -> Result<Vec<Series>, String> {
    let written: Vec<Written> = serde_json::from_value(settings).map_err(|error| error.to_string())?;
    Series::check_all(written).map_err(|error| error.message)
}

fn one(pattern: &str, texts: bool) -> Series {
    series(json!([{"pattern": pattern, "window": "1m", "texts": texts}])).unwrap().remove(0)
}

fn numbers(series: &Series, at: &[&str], value: &Value) -> Vec<(String, f64)> {
    let at: Vec<String> = at.iter().map(ToString::to_string).collect();
    let mut found = Vec::new();
    series.numbers(&at, value, &mut |leaf, number| found.push((path::text(leaf), number)));
    found
}

#[test]
fn numbers_are_found_in_a_put_at_above_or_below_a_node_of_the_pattern() {
    let check = |pattern: &str, at: &[&str], value: Value, expected: &[(&str, f64)]| {
        let expected: Vec<_> = expected.iter().map(|(leaf, number)| ((*leaf).to_owned(), *number)).collect();
        assert_eq!(numbers(&one(pattern, false), at, &value), expected, "{pattern}");
    };
    check("counters.*.rx", &["counters", "eth0", "rx"], json!(5), &[("counters.eth0.rx", 5.0)]);
    check("counters.*.rx", &["counters", "eth0"], json!({"rx": 1.5, "tx": 7}), &[("counters.eth0.rx", 1.5)]);
    let all = json!({"eth0": {"rx": 1, "tx": 2}, "eth0.1": {"rx": 3}, "up": 4});
    let both = [("counters.eth0.rx", 1.0), (r#"counters."eth0.1".rx"#, 3.0)];
    check("counters.*.rx", &["counters"], all.clone(), &both);
    let every = [both[0], ("counters.eth0.tx", 2.0), both[1], ("counters.up", 4.0)];
    check("counters.**", &["counters"], all.clone(), &every);
    check("counters.**", &["counters", "eth0", "rx"], json!(1), &[("counters.eth0.rx", 1.0)]);
    check("counters.eth0", &["counters", "eth0", "rx"], json!(1), &[]);
    check("counters.eth0", &["counters"], all, &[]);
    check(r#"counters."eth0.1".rx"#, &["counters", "eth0.1", "rx"], json!(1), &[(r#"counters."eth0.1".rx"#, 1.0)]);
    check("counters.*.rx", &["inventory", "eth0", "rx"], json!(5), &[]);
    check("counters.**", &["counters"], json!({"a": "5", "b": true, "c": null, "d": [1]}), &[]);
}

#[test]
fn texts_that_hold_a_number_count_where_it_is_set() {
    let value = json!({"rx": "120", "name": "eth0", "odd": "inf"});
    assert_eq!(numbers(&one("counters.**", true), &["counters"], &value), [("counters.rx".to_owned(), 120.0)]);
}

#[test]
fn a_series_that_can_t_be_is_named_with_the_reason() {
    let check = |settings: Value, expected: &str| assert_eq!(series(settings), Err(expected.to_owned()));
    let one = |window: &str, keep: usize| json!([{"pattern": "a.b", "window": window, "keep": keep}]);
    check(one("1", 1), "the series of a.b: \"1\" is no interval, such as 500ms, 10s, 5m, 2h or 1d");
    check(one("500ms", 1), "the series of a.b: a window is of whole seconds, not 500ms");
    check(one("1500ms", 1), "the series of a.b: a window is of whole seconds, not 1500ms");
    check(one("1m", 0), "the series of a.b: `keep` is from 1 to 10000");
    check(
        json!([{"pattern": "a", "window": "1m"}, {"pattern": "b", "window": "1h", "into": "rollup.b"}]),
        "the series of b: its windows would mix with those of a: rollup.b and rollup",
    );
    let regex = "the series of a.~\"b+\": a pattern here has names, `*` and `**`, but no regular expression";
    check(json!([{"pattern": "a.~\"b+\"", "window": "1m"}]), regex);
    let rest = "the series of a.**.b: `**` stands at the end of a pattern only, after a name";
    check(json!([{"pattern": "a.**.b", "window": "1m"}]), rest);
    let unknown = "unknown field `kept`, expected one of `pattern`, `window`, `keep`, `into`, `texts`";
    check(json!([{"pattern": "a", "window": "1m", "kept": 5}]), unknown);
}

#[test]
fn a_window_is_kept_in_a_form_that_people_read() {
    let mut window = Window::of(1.0);
    window.add(&Window::of(4.0));
    window.add(&Window::of(2.5));
    let kept = json!({"count": 3, "min": 1, "max": 4, "mean": 2.5, "sum": 7.5, "last": 2.5, "closed": false});
    assert_eq!(serde_json::to_value(&window).unwrap(), kept);
    assert_eq!(serde_json::from_value::<Window>(kept).unwrap(), window);
}

#[test]
fn what_comes_after_a_window_is_closed_counts_and_is_told() {
    let mut window = Window { closed: true, ..Window::of(1.0) };
    window.add(&Window::of(3.0));
    assert_eq!((window.count, window.mean, window.late), (2, 2.0, 1));
    assert_eq!(serde_json::to_value(&window).unwrap()["late"], 1);
}

#[test]
fn as_many_windows_are_kept_as_are_set_and_one_too_old_is_not_taken() {
    let kept = ["1", "2", "4"].map(str::to_owned);
    assert_eq!(surplus(&kept, "5", 4), Some(&kept[..0]));
    assert_eq!(surplus(&kept, "5", 3), Some(&kept[..1]));
    assert_eq!(surplus(&kept, "5", 1), Some(&kept[..]));
    assert_eq!(surplus(&kept, "3", 3), Some(&kept[..1]));
    assert_eq!(surplus(&kept, "3", 2), Some(&kept[..2]));
    assert_eq!(surplus(&kept, "3", 1), None);
    assert_eq!(surplus(&kept, "0", 3), None);
    assert_eq!(surplus(&kept, "0", 4), Some(&kept[..0]));
    assert_eq!(surplus(&[], "0", 1), Some(&kept[..0]));
}

proptest! {
    #[test]
    fn a_window_is_what_its_numbers_come_to_however_they_are_grouped(
        numbers in prop::collection::vec(-1_000_000_000_i64..1_000_000_000, 1..20), cut in 0_usize..20,
    ) {
        #[expect(clippy::cast_precision_loss, reason = "they are small")]
        let numbers: Vec<f64> = numbers.into_iter().map(|number| number as f64).collect();
        let sum_up = |numbers: &[f64]| {
            let windows = numbers.iter().map(|number| Window::of(*number));
            windows.reduce(|mut window, next| { window.add(&next); window })
        };
        let (first, second) = numbers.split_at(cut.min(numbers.len()));
        let grouped = match (sum_up(first), sum_up(second)) {
            (Some(mut first), Some(second)) => { first.add(&second); first }
            (first, second) => first.or(second).unwrap(),
        };
        let sum: f64 = numbers.iter().sum();
        prop_assert_eq!(&grouped, &sum_up(&numbers).unwrap());
        prop_assert_eq!(grouped.count, numbers.len() as u64);
        prop_assert_eq!(grouped.sum, sum);
        prop_assert_eq!(grouped.min, numbers.iter().copied().fold(f64::INFINITY, f64::min));
        prop_assert_eq!(grouped.max, numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        prop_assert_eq!(Some(&grouped.last), numbers.last());
    }

    #[test]
    fn a_window_stays_a_number_whatever_is_added(numbers in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 1..8)) {
        let mut window = Window::of(numbers[0]);
        numbers[1..].iter().for_each(|number| window.add(&Window::of(*number)));
        let kept: Window = serde_json::from_value(serde_json::to_value(&window).unwrap()).unwrap();
        prop_assert!(kept.mean.is_finite() && kept.sum.is_finite());
    }
}
