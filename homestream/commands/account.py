"""`homestream account`: makes accounts without the web page."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from typing import TYPE_CHECKING

from homestream import opening
from homestream.config import Config
from homestream.errors import BadInput
from homestream.household import accounts
from homestream.household.access import Role

if TYPE_CHECKING:
    from homestream.commands import Subparsers


def register(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("account", help="make and list accounts", description=__doc__)
    verbs = command.add_subparsers(metavar="VERB", required=True)
    add = verbs.add_parser("add", parents=[common], help="make an account")
    add.add_argument("name", metavar="NAME", help="what the person types to sign in")
    add.add_argument(
        "--role", choices=[role.value for role in Role], required=True, help="what they may do"
    )
    add.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from standard input (otherwise it is asked for)",
    )
    add.set_defaults(command=add_account)
    listing = verbs.add_parser("list", parents=[common], help="list the accounts")
    listing.set_defaults(command=list_accounts)


def add_account(arguments: argparse.Namespace, config: Config) -> int:
    os.umask(0o077)
    if arguments.password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise BadInput("the two passwords differ")
    else:
        raise BadInput("no terminal to ask for a password: use --password-stdin")
    asyncio.run(_add(config, arguments.name, Role(arguments.role), password))
    print(f"account {arguments.name} made, role {arguments.role}")
    return 0


def list_accounts(arguments: argparse.Namespace, config: Config) -> int:
    os.umask(0o077)
    for account in asyncio.run(_list(config)):
        print(f"{account.name}\t{account.role}")
    return 0


async def _add(config: Config, name: str, role: Role, password: str) -> None:
    async with opening.database(config) as db:
        await accounts.add(db, name=name, role=role, password=password)


async def _list(config: Config) -> list[accounts.Account]:
    async with opening.database(config) as db:
        return await accounts.everyone(db)
