//! Values that are encrypted: `ENC[PKCS7,…]`.

use std::path::{Path, PathBuf};

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use base64ct::{Base64, Encoding as _};
use cms::cert::x509::der::asn1::OctetString;
use cms::cert::x509::der::{Decode as _, Encode as _};
use cms::content_info::ContentInfo;
use cms::enveloped_data::{EnvelopedData, RecipientInfo};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::{Pkcs1v15Encrypt, PrivateKey as RsaPrivateKey};

use crate::Fault;
use crate::data::{Map, Value, file};

use super::ask::Ask;

/// How large a file with a key may be, in bytes.
const LARGEST: u64 = 64 * 1024;

/// Where the key is if nothing else is said.
const DEFAULT: &str = "./keys/private_key.pkcs7.pem";

/// A key that decrypts. It is never shown.
pub(super) struct PrivateKey(RsaPrivateKey);

impl PrivateKey {
    /// Reads a key: PEM, as PKCS #1 or PKCS #8.
    pub(super) fn read(path: &Path) -> Result<Self, Fault> {
        let help = "name it as pkcs7_private_key in the level's options";
        let Some((text, _)) = file::read(path, LARGEST)? else {
            return Err(Fault::new("there is no such private key", help).of(path));
        };
        let key = RsaPrivateKey::from_pkcs1_pem(&text)
            .or_else(|_| RsaPrivateKey::from_pkcs8_pem(&text).map_err(|_| ()));
        key.map(Self).map_err(|()| Fault::new("it is no RSA private key in PEM", help).of(path))
    }
}

/// The value with everything that is encrypted in clear, and all other texts interpolated.
pub(super) fn decrypted(
    ask: &mut Ask<'_, '_>,
    value: &Value,
    options: &Value,
) -> Result<Value, Fault> {
    match value {
        Value::Str(text) if text.contains("ENC[") => {
            let clear = clear(ask, text, options)?;
            ask.is_secret = true;
            Ok(clear.into())
        }
        Value::Array(items) => {
            let items = items.iter().map(|item| decrypted(ask, item, options));
            Ok(Value::list(items.collect::<Result<_, _>>()?))
        }
        Value::Hash(map) => {
            let mut all = Map::default();
            for (key, value) in map.iter() {
                all.insert(decrypted(ask, key, options)?, decrypted(ask, value, options)?);
            }
            Ok(Value::map(all))
        }
        other => ask.interpolated(other, true),
    }
}

fn clear(ask: &Ask<'_, '_>, text: &str, options: &Value) -> Result<String, Fault> {
    let path =
        options.as_hash().and_then(|map| map.get("pkcs7_private_key")).and_then(Value::as_str);
    let key = ask.session.private_key(&PathBuf::from(path.unwrap_or(DEFAULT)))?;
    let mut clear = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("ENC[") {
        clear.push_str(&rest[..start]);
        let Some(end) = rest[start..].find(']') else {
            return Err(Fault::new("an encrypted part is not closed", "end it with ]"));
        };
        let inner = &rest[start + 4..start + end];
        let encoded = match inner.split_once(',') {
            None => inner,
            Some(("PKCS7", encoded)) => encoded,
            Some((method, _)) => {
                let what = format!("encryption by {method} is not known here");
                return Err(Fault::new(what, "encrypt it by PKCS7"));
            }
        };
        clear.push_str(&open(encoded, &key)?);
        rest = &rest[start + end + 1..];
    }
    clear.push_str(rest);
    let end = clear.strip_suffix('\n').map_or(clear.len(), str::len);
    clear.truncate(end);
    Ok(clear)
}

/// Opens an envelope. Errors tell nothing of what is in it.
fn open(encoded: &str, key: &PrivateKey) -> Result<String, Fault> {
    let fault =
        |what: &str| Fault::new(what, "encrypt the value again, with the public key that fits");
    let bare: String = encoded.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = Base64::decode_vec(&bare).map_err(|_| fault("an encrypted part is no base64"))?;
    let broken = || fault("an encrypted part is no PKCS7 envelope");
    let envelope = ContentInfo::from_der(&bytes)
        .and_then(|content| content.content.decode_as::<EnvelopedData>())
        .map_err(|_| broken())?;
    let keys = envelope.recip_infos.0.iter().filter_map(|info| match info {
        RecipientInfo::Ktri(info) => key.0.decrypt(Pkcs1v15Encrypt, info.enc_key.as_bytes()).ok(),
        _ => None,
    });
    let content = &envelope.encrypted_content;
    let data = content.encrypted_content.as_ref().ok_or_else(broken)?;
    let iv = content
        .content_enc_alg
        .parameters
        .as_ref()
        .and_then(|iv| OctetString::from_der(&iv.to_der().ok()?).ok())
        .ok_or_else(broken)?;
    let method = content.content_enc_alg.oid.to_string();
    for key in keys {
        let clear = match method.as_str() {
            "2.16.840.1.101.3.4.1.42" => aes_256(&key, iv.as_bytes(), data.as_bytes()),
            "2.16.840.1.101.3.4.1.22" => aes_192(&key, iv.as_bytes(), data.as_bytes()),
            "2.16.840.1.101.3.4.1.2" => aes_128(&key, iv.as_bytes(), data.as_bytes()),
            other => {
                return Err(fault(&format!("the cipher {other} is not known here, AES in CBC is")));
            }
        };
        if let Some(clear) = clear {
            return String::from_utf8(clear).map_err(|_| fault("what is encrypted is no text"));
        }
    }
    Err(fault("the private key does not open an encrypted part"))
}

fn aes_256(key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    cbc::Decryptor::<aes::Aes256>::new_from_slices(key, iv)
        .ok()?
        .decrypt_padded_vec::<Pkcs7>(data)
        .ok()
}

fn aes_192(key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    cbc::Decryptor::<aes::Aes192>::new_from_slices(key, iv)
        .ok()?
        .decrypt_padded_vec::<Pkcs7>(data)
        .ok()
}

fn aes_128(key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    cbc::Decryptor::<aes::Aes128>::new_from_slices(key, iv)
        .ok()?
        .decrypt_padded_vec::<Pkcs7>(data)
        .ok()
}
