use super::*;

fn fit(host: &str, image: &str) -> Option<u8> {
    Platform::parse(host).unwrap().fit(&Platform::parse(image).unwrap())
}

#[test]
fn variants() {
    assert!(fit("linux/arm/v7", "linux/arm/v7") > fit("linux/arm/v7", "linux/arm/v6"));
    assert!(fit("linux/arm/v6", "linux/arm/v7").is_none());
    assert!(fit("linux/arm/v7", "linux/arm").is_some());
    assert_eq!(fit("linux/arm64", "linux/arm64/v8"), fit("linux/arm64/v8", "linux/arm64"));
    assert!(fit("linux/arm64", "linux/amd64").is_none());
    assert!(fit("linux/amd64", "linux/amd64/v3").is_none());
    assert!(fit("linux/amd64", "windows/amd64").is_none());
}

#[test]
fn words() {
    assert_eq!(Platform::parse("aarch64").unwrap().to_string(), "linux/arm64");
    assert!(Platform::parse("linux//x").is_err());
    assert!(Platform::parse("").is_err());
    assert!(Platform::parse("unknown/unknown").unwrap().is_unknown());
}
