//! Data about machines: external facts, Hiera and extlookup, read as the Ruby tools read them.
