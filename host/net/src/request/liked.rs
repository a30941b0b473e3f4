//! What a client likes of what there is: `Accept` and its like, with their qualities (RFC 9110, 12.4.2).

use http::HeaderMap;
use http::header::HeaderName;

/// The items of all headers of a name, in small letters and without their parameters, each with its quality: from 0, which is not at
/// all, to 1. A quality that is no number is 0.
pub(crate) fn liked<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = (String, f32)> + use<'h> {
    let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        (kind, quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0)))
    })
}
