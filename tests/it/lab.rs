//! The practice hosts: what their tools print, what they can't touch, and who may log in.

mod behaviour;
mod safety;
mod ssh;
mod texts;
mod world;
