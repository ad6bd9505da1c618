import { icons } from '../../shell/design/icons'
import type { WebFeature } from '../../shell/feature'
import { t } from '../../shell/i18n/i18n.svelte'
import { claimSession, Peers } from '../peers/api'
import { browserFiles } from './disk'
import { folds } from './fold'
import { FOLDER } from './icons'
import { messages } from './messages'
import { betweenTwo, offerDropped, offerFolder, offerPicked } from './offer'
import TransferRow from './TransferRow.svelte'
import { Transfers } from './transfers'
import type { Transfer } from './types'

const feature: WebFeature = {
  name: 'transfers',
  model: {
    name: 'transfers',
    folds,
    create(context) {
      const { locks } = navigator as Partial<Navigator>
      return new Transfers({
        context,
        peers: new Peers(context),
        files: browserFiles(),
        claim: (transfer) => claimSession(locks, transfer),
        visible: () => document.visibilityState === 'visible',
      })
    },
  },
  slots: {
    messageBody: TransferRow,
    messagePreview: ({ body }) =>
      body.kind === 'feature' ? t('transfers.preview', { name: (body.data as Transfer).name }) : '',
    composerActions: [
      { id: 'transfers', label: 'transfers.send', icon: icons.direct, shown: betweenTwo, run: offerPicked },
      {
        id: 'transfers-folder',
        label: 'transfers.sendFolder',
        icon: FOLDER,
        shown: betweenTwo,
        run: offerFolder,
      },
    ],
    dropTargets: [
      {
        id: 'transfers',
        label: 'transfers.drop',
        hint: 'transfers.dropHint',
        icon: icons.direct,
        shown: betweenTwo,
        drop: offerDropped,
      },
    ],
  },
  messages,
}

export default feature
