//! The Discord of the tests is strict and real: it refuses what Discord refuses, a real client
//! lives with it, and what it is told to do wrong it does.

mod bodies;
mod bot;
mod faults;
mod gateway;
mod interactions;
mod raw;
mod rest;
