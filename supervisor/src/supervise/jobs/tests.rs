use super::*;

#[test]
fn an_end_without_a_word_says_what_it_was() {
    let said = |status, stderr: &str| {
        let (stdout, stderr) = (String::new(), stderr.to_owned());
        Finished { job: 1, status, stdout, stderr }.said_last()
    };
    assert_eq!(said(Some(1), "limpet: first\nlimpet: the disk is full\n"), "the disk is full");
    assert_eq!(said(None, ""), "the process that was to do it was killed");
    assert_eq!(said(Some(status::DISAGREES), ""), "what is on the disk is not what the supervisor knew");
    assert_eq!(said(Some(9), ""), "the process that was to do it ended with 9 and said nothing");
}
