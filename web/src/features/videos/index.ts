/** Videos: sent with a still picture of theirs, played where they stand. */
import type { WebFeature } from '../../shell/feature'
import VideoBody from './VideoBody.svelte'

const feature: WebFeature = {
  name: 'videos',
  slots: {
    contentBodies: { video: { component: VideoBody, bare: true } },
    fileSenders: [
      {
        takes: ({ type }) => type.startsWith('video/'),
        async send({ app, conversation: { log } }, file, attached) {
          const { lookAt } = await import('./look')
          const seen = await lookAt(file)
          await app.chat.sendFile(
            log,
            seen === null ? { as: 'file', file } : { as: 'video', file, ...seen },
            attached,
          )
        },
      },
    ],
  },
  messages: {
    en: { 'videos.play': 'Play video {name}', 'videos.large': '{size}, press to load' },
    zh: { 'videos.play': '播放视频 {name}', 'videos.large': '{size}，点击加载' },
  },
}

export default feature
