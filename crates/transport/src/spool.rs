//! Events that wait on disk for a far side that is away.
