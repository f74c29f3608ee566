//! Files become articles; lint says what is wrong with them.
