//! The codec held against everything that may come.

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;
use tokio_util::codec::{Decoder, Encoder};

use super::codec::{Codec, CodecError, KEPT};
use super::encode::Outgoing;
use super::frame::{Frame, Version};

const MOST: usize = 100_000;

fn codec(version: Option<Version>) -> Codec {
    let mut codec = Codec::new(MOST);
    if let Some(version) = version {
        codec.agree(version);
    }
    codec
}

/// All frames of these bytes, which come in pieces of these sizes over and over.
fn decoded(
    codec: &mut Codec,
    bytes: &[u8],
    sizes: &[usize],
) -> Result<(Vec<Frame>, usize), CodecError> {
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    let mut rest = bytes;
    let mut most = 0;
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, more) = rest.split_at(rest.len().min(*size));
        buffer.extend_from_slice(piece);
        rest = more;
        while let Some(frame) = codec.decode(&mut buffer)? {
            frames.push(frame);
        }
        most = most.max(buffer.len());
    }
    Ok((frames, most))
}

fn one(version: Option<Version>, bytes: &[u8]) -> Result<Frame, CodecError> {
    let (frames, _) = decoded(&mut codec(version), bytes, &[bytes.len()])?;
    assert_eq!(frames.len(), 1, "{frames:?}");
    Ok(frames[0].clone())
}

fn version() -> impl Strategy<Value = Option<Version>> {
    prop_oneof![
        Just(None),
        Just(Some(Version::V1_0)),
        Just(Some(Version::V1_1)),
        Just(Some(Version::V1_2))
    ]
}

fn header() -> impl Strategy<Value = (String, String)> {
    ("[a-c:\\\\\n\ré-]{1,5}", "[a-c:\\\\\n\r ü]{0,12}")
}

proptest! {
    #[test]
    fn what_is_said_is_heard_however_it_is_cut(
        version in version(),
        frames in vec((vec(header(), 0..5), vec(any::<u8>(), 0..600)), 1..5),
        beats in vec(prop_oneof![Just("\n"), Just("\r\n"), Just("")], 5),
        sizes in vec(1usize..300, 1..8),
    ) {
        let mut encoder = codec(version);
        let mut bytes = BytesMut::new();
        let mut said = Vec::new();
        for ((headers, body), beat) in frames.iter().zip(&beats) {
            let pairs: Vec<_> =
                headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let mut frame = BytesMut::new();
            let encoded =
                encoder.encode(Outgoing { command: "MESSAGE", headers: &pairs, body }, &mut frame);
            let sayable = headers.iter().all(|(name, value)| match version {
                Some(Version::V1_2) => true,
                Some(Version::V1_1) => !format!("{name}{value}").contains('\r'),
                _ => !format!("{name}{value}").contains(['\r', '\n']) && !name.contains(':'),
            });
            prop_assert_eq!(encoded.is_ok(), sayable);
            if sayable {
                bytes.extend_from_slice(beat.as_bytes());
                bytes.extend_from_slice(&frame);
                said.push((pairs, body));
            }
        }
        let (heard, _) = decoded(&mut codec(version), &bytes, &sizes).unwrap();
        prop_assert_eq!(heard.len(), said.len());
        for (heard, (pairs, body)) in heard.iter().zip(&said) {
            prop_assert_eq!(heard.command(), b"MESSAGE");
            prop_assert_eq!(&heard.body[..], &body[..]);
            prop_assert_eq!(heard.cut, None);
            for (name, _) in pairs {
                let first = pairs.iter().find(|(other, _)| other == name).unwrap().1;
                // Names are looked up as they stand: those that we ask for need no escapes.
                if !name.contains([':', '\\', '\n', '\r']) {
                    prop_assert_eq!(heard.header(name), Some(first.to_owned()));
                }
            }
        }
    }

    #[test]
    fn garbage_is_refused_or_borne_and_never_hoarded(
        version in version(),
        bytes in vec(prop_oneof![
            4 => Just(b'\n'), 2 => Just(b':'), 2 => Just(0u8), 1 => Just(b'\\'), 1 => Just(b'\r'),
            4 => 65u8..91, 2 => any::<u8>(),
        ], 0..3000),
        sizes in vec(1usize..100, 1..5),
    ) {
        if let Ok((_, most)) = decoded(&mut codec(version), &bytes, &sizes) {
            prop_assert!(most <= MOST + 100);
        }
    }

    #[test]
    fn a_large_body_is_skipped_and_the_next_frame_is_whole(
        over in 1usize..200_000,
        told in any::<bool>(),
        sizes in vec(1000usize..70_000, 1..5),
    ) {
        let size = MOST + over;
        let mut bytes = b"MESSAGE\nack:1\n".to_vec();
        if told {
            bytes.extend(format!("content-length:{size}\n").bytes());
        }
        bytes.push(b'\n');
        bytes.extend(std::iter::repeat_n(b'x', size));
        bytes.extend(b"\0\nMESSAGE\nack:2\n\nnext\0");
        let (frames, most) = decoded(&mut codec(Some(Version::V1_2)), &bytes, &sizes).unwrap();
        prop_assert!(most <= MOST, "{most} bytes held");
        prop_assert_eq!(frames.len(), 2);
        prop_assert_eq!(frames[0].cut, Some(size as u64));
        prop_assert_eq!(frames[0].body.len(), KEPT);
        prop_assert_eq!(frames[0].header("ack"), Some("1".to_owned()));
        prop_assert_eq!(&frames[1].body[..], b"next");
    }
}

