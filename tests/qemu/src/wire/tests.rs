use super::*;

fn frames(bytes: &[u8]) -> Vec<Answer> {
    let mut receiver = Receiver::default();
    let mut bytes = bytes;
    while receiver.read_from(&mut bytes).expect("a slice can be read") > 0 {}
    std::iter::from_fn(|| receiver.take()).collect()
}

#[test]
fn what_is_sent_arrives() {
    let mut sent = Vec::new();
    let output = || Answer::Output { is_error: true, bytes: vec![0, 1, 0, 255] };
    for answer in [Answer::Hello, output(), Answer::Ended(-1)] {
        send(&mut sent, &answer).expect("a vector takes everything");
    }
    assert_eq!(frames(&sent), [Answer::Hello, output(), Answer::Ended(-1)]);
}

#[test]
fn a_frame_that_was_cut_off_hides_no_other() {
    let mut sent = Vec::new();
    send(&mut sent, &Answer::Output { is_error: false, bytes: vec![7; 1000] }).expect("it fits");
    sent.truncate(300);
    sent.push(0);
    send(&mut sent, &Answer::Hello).expect("it fits");
    assert_eq!(frames(&sent), [Answer::Hello]);
}
