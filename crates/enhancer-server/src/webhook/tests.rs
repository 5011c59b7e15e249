use super::*;

fn webhooks(allow_private: bool) -> Webhooks {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = WebhookSettings {
        webhook_secret: Vec::new(),
        webhook_allow: Vec::new(),
        webhook_allow_private: Some(allow_private),
        webhook_attempts: 1,
    };
    Webhooks::new(&settings, false).unwrap()
}

#[test]
fn http_urls_are_accepted_and_others_refused_with_the_reason() {
    let webhooks = webhooks(false);
    for url in ["http://example.org", "https://example.org:8443/a?b=c", "HTTP://[2606::1]/"] {
        assert!(webhooks.check(url).is_ok(), "{url}");
    }
    let refused = [
        ("", "not a URL"),
        ("example.org/done", "not a URL"),
        ("http://", "not a URL"),
        ("http://exa mple.org", "not a URL"),
        ("ftp://example.org", "not an http or https URL"),
        ("file:///etc/passwd", "not an http or https URL"),
        ("http://user@example.org", "user name"),
        ("http://:word@example.org", "user name"),
    ];
    for (url, reason) in refused {
        let error = webhooks.check(url).unwrap_err();
        assert!(error.contains(reason), "{url}: {error}");
    }
    let long = format!("http://example.org/{}", "a".repeat(2048));
    assert!(webhooks.check(&long).unwrap_err().contains("at most 2048"));
}

#[tokio::test]
async fn a_name_is_refused_at_delivery_too() {
    let url = Url::parse("http://localhost:9/").unwrap();
    let outcome = webhooks(false).deliver(&url, "id", Vec::new()).await;
    assert!(matches!(outcome, Err(DeliveryError::Refused(_))), "{outcome:?}");
    // If it is allowed, it is called, although nothing listens there.
    let outcome = webhooks(true).deliver(&url, "id", Vec::new()).await;
    assert!(matches!(outcome, Err(DeliveryError::Failed { .. })), "{outcome:?}");
}

#[tokio::test]
async fn an_address_is_refused_at_delivery_too() {
    for host in ["127.1", "0x7f000001", "017700000001", "2130706433", "[::1]", "[::ffff:7f00:1]"] {
        let url = Url::parse(&format!("http://{host}:9/")).unwrap();
        let outcome = webhooks(false).deliver(&url, "id", Vec::new()).await;
        assert!(matches!(outcome, Err(DeliveryError::Refused(_))), "{host}: {outcome:?}");
    }
}
