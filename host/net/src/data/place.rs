//! Where a node is, as a URL; and where there is none.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tega_tree::{Path, ReadPath, Tree};

use crate::answer::problem::{Kind, Problem};

/// What a segment of a URL, or the value of an argument in one, may hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b'%').add(b'%');

/// There is nothing at a path; where it was nearly one that is there, that one is named.
pub(super) fn nothing_at(path: &ReadPath, tree: &Tree) -> Problem {
    let problem = |detail| Problem::new(Kind::NotFound, detail).with_fact("path", path.to_string());
    match tree.near_miss(path) {
        None => problem(format!("there is nothing at {path}")),
        Some(meant) => {
            let url = url_of(&meant);
            problem(format!("there is nothing at {path}; did you mean {url} ({meant})?"))
                .with_fact("did_you_mean", serde_json::json!({ "url": url, "path": meant.to_string() }))
        }
    }
}

/// A path as it stands in a URL.
pub(crate) fn url_of(path: &Path) -> String {
    path.iter().map(|name| format!("/{}", encoded(&name.to_string()))).collect()
}

/// Text as it stands in a segment of a URL or in an argument.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_written_as_a_url_is_read_back() {
        for text in
            [r#"hosts."10.0.0.1".name"#, r#"a."b c"."é/%\"?#".d~e_f-g"#, r#""*"."(x=1)"."#.trim_end_matches('.')]
        {
            let path = Path::parse(text).unwrap();
            let url = url_of(&path);
            assert!(url.is_ascii() && !url.contains([' ', '"', '?', '#']), "{url}");
            assert_eq!(ReadPath::parse_url(&url).unwrap().into_path().unwrap(), path, "{url}");
        }
        assert_eq!(url_of(&Path::parse(r#"hosts."10.0.0.1".name"#).unwrap()), "/hosts/%2210.0.0.1%22/name");
    }
}
