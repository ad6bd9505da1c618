"""Chromium's own ICE and TURN against our server, with relayed candidates only."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright

from hutong.edge.relay import RelayServer
from hutong.protocols.stun import time_limited_credentials

from .external_tools import require
from .loopback import HOST, SECRET, until

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--allow-loopback-in-peer-connection",
]

# Two connections in one page exchange a message each way, then say which candidates they used.
TALK = """
async (servers) => {
  const settings = { iceServers: servers, iceTransportPolicy: 'relay' };
  const [first, second] = [new RTCPeerConnection(settings), new RTCPeerConnection(settings)];
  // Candidates may come before the other side can take them: until then they wait.
  let waiting = [];
  const hand = (to, candidate) => waiting ? waiting.push([to, candidate]) : to.addIceCandidate(candidate);
  first.onicecandidate = (event) => hand(second, event.candidate);
  second.onicecandidate = (event) => hand(first, event.candidate);
  const heard = (channel) => new Promise((resolve) => {
    channel.onmessage = (event) => resolve(event.data);
  });
  const channel = first.createDataChannel('talk');
  const accepted = new Promise((resolve) => {
    second.ondatachannel = (event) => resolve(event.channel);
  });
  await first.setLocalDescription();
  await second.setRemoteDescription(first.localDescription);
  await second.setLocalDescription();
  await first.setRemoteDescription(second.localDescription);
  const early = waiting;
  waiting = null;
  for (const [to, candidate] of early) to.addIceCandidate(candidate);
  const answering = await accepted;
  const question = heard(answering);
  const answer = heard(channel);
  if (channel.readyState !== 'open') {
    await new Promise((resolve) => { channel.onopen = resolve; });
  }
  channel.send('question');
  const heardQuestion = await question;
  answering.send('answer '.repeat(1000));
  const heardAnswer = await answer;
  const stats = await first.getStats();
  const pair = [...stats.values()].find((one) => one.type === 'candidate-pair' && one.nominated);
  const local = stats.get(pair.localCandidateId);
  first.close();
  second.close();
  return [heardQuestion, heardAnswer, local.candidateType, local.relayProtocol];
}
"""


@pytest.mark.browser
@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.asyncio(loop_factories=["uvloop"])
async def test_chromium_talks_through_the_relay_alone(
    relay: RelayServer, tmp_path: Path, transport: str
) -> None:
    """TURN1, TURN7, TURN14, TURN15."""
    chromium = require("chromium")
    username, password = time_limited_credentials(SECRET, "ming", time.time(), 600)
    server: dict[str, Any] = {
        "urls": f"turn:{HOST}:{relay.port}?transport={transport}",
        "username": username,
        "credential": password,
    }
    async with async_playwright() as playwright, asyncio.timeout(60):
        browser = await playwright.chromium.launch_persistent_context(
            tmp_path, executable_path=chromium, args=FLAGS
        )
        page = await browser.new_page()
        told = await page.evaluate(TALK, [server])
        await browser.close()
    assert told == ["question", "answer " * 1000, "relay", transport]
    await until(lambda: relay.allocation_count == 0)
