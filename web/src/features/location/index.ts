/** Places on the earth. No map is fetched: who wants one opens an app of their own. */
import { icons } from '../../shell/design/icons'
import { showSheet } from '../../shell/design/sheets.svelte'
import type { WebFeature } from '../../shell/feature'
import LocationBody from './LocationBody.svelte'

const feature: WebFeature = {
  name: 'location',
  slots: {
    contentBodies: { location: { component: LocationBody } },
    composerActions: [
      {
        id: 'location',
        label: 'location.new',
        icon: icons.place,
        run: ({ app, conversation }) =>
          showSheet(() => import('./NewLocation.svelte'), { app, log: conversation.log }),
      },
    ],
  },
  messages: {
    en: {
      'location.new': 'Location',
      'location.here': 'Use where I am',
      'location.refused': 'The browser does not tell where you are. You can write it down.',
      'location.name': 'Name of the place',
      'location.coordinates': 'Latitude, longitude',
      'location.hint': 'For instance 39.9402, 116.4033; maps copy it in this form.',
      'location.bad': 'This is no place on earth.',
      'location.open': 'Open in a map',
      'location.place': 'Place',
    },
    zh: {
      'location.new': '位置',
      'location.here': '使用我的位置',
      'location.refused': '浏览器没有提供你的位置，可以手动填写。',
      'location.name': '地点名称',
      'location.coordinates': '纬度，经度',
      'location.hint': '例如 39.9402, 116.4033；地图里复制的就是这种格式。',
      'location.bad': '地球上没有这个地方。',
      'location.open': '在地图中打开',
      'location.place': '位置',
    },
  },
}

export default feature
