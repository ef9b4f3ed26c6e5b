//! TLS for every kind of connection.
