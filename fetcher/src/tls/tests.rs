use super::*;

#[test]
fn what_is_no_certificate_is_told_or_passed_over() {
    let bad = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(Tls::new(bad, b"").is_ok_and(|tls| tls.believes_nobody));
    let refused = Tls::new(b"", bad).err().expect("it is none");
    assert!(refused.message.contains("certs.d"), "{refused}");
}

#[test]
fn a_server_without_tls_is_recognised() {
    let tls = Tls::new(b"", b"").expect("nobody is believed");
    for answer in ["HTTP/1.0 400 Bad Request\r\n\r\n", ""] {
        let stream = Box::new(Canned(io::Cursor::new(answer.as_bytes().to_vec())));
        let trouble = tls.over(stream, "localhost", Patience::of(None)).err().expect("no TLS");
        assert_eq!(trouble.remedy, Remedy::Plain, "{trouble}");
    }
}

#[test]
fn a_server_that_is_too_old_is_told_from_others() {
    let tls = Tls::new(b"", b"").expect("nobody is believed");
    // RFC 8446, 6.2: a fatal alert, protocol_version, in a record of TLS 1.2.
    let alert = vec![21, 3, 3, 0, 2, 2, 70];
    let stream = Box::new(Canned(io::Cursor::new(alert)));
    let trouble = tls.over(stream, "localhost", Patience::of(None)).err().expect("it refuses");
    assert!(trouble.message.contains("TLS 1.3"), "{trouble}");
    let said = tls
        .explained(&Error::PeerIncompatible(rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13))
        .message;
    assert!(said.contains("TLS 1.3"), "{said}");
}

#[test]
fn a_board_without_certificates_is_told_what_to_do() {
    let tls = Tls::new(b"", b"").expect("nobody is believed");
    let said = tls.explained(&Error::InvalidCertificate(CertificateError::UnknownIssuer)).message;
    assert!(said.contains("ca-certificates") && said.contains("certs.d"), "{said}");
    let said = tls.explained(&Error::InvalidCertificate(CertificateError::NotValidYet)).message;
    assert!(said.contains("clock"), "{said}");
}

/// Says always the same, and hears nothing.
struct Canned(io::Cursor<Vec<u8>>);

impl io::Read for Canned {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl io::Write for Canned {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
