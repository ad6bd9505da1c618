/** Voice messages: recorded, played, and exchanged with WeChat's files. */
import { icons } from '../../shell/design/icons'
import type { WebFeature } from '../../shell/feature'
import { createVoices, isSilk, NAME, voicesApi } from './api'
import { messages } from './messages'
import RecordButton from './RecordButton.svelte'
import VoiceBody from './VoiceBody.svelte'

const feature: WebFeature = {
  name: NAME,
  model: { name: NAME, create: createVoices },
  slots: {
    contentBodies: { voice: { component: VoiceBody } },
    composerTools: RecordButton,
    fileSenders: [
      {
        takes: isSilk,
        async send({ app, conversation }, file, attached) {
          const voice = await voicesApi(app).fromSilk(file)
          await app.chat.send(conversation.log, voice, attached)
        },
      },
    ],
    messageActions: [
      {
        id: 'save-silk',
        label: 'voices.silk',
        icon: icons.download,
        shown: ({ message }) => message.body.kind === 'voice',
        run: async ({ app, message }) => {
          if (message.body.kind === 'voice')
            await voicesApi(app).saveAsSilk(message.body, `voice-${message.seq}.silk`)
        },
      },
    ],
  },
  messages,
}

export default feature
