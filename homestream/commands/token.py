"""`homestream token`: makes API keys for apps and scripts."""

from __future__ import annotations

import argparse
import asyncio
import os
from typing import TYPE_CHECKING

from homestream import opening
from homestream.config import Config
from homestream.household import accounts, tokens

if TYPE_CHECKING:
    from homestream.commands import Subparsers


def register(commands: Subparsers, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("token", help="make API keys", description=__doc__)
    verbs = command.add_subparsers(metavar="VERB", required=True)
    create = verbs.add_parser(
        "create", parents=[common], help="make a key; it is printed once, as the last word"
    )
    create.add_argument("account", metavar="ACCOUNT", help="whose key it is")
    create.add_argument("--name", required=True, help="what it is for")
    create.set_defaults(command=create_token)


def create_token(arguments: argparse.Namespace, config: Config) -> int:
    os.umask(0o077)
    key = asyncio.run(_create(config, arguments.account, arguments.name))
    print(f"API key of {arguments.account} for {arguments.name}, shown this once: {key}")
    return 0


async def _create(config: Config, name: str, purpose: str) -> str:
    async with opening.database(config) as db:
        account = await accounts.named(db, name)
        _, key = await tokens.create(db, account.id, name=purpose)
        return key
