//! The names of a container, a page at a time.

use http::header::{HeaderName, HeaderValue, LINK};
use tega_tree::{Found, ReadPath, Version};

use super::place::{encoded, url_of};
use super::view::Page;
use crate::answer::pieced::Pieces;
use crate::answer::text::write_string;

/// A page of names as a JSON array.
#[derive(Debug)]
pub(super) struct Keys {
    names: Vec<u8>,
    /// The last name, where more come after it.
    last: Option<String>,
}

impl Keys {
    /// The page of what is found; a leaf, and a part of an array, has no names.
    pub(super) fn of(found: Found<'_>, page: Page<'_>) -> Self {
        let container = match found {
            Found::Node(node) => node.container(),
            Found::Part(_) => None,
        };
        let mut names = vec![b'['];
        let Some(container) = container else {
            names.push(b']');
            return Self { names, last: None };
        };
        let mut children = match page.after {
            Some(after) => container.iter_after(after),
            None => container.iter(),
        };
        let mut last = None;
        for (index, (name, _)) in children.by_ref().take(page.limit).enumerate() {
            if index > 0 {
                names.push(b',');
            }
            write_string(name, &mut names);
            last = Some(name.as_str().to_owned());
        }
        names.push(b']');
        Self { names, last: last.filter(|_| children.next().is_some()) }
    }

    /// Says where the next page is (RFC 8288), if there is one. That of a past state stays with this state.
    pub(super) fn next(
        &self,
        path: ReadPath,
        page: Page<'_>,
        past: Option<Version>,
    ) -> Option<(HeaderName, HeaderValue)> {
        let last = self.last.as_ref()?;
        let url = url_of(&path.into_path().ok()?);
        let state = past.map_or_else(String::new, |version| format!("&version={version}"));
        let link = format!("<{url}?keys=true&limit={}&after={}{state}>; rel=\"next\"", page.limit, encoded(last));
        // What is encoded is ASCII.
        HeaderValue::from_str(&link).ok().map(|link| (LINK, link))
    }
}

impl Pieces for Keys {
    /// A page is short.
    fn write(&mut self, out: &mut Vec<u8>, _bytes: usize) -> bool {
        out.append(&mut self.names);
        false
    }
}
