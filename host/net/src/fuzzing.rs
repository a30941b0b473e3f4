//! What the fuzz targets call: what strangers can send, down to what is made of it.

use http::Uri;
use tega_tree::ReadPath;

use crate::data::{encoded, url_of};
use crate::limits::URL_PATH_BYTES_MAX;
pub use crate::pubsub::fuzzing::frame;
use crate::request::args::Args;

/// Reads the target of a request: its path, and its arguments.
///
/// # Panics
/// Where a path or an argument is another one once it was written and read again.
pub fn url(text: &str) {
    let Ok(uri) = text.parse::<Uri>() else { return };
    if let Ok(path) = ReadPath::parse_url(uri.path()).and_then(ReadPath::into_path) {
        let written = url_of(&path);
        if written.len() <= URL_PATH_BYTES_MAX {
            let again = ReadPath::parse_url(&written).and_then(ReadPath::into_path);
            assert_eq!(again.as_ref(), Ok(&path), "{written}");
        }
    }
    if let Ok(args) = Args::parse(uri.query()) {
        assert_args_read_again(&args);
    }
}

fn assert_args_read_again(args: &Args) {
    let mut written = String::new();
    for name in args.names() {
        let text = args.text(name).unwrap_or_default();
        written += &format!("{}={}&", encoded(name), encoded(text));
    }
    let again = Args::parse(Some(&written)).ok();
    for name in args.names() {
        let again = again.as_ref().and_then(|again| again.text(name));
        assert_eq!(again, args.text(name), "{name}: {written}");
    }
}
