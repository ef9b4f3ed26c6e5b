use super::*;

fn kept(cache: &Cache) -> usize {
    cache.files.read().unwrap().len()
}

#[test]
fn a_file_is_read_again_when_it_changed_and_the_time_has_come() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    let cache = Cache::new(Limits::default(), Duration::from_secs(1), 1000);
    let start = Instant::now();
    let get = |seconds: u64| cache.get(&path, Format::Yaml, start + Duration::from_secs(seconds));
    assert_eq!(get(0), Ok(None));
    std::fs::write(&path, "a: 1\n").unwrap();
    assert_eq!(get(0), Ok(None));
    let first = get(2).unwrap().unwrap();
    assert_eq!(first.root.inspect(), r#"{"a"=>1}"#);
    assert!(Arc::ptr_eq(&first, &get(4).unwrap().unwrap()), "not read again");
    std::fs::write(&path, "a: [\n").unwrap();
    let fault = get(6).unwrap_err();
    assert_eq!((fault.file.as_deref(), fault.line.is_some()), (Some(path.as_path()), true));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(get(8), Ok(None));
}

#[test]
fn what_is_kept_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(Limits::default(), Duration::from_secs(1), 1000);
    let now = Instant::now();
    for number in 0..10_000 {
        assert_eq!(
            cache.get(&folder.path().join(format!("{number}.yaml")), Format::Yaml, now),
            Ok(None)
        );
        assert!(kept(&cache) <= 101);
    }
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let cache = Cache::new(Limits { bytes: 10, ..Limits::default() }, Duration::ZERO, 1000);
    let get = |name: &str| cache.get(&folder.path().join(name), Format::Yaml, Instant::now());
    nix::unistd::mkfifo(&folder.path().join("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    std::os::unix::fs::symlink("loop", folder.path().join("loop")).unwrap();
    std::os::unix::fs::symlink("nothing", folder.path().join("dangling")).unwrap();
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    std::fs::write(folder.path().join("large"), "a: 1234567890").unwrap();
    std::fs::write(folder.path().join("latin1"), b"a: 1\nb: \xe9").unwrap();
    for (name, what) in [
        ("fifo", "no regular file"),
        ("folder", "a directory"),
        ("loop", "cannot be read"),
        ("large", "larger than 10 bytes"),
        ("latin1", "not UTF-8"),
    ] {
        let fault = get(name).unwrap_err();
        assert!(fault.to_string().contains(what), "{fault}");
        assert!(fault.file.is_some());
    }
    assert_eq!(get("latin1").unwrap_err().line, Some(2));
    assert_eq!(get("dangling"), Ok(None));
}
