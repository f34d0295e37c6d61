//! Serves a description until standard input ends: `cargo run --example serve -- cloud.yaml [PORT]`.

use std::error::Error;
use std::io::{Read, Write};

use sekisho_simulator::{Description, Simulator};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: serve cloud.yaml [PORT]")?;
    let port = arguments.next().map_or(Ok(0), |port| port.parse())?;
    let simulator = Simulator::start_on(Description::read(path.as_ref())?, port)?;
    writeln!(std::io::stdout(), "{}", simulator.endpoint())?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
