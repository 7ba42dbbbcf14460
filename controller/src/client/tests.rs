//! The client against a TLS server in the same process.

use super::*;
use limpet_protocol::fleet::link::Proof;
use limpet_trust::presence::is_proven;
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

fn server() -> (TlsAcceptor, [u8; 32]) {
    let made = rcgen::generate_simple_self_signed(vec!["controller".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let pin = pin::spki_sha256(&certificate).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), pin)
}

/// Answers each request of each connection with what it heard and what the connection exports, until `requests` of a
/// connection were answered.
async fn serve(listener: TcpListener, tls: TlsAcceptor, requests: usize) {
    while let Ok((tcp, _)) = listener.accept().await {
        let Ok(mut stream) = tls.accept(tcp).await else { continue };
        for _ in 0..requests {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if stream.read(&mut byte).await.unwrap_or(0) == 0 {
                    break;
                }
                head.push(byte[0]);
            }
            let exported = [0; 32];
            let exported = stream.get_ref().1.export_keying_material(exported, api::EXPORTER, None).unwrap();
            let body = format!("{}\n{}", URL_SAFE_NO_PAD.encode(exported), String::from_utf8_lossy(&head));
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let _gone = stream.write_all(answer.as_bytes()).await;
        }
        let _gone = stream.shutdown().await;
    }
}

async fn pair(requests: usize, pin: Option<[u8; 32]>) -> Client {
    let (tls, real) = server();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    drop(tokio::spawn(serve(listener, tls, requests)));
    let secret = Arc::new(Secret::from_seed(&[7; 32]).unwrap());
    Client::new(&url, pin.unwrap_or(real), Some((Role::Operator, secret))).unwrap()
}

/// The proof in an answer of [`serve`], and whether it counts on that connection.
fn proof(answer: &Answer) -> Option<bool> {
    let text = std::str::from_utf8(&answer.body).unwrap();
    let (exported, head) = text.split_once('\n').unwrap();
    let exported = URL_SAFE_NO_PAD.decode(exported).unwrap().try_into().unwrap();
    let line = head.lines().find_map(|line| line.strip_prefix("limpet-operator: "))?;
    let proof: Proof = postcard::from_bytes(&URL_SAFE_NO_PAD.decode(line).unwrap()).unwrap();
    Some(is_proven(&proof, &exported))
}

#[tokio::test]
async fn the_first_request_of_a_connection_proves_who_asks_and_no_other_does() {
    let mut client = pair(2, None).await;
    let ask = Ask::new(Method::GET, "/operator/v1/fleet");
    assert_eq!(proof(&client.ask(&ask).await.unwrap()), Some(true));
    assert_eq!(proof(&client.ask(&ask).await.unwrap()), None);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_made_anew_with_a_proof_of_its_own() {
    let mut client = pair(1, None).await;
    let ask = Ask::new(Method::GET, "/operator/v1/fleet");
    assert_eq!(proof(&client.ask(&ask).await.unwrap()), Some(true));
    assert_eq!(proof(&client.ask(&ask).await.unwrap()), Some(true));
}

#[tokio::test]
async fn a_server_with_another_key_is_told_nothing() {
    let mut client = pair(1, Some([1; 32])).await;
    let error = client.ask(&Ask::new(Method::GET, "/")).await.unwrap_err();
    assert!(matches!(error, ClientError::Tls(..)), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_is_longer_than_was_said_is_refused() {
    let mut client = pair(2, None).await;
    let ask = Ask { answer_bytes_max: 10, ..Ask::new(Method::GET, "/") };
    assert!(matches!(client.ask(&ask).await, Err(ClientError::TooLong(10))));
}

#[test]
fn addresses_are_read_strictly() {
    let read = |url| parse_url(url).map(|(host, port)| format!("{host} {port}"));
    assert_eq!(read("https://c.example").as_deref(), Some("c.example 443"));
    assert_eq!(read("https://10.0.0.1:8443/").as_deref(), Some("10.0.0.1 8443"));
    assert_eq!(read("https://[fd00::1]:1").as_deref(), Some("fd00::1 1"));
    for wrong in ["http://c", "https://", "https://c:0", "https://c:x", "https://c/d", "https://u@c", "c:443"]
    {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}
