//! The caseworker by what it promises: on stores that fail, with gateways that die, against ministries in this process.

mod country;
mod faults;
mod journeys;
mod ministries;
mod world;
