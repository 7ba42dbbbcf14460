use super::*;

/// Takes a body that comes in pieces of `step` bytes; the body and what follows it.
fn take(mut framing: Framing, text: &str, step: usize) -> Result<(String, String), BadChunk> {
    let (mut body, mut come, mut rest) = (Vec::new(), Vec::new(), text.as_bytes());
    loop {
        match framing.next(&come)? {
            Piece::Data(length) => body.extend(come.drain(..length)),
            Piece::Skip(length) => drop(come.drain(..length)),
            Piece::End => break,
            Piece::More if rest.is_empty() => return Err(BadChunk),
            Piece::More => {
                let (now, later) = rest.split_at(step.min(rest.len()));
                come.extend_from_slice(now);
                rest = later;
            }
        }
    }
    come.extend_from_slice(rest);
    Ok((String::from_utf8(body).unwrap(), String::from_utf8(come).unwrap()))
}

#[test]
fn bodies_end_where_they_should() {
    let chunked = "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: z\r\n\r\nnext";
    for step in 1..chunked.len() {
        assert_eq!(take(Framing::chunked(), chunked, step), Ok(("hello world".into(), "next".into())));
    }
    assert_eq!(take(Framing::Length(3), "abcdef", 2), Ok(("abc".into(), "def".into())));
    assert_eq!(take(Framing::Length(0), "x", 1), Ok((String::new(), "x".into())));
}

#[test]
fn bad_chunks_are_refused() {
    for text in [
        "x\r\n",
        "\r\n",
        "+5\r\nhello\r\n",
        "5\nhello\n",
        "5\r\nhelloX\r\n",
        "11111111111111111\r\n",
        "5\r\nhel",
    ] {
        assert_eq!(take(Framing::chunked(), text, 3), Err(BadChunk), "{text:?}");
    }
    let endless = format!("5;{}", "x".repeat(2 * CHUNK_LINE_BYTES_MAX));
    assert_eq!(take(Framing::chunked(), &endless, 100), Err(BadChunk));
}

#[test]
fn the_connection_may_end_only_at_the_end() {
    assert!(!Framing::Length(1).may_end() && Framing::Length(0).may_end());
    assert!(!Framing::chunked().may_end() && Framing::UntilClose.may_end());
}
