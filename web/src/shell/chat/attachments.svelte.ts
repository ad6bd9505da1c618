/** Files that were chosen, pasted or dropped and wait beside the composer until the person sends them. */
export interface Attachment {
  id: number
  file: File
  /** Sent as a picture: shown in the chat, with a thumbnail. */
  picture: boolean
  /** A file goes as a file, whatever it holds. */
  asItIs: boolean
  /** Object URL of a picture or a video, or ''. */
  url: string
}

/** At most this many wait; a person who drops a whole folder is told. */
const ATTACHMENTS_MAX = 50

const PICTURE_TYPES = /^image\/(png|jpeg|gif|webp|avif)$/

/** WeChat's voices can only be chosen as files; they are voices all the same. */
const isVoice = ({ name }: File): boolean => /\.(silk|slk|amr)$/i.test(name)

export class Attachments {
  waiting = $state<Attachment[]>([])
  /** Pictures go as they were taken, not made smaller. */
  original = $state(false)
  #nextId = 1

  /** `asPictures` false: they were chosen as files. Returns how many did not fit. */
  add(files: Iterable<File>, asPictures = true): number {
    let left = 0
    for (const file of files) {
      if (this.waiting.length >= ATTACHMENTS_MAX) {
        left++
        continue
      }
      const picture = asPictures && PICTURE_TYPES.test(file.type)
      const seen = picture || (asPictures && file.type.startsWith('video/'))
      const url = seen ? URL.createObjectURL(file) : ''
      const how = { picture, asItIs: !asPictures && !isVoice(file) }
      this.waiting.push({ id: this.#nextId++, file, ...how, url })
    }
    return left
  }

  /** A picture was changed before it is sent. */
  replace(id: number, file: File): void {
    const at = this.waiting.findIndex((candidate) => candidate.id === id)
    const before = this.waiting[at]
    if (!before) return
    if (before.url) URL.revokeObjectURL(before.url)
    this.waiting[at] = { ...before, file, url: URL.createObjectURL(file) }
  }

  remove(id: number): void {
    const at = this.waiting.findIndex((candidate) => candidate.id === id)
    const [removed] = at < 0 ? [] : this.waiting.splice(at, 1)
    if (removed?.url) URL.revokeObjectURL(removed.url)
  }

  /** Takes them all; the caller sends them. */
  take(): { files: Attachment[]; original: boolean } {
    const taken = { files: this.waiting, original: this.original }
    this.waiting = []
    this.original = false
    for (const { url } of taken.files) if (url) URL.revokeObjectURL(url)
    return taken
  }
}
