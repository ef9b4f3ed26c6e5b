//! What was meant by a name that is not known.

/// The name that differs least, if at most so many letters of it do.
#[must_use]
pub fn nearest<'n>(
    names: impl IntoIterator<Item = &'n str>,
    name: &str,
    at_most: usize,
) -> Option<&'n str> {
    let distance = |other: &&str| strsim::damerau_levenshtein(other, name);
    names.into_iter().min_by_key(distance).filter(|near| distance(near) <= at_most)
}
