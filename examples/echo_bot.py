"""A bot that repeats what people say.

    HUTONG_TOKEN=... python examples/echo_bot.py http://localhost:8300

Started again, it answers what it missed. docs/bots.md says where the token comes from.
"""

import os
import sys

from hutong.client import Bot, BotMessage

bot = Bot(sys.argv[1], os.environ["HUTONG_TOKEN"])


@bot.on_message
async def echo(message: BotMessage) -> None:
    """Say it again."""
    await message.reply(f"You said: {message.text}")


bot.run()
