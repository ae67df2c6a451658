//! The caseworker by what it promises: on stores that fail, with gateways that die, against ministries in this process.

mod canary;
mod country;
mod crashes;
mod faults;
mod journeys;
mod ministries;
mod opening;
mod reading;
mod world;
