#!/usr/bin/env python3
"""Fills an emulator of AWS with the estate of Meridian Freight. See README.md.

    seed.py --endpoint http://127.0.0.1:PORT [--size small|demo]

Prints one JSON object on stdout; what the emulator does not support goes to stderr, once for each call.
"""

import argparse
import json
import sys
import time

from meridian import data, management, nonproduction, production, sandbox, security, shared
from meridian.aws import DISASTER, EDGE, GERMANY, MAIN, ROLE, Estate
from meridian.network import peer
from meridian.organisation import create
from meridian.paging import widen

ROOMS = [("management", management), ("production", production), ("sandbox", sandbox), ("data", data),
         ("shared-services", shared), ("nonproduction", nonproduction), ("security", security)]


def main():
    parser = argparse.ArgumentParser(description="Seed an AWS emulator with a company's estate.")
    parser.add_argument("--endpoint", required=True, help="address of the moto server")
    parser.add_argument("--size", choices=("small", "demo"), default="small")
    options = parser.parse_args()
    start = time.monotonic()
    estate = Estate(options.endpoint.rstrip("/"), options.size)
    accounts = create(estate)
    networks = {}
    for number, (name, room) in enumerate(ROOMS):
        if name in accounts:
            # Anew for each account, so that a change to one leaves the identifiers of the others.
            estate.reseed(1000 + number)
            estate.random.seed(7 + number)
            networks[name] = room.build(accounts[name])
    hub = "shared-services" if estate.demo else "sandbox"
    for name in ("production", "data", "nonproduction"):
        if networks.get(name) and networks.get(hub):
            peer(networks[hub].place, networks[hub], networks[name])
    if not estate.demo:
        widen(accounts["production"], networks["production"])
    print(f"seeded {options.size} in {time.monotonic() - start:.1f} s, {len(estate.unsupported)} calls unsupported", file=sys.stderr)
    management_account = accounts["management"]
    json.dump({
        "management": management_account.id,
        "accounts": [{"id": account.id, "name": account.name, "ou": account.ou} for account in accounts.values()],
        "regions": [MAIN, DISASTER, EDGE, GERMANY] if estate.demo else [MAIN, DISASTER, EDGE],
        "role": ROLE,
    }, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
