//! Signatures as Standard Webhooks 1.0 has them: whoever knows the secret can tell that a request is from here, and when it was
//! sent.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tega_plugin::{Error, Result};

/// What a secret begins with that is written in Base64.
const PREFIX: &str = "whsec_";

/// The header fields of a signed request: HMAC-SHA256 over its id, the time in seconds and its body.
pub(crate) fn headers(secret: &str, id: &str, time_s: u64, body: &[u8]) -> Result<[(&'static str, String); 3]> {
    let key = match secret.strip_prefix(PREFIX) {
        Some(coded) => BASE64_STANDARD
            .decode(coded)
            .map_err(|_| Error::invalid(format!("a secret that begins with {PREFIX} goes on in Base64")))?,
        None => secret.as_bytes().to_vec(),
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(&key)?;
    mac.update(format!("{id}.{time_s}.").as_bytes());
    mac.update(body);
    let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    Ok([
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", time_s.to_string()),
        ("webhook-signature", format!("v1,{signature}")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the values that `openssl dgst -sha256 -mac HMAC` gives.
    #[test]
    fn a_signature_is_over_id_time_and_body() {
        let signed = |secret: &str| headers(secret, "msg_1", 1_614_265_330, b"{\"test\": 1}").unwrap()[2].1.clone();
        assert_eq!(signed("key"), "v1,8NCh7dhhucS7xwGCXm3Q7rJDlN20HxbrQ+jzw8fCF9I=");
        assert_eq!(signed("whsec_a2V5"), signed("key"));
        assert!(headers("whsec_!", "a", 1, b"").unwrap_err().message.contains("Base64"));
    }
}
