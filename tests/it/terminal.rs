//! The terminal as somebody sees it who types in one: the real binary in a pseudo-terminal, with the
//! model of a screen behind it. Nothing here waits for a time: always for what the screen shows.

mod ends;
mod keys;
mod pages;
mod plain;
mod pseudo;
mod reports;
