//! MAC addresses as people write them: `00:1A:2B:3C:4D:5E`, `00-1a-2b-3c-4d-5e` or `001a.2b3c.4d5e`.

use tega_plugin::Rejection;

/// The same address as six pairs of small digits with colons between them.
pub(crate) fn normalised(text: &str) -> Result<String, Rejection> {
    let wrong = || Rejection::new(format!("{text:?} is no MAC address, such as 00:1a:2b:3c:4d:5e"));
    let (separator, digits) = match text.find([':', '-', '.']).map(|at| (text.as_bytes()[at], at)) {
        Some((b'.', 4)) => ('.', 4),
        Some((b'-', 2)) => ('-', 2),
        Some((b':', 2)) => (':', 2),
        _ => return Err(wrong()),
    };
    let groups: Vec<_> = text.split(separator).collect();
    let is_group = |group: &&str| group.len() == digits && group.bytes().all(|byte| byte.is_ascii_hexdigit());
    if groups.len() * digits != 12 || !groups.iter().all(is_group) {
        return Err(wrong());
    }
    let digits: Vec<_> = groups.concat().to_ascii_lowercase().chars().collect();
    let pairs: Vec<String> = digits.chunks(2).map(|pair| pair.iter().collect()).collect();
    Ok(pairs.join(":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_form_becomes_the_same() {
        for text in ["00:1A:2b:3C:4D:5E", "00-1a-2b-3c-4d-5e", "001A.2B3C.4D5E"] {
            assert_eq!(normalised(text), Ok("00:1a:2b:3c:4d:5e".into()));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_text() {
        for text in [
            "",
            "x",
            "00:1a:2b:3c:4d",
            "00:1a:2b:3c:4d:5g",
            "00:1a-2b:3c:4d:5e",
            "001:a2:b3:c4:d5:e6",
            "00:1a:2b:3c:4d:5e:6f",
        ] {
            let reason = normalised(text).unwrap_err().reason;
            assert_eq!(reason, format!("{text:?} is no MAC address, such as 00:1a:2b:3c:4d:5e"));
        }
    }
}
