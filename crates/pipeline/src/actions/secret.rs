//! Passwords and tokens, which stand in files.

use std::path::Path;

use tokio::io::AsyncReadExt as _;

use super::ActionError;

/// No secret is longer.
const LONGEST: u64 = 16 * 1024;

/// Reads a secret anew each time, so that it can be changed while the program runs. What stands in
/// the file is never told.
pub(super) async fn read(file: &Path) -> Result<String, ActionError> {
    let told = |why: String| ActionError::away(format!("{}: {why}", file.display()));
    let opened = tokio::fs::File::open(file).await.map_err(|error| told(error.to_string()))?;
    let mut text = String::new();
    let read = opened.take(LONGEST).read_to_string(&mut text).await;
    read.map_err(|_| told("is not readable text".to_owned()))?;
    let secret = text.trim();
    if secret.is_empty() {
        return Err(told("is empty".to_owned()));
    }
    Ok(secret.to_owned())
}