#[test]
fn each_version_has_its_escapes() {
    let bytes = b"MESSAGE\na:1\\c2\\\\3\\n4\na:second\n\n\0";
    let header = |version, bytes| one(version, bytes).unwrap().header("a").unwrap();
    for version in [Version::V1_1, Version::V1_2] {
        assert_eq!(header(Some(version), bytes), "1:2\\3\n4");
    }
    assert_eq!(header(Some(Version::V1_0), bytes), "1\\c2\\\\3\\n4");
    let greeting = b"CONNECTED\na:b\\c:c\n\n\0";
    assert_eq!(header(Some(Version::V1_2), greeting), "b\\c:c");
    assert_eq!(header(Some(Version::V1_2), b"MESSAGE\r\na:\\r\r\n\r\n\0"), "\r");
}

#[test]
fn a_body_may_hold_nul_or_end_with_it() {
    let sized = one(None, b"MESSAGE\ncontent-length:3\ncontent-length:9\n\na\0b\0").unwrap();
    assert_eq!(&sized.body[..], b"a\0b");
    let open = one(None, b"MESSAGE\n\nab\0").unwrap();
    assert_eq!(&open.body[..], b"ab");
}

#[test]
fn what_is_not_stomp_is_refused_with_the_reason() {
    for (bytes, reason) in [
        (&b"MESSAGE\nno colon\n\n\0"[..], "without a colon"),
        (b"MESSAGE\n:b\n\n\0", "without a name"),
        (b"MESSAGE\na:\\t\n\n\0", "escape"),
        (b"MESSAGE\na:\\\n\n\0", "escape"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "no command"),
        (b"MESSAGE\na:b\0\n\n", "ends within its headers"),
        (b"MESSAGE\ncontent-length:-1\n\n\0", "no number"),
        (b"MESSAGE\ncontent-length:+1\n\n\0", "no number"),
        (b"MESSAGE\ncontent-length:\n\n\0", "no number"),
        (b"MESSAGE\ncontent-length:1\n\nab\0", "longer than it said"),
    ] {
        let error = one(Some(Version::V1_2), bytes).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn heads_have_limits_even_when_they_never_end() {
    let line = [b"MESSAGE\na:".as_slice(), &[b'x'; 20_000]].concat();
    let total =
        [b"MESSAGE\n".to_vec(), [b"a:".as_slice(), &[b'x'; 9000], b"\n"].concat().repeat(8)];
    let many = [b"MESSAGE\n".to_vec(), b"a:b\n".repeat(300)];
    for (bytes, reason) in
        [(line, "a header line"), (total.concat(), "all headers"), (many.concat(), "the number")]
    {
        let error = decoded(&mut codec(None), &bytes, &[777]).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let (frames, _) = decoded(&mut codec(None), &b"\n\r\n".repeat(100_000), &[1000]).unwrap();
    assert!(frames.is_empty());
}
