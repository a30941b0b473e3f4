//! What is taken for a trace and what is not.

use http::HeaderValue;

use super::*;

const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A header as it is read, written again as version 00.
fn read(text: &[u8]) -> Option<String> {
    let Trace { id, parent, flags } = Trace::parse(text)?;
    Some(format!("00-{id:?}-{parent:?}-{flags:02x}"))
}

#[test]
fn a_trace_is_taken_as_the_recommendation_says() {
    let id = "4bf92f3577b34da6a3ce929d0e0e4736";
    let of = |version: &str, rest: &str| format!("{version}-{id}-00f067aa0ba902b7-01{rest}");
    for (text, expected) in [
        (GOOD.to_owned(), true),
        (format!(" \t{GOOD} "), true),
        // All bits of the flags are kept, the leading zeros of the ids too.
        (format!("00-{}1-{}2-ff", "0".repeat(31), "0".repeat(15)), true),
        (of("00", "-"), false),
        (of("00", "-more"), false),
        (of("00", "0"), false),
        // Versions that are yet to come begin with the same.
        (of("01", ""), true),
        (of("cc", "-what-the-future-will-be-like"), true),
        (of("cc", "-"), true),
        (of("cc", ".what"), false),
        (of("ff", ""), false),
        (of("FE", ""), false),
        (of("0", "0"), false),
        (of("000", ""), false),
        (format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)), false),
        (format!("00-{id}-{}-01", "0".repeat(16)), false),
        (GOOD.to_uppercase(), false),
        (format!("00-{id}-00f067aa0ba902b7-0"), false),
        (format!("00-{id}-00f067aa0ba902b7-1g"), false),
        (format!("00-{id}-00f067aa0ba902b7_01"), false),
        (format!("00-{id}0-0f067aa0ba902b7-01"), false),
        (format!("00-+{}-00f067aa0ba902b7-01", &id[1..]), false),
        (format!("{GOOD},{GOOD}"), false),
        (String::new(), false),
        ("-".repeat(55), false),
    ] {
        let read = read(text.as_bytes());
        assert_eq!(read.is_some(), expected, "{text:?}: {read:?}");
        if let Some(read) = read {
            assert_eq!(read[3..], text.trim()[3..LENGTH_BYTES], "{text:?}");
        }
    }
}

#[test]
fn whatever_bytes_come_are_read_or_not_without_a_panic() {
    let mut taken = 0;
    for place in 0..GOOD.len() {
        for byte in 0..=u8::MAX {
            let mut bytes = GOOD.as_bytes().to_vec();
            bytes[place] = byte;
            taken += usize::from(read(&bytes).is_some());
            bytes.truncate(place);
            assert_eq!(read(&bytes), None, "{place}");
        }
    }
    // Of 52 digits each may be any of 16, the version not ff; a dash at the right place stays one. No id becomes zero.
    assert_eq!(taken, 52 * 16 + 3);
}

#[test]
fn a_trace_that_comes_twice_is_none() {
    let mut headers = HeaderMap::new();
    headers.append(TRACEPARENT, HeaderValue::from_static(GOOD));
    assert!(Trace::of(&headers).is_some());
    headers.append(TRACEPARENT, HeaderValue::from_static(GOOD));
    assert_eq!(Trace::of(&headers), None);
}

#[test]
fn a_new_id_is_another_each_time() {
    assert_ne!(new_id().expect("randomness"), new_id().expect("randomness"));
}
