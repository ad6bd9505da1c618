import type { App } from '../../model/api'
import type { FeatureContext } from '../../model/feature'
import type { StickerContent } from '../../model/types'
import { type Pack as WirePack, PacksChangedSchema, Stickers } from '../../schema/stickers_pb'

export const NAME = 'stickers'

export interface Pack {
  id: string
  title: string
  /** User id of who made it. */
  by: string
  stickers: readonly StickerContent[]
}

export interface StickersApi {
  /** The packs this user keeps. */
  list(): Promise<Pack[]>
  get(pack: string): Promise<Pack | null>
  create(title: string): Promise<Pack | null>
  /** Takes a picture into a pack of one's own. */
  add(pack: string, picture: File, emoji: string): Promise<void>
  /** '' removes the pack. */
  remove(pack: string, blob: string): Promise<void>
  keep(pack: string, on: boolean): Promise<void>
  /** Calls `run` when the list is another one; returns what ends it. */
  onChange(run: () => void): () => void
}

function toPack(pack: WirePack): Pack {
  const stickers = pack.stickers.map(({ blob, width, height, emoji, pack }): StickerContent => ({
    kind: 'sticker',
    blob,
    width,
    height,
    emoji,
    pack,
  }))
  return { id: pack.id, title: pack.title, by: pack.by, stickers }
}

export function createStickers(context: FeatureContext): StickersApi {
  const { call, files } = context
  return {
    list: async () => (await call(Stickers.method.list, {})).packs.map(toPack),
    async get(pack) {
      const reply = await call(Stickers.method.get, { pack })
      return reply.pack ? toPack(reply.pack) : null
    },
    async create(title) {
      const reply = await call(Stickers.method.create, { title })
      return reply.pack ? toPack(reply.pack) : null
    },
    async add(pack, picture, emoji) {
      const blob = await files.upload(picture)
      await call(Stickers.method.add, { pack, blob, emoji })
    },
    async remove(pack, blob) {
      await call(Stickers.method.remove, { pack, blob })
    },
    async keep(pack, on) {
      await call(Stickers.method.keep, { pack, on })
    },
    onChange: (run) => context.onEvent(PacksChangedSchema, run),
  }
}

export const stickersApi = (app: App): StickersApi => app.features.get(NAME) as StickersApi
