//! Signatures that prove to receivers that a webhook is from this server, in the form of Standard
//! Webhooks (standardwebhooks.com).

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The allowed lengths of a key in bytes.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// A key that signs webhooks.
#[derive(Clone)]
pub(super) struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Parses `whsec_` followed by the Base64 of the key.
    ///
    /// # Errors
    /// A text that says what is expected. It does not contain the secret.
    pub(super) fn parse(secret: &str) -> Result<SigningKey, String> {
        let expected = "expected whsec_ and the Base64 of 24 to 64 random bytes";
        let Some(encoded) = secret.strip_prefix("whsec_") else {
            return Err(format!("does not start with whsec_; {expected}"));
        };
        let Ok(key) = STANDARD.decode(encoded) else {
            return Err(format!("is not Base64 after whsec_; {expected}"));
        };
        if !KEY_BYTES.contains(&key.len()) {
            return Err(format!("has {} bytes; {expected}", key.len()));
        }
        Hmac::new_from_slice(&key).map(SigningKey).map_err(|error| error.to_string())
    }

    /// The value of `webhook-signature`. The timestamp is in seconds of Unix time.
    pub(super) fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_specification() {
        // The test vector of the reference libraries.
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn invalid_secrets_are_rejected_and_not_shown() {
        let short = format!("whsec_{}", STANDARD.encode([7; 23]));
        let long = format!("whsec_{}", STANDARD.encode([7; 65]));
        let refused = [
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "start with whsec_"),
            ("whsec_MfKQ9r8GK*qrTwjUPD8ILPZIo2LaLaSw", "not Base64"),
            ("whsec_", "has 0 bytes"),
            (&short, "has 23 bytes"),
            (&long, "has 65 bytes"),
        ];
        for (secret, reason) in refused {
            let error = SigningKey::parse(secret).unwrap_err();
            assert!(error.contains(reason) && !error.contains("MfKQ9"), "{error}");
        }
    }
}
