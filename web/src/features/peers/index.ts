import { Peers as PeersService } from '../../schema/peers_pb'
import type { WebFeature } from '../../shell/feature'
import { messages } from './messages'
import { NatCheck } from './nat-check'
import NatSection from './NatSection.svelte'

const feature: WebFeature = {
  name: 'peers',
  model: {
    name: 'peers',
    create(context) {
      const { RTCPeerConnection: Connection } = globalThis as Partial<typeof globalThis>
      return new NatCheck({
        servers: async () => (await context.call(PeersService.method.getIceServers, {})).servers,
        newConnection: Connection && ((configuration) => new Connection(configuration)),
        clock: context.clock,
      })
    },
  },
  slots: { connectionSections: [NatSection] },
  messages,
}

export default feature
